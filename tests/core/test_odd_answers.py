"""Whatever stands in an answer of Telnyx's or in a webhook, deciding what it means never raises."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
import test_legs_properties
import test_properties
import test_room_chaos
from core_chaos import ChaosStage
from test_legs_properties import evening as legs
from test_properties import evening as desk
from test_room_chaos import meeting

from engine.core.event import Event
from engine.core.intake import decide, route

ODD: list[Any] = [
    None, [], {}, "x", 7, -1, 1.5, True, "\x00", [None], ["x"], [[1]], [{}], {"a": {"b": []}}, {"data": None},
    [{"id": None, "call_control_id": 5}], {"id": [], "is_alive": 3},
]  # fmt: skip


def odd(payload: Mapping[str, Any], chance: random.Random) -> dict[str, Any]:
    """The payload of a webhook or an outcome with something in it that Telnyx does not document."""
    changed = dict(payload)
    if "command_id" in changed:
        return changed | {"body": _odd_body(changed.get("body") or {}, chance)}
    for name in chance.sample(sorted(changed), min(len(changed), chance.choice([1, 2]))):
        changed[name] = chance.choice(ODD)
        if chance.random() < 0.3:
            del changed[name]
    return changed


def _odd_body(body: Mapping[str, Any], chance: random.Random) -> dict[str, Any]:
    found = body.get("data")
    if isinstance(found, dict) and found and chance.random() < 0.5:
        found = found | {chance.choice(sorted(found)): chance.choice(ODD)}
    elif isinstance(found, list) and found and chance.random() < 0.6:
        found = [*found, chance.choice(ODD), *({**row, name: chance.choice(ODD)} for row in found[:1] for name in row)]
    else:
        found = chance.choice(ODD)
    return {**body, "data": found}


@dataclass(slots=True, kw_only=True)
class OddStage(ChaosStage):
    """Asks of every event what would follow if it were an odd one, and then goes on with the event as it is."""

    def receive(self, event: Event) -> None:
        if event.id not in self.seen and (event.run is None or event.type in ("action.accepted", "action.refused")):
            for again in range(2):
                strange = replace(event, payload=odd(event.payload, random.Random(f"{event.id}{again}")))
                where = route(strange, install=self.library.install)
                run = next((self.keys[key] for key in where.keys if key in self.keys), where.run)
                decide(strange, self.rows.get(run), self.library, run=run, now=self.now)
        ChaosStage.receive(self, event)


@pytest.fixture(autouse=True)
def _odd_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (test_legs_properties, test_properties, test_room_chaos):
        monkeypatch.setattr(module, "ChaosStage", OddStage)


@pytest.mark.parametrize("house", ["dial", "bridge", "queue", "connect", "later"])
def test_legs(house: str):
    for seed in range(10):
        legs(house, seed, refusals=True)


@pytest.mark.parametrize("house", ["desk", "flows"])
def test_desks(house: str):
    for seed in range(4):
        desk(house, seed, refusals=True)


def test_meetings():
    for seed in range(8):
        meeting(seed, refusals=True)
