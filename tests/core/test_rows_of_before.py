"""Rows as they were written before there were several legs, flows inside flows and works of rooms: calls go on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from engine.core.leg import Leg
from engine.core.queue import Queue
from engine.core.room_state import Room

ROWS: dict[str, dict[str, Any]] = orjson.loads(Path(__file__).with_name("rows_before_legs.json").read_bytes())


@pytest.mark.parametrize(("kind", "read"), [("leg", Leg.decode), ("room", Room.decode), ("queue", Queue.decode)])
def test_a_row_of_before_is_read_with_everything_that_it_held(kind: str, read: Any):
    before = ROWS[kind]
    now = orjson.loads(orjson.dumps(read(orjson.dumps(before).decode())))

    assert _part_of(before, now)
    assert orjson.loads(orjson.dumps(read(orjson.dumps(now).decode()))) == now


def _part_of(before: Any, now: Any) -> bool:
    if isinstance(before, dict):
        return all(name in now and _part_of(value, now[name]) for name, value in before.items())
    if isinstance(before, list):
        return len(before) == len(now) and all(map(_part_of, before, now))
    return bool(before == now)
