"""What a newer ringflow has written is left alone by an older one beside it, and older writing is read."""

from __future__ import annotations

import orjson
import pytest

from engine.core.leg import Leg
from engine.core.planned import Plan
from engine.core.queue import Queue
from engine.core.room_state import Room
from engine.core.state_format import STATE_FORMAT, readable
from engine.errors import RunTooNew


@pytest.mark.parametrize("kind", [Leg, Room, Queue, Plan])
def test_state_says_in_which_format_it_is_written(kind):
    assert orjson.loads(orjson.dumps(kind(run="r")))["format"] == STATE_FORMAT


@pytest.mark.parametrize("kind", [Leg, Room, Queue])
def test_newer_state_is_refused_whatever_is_in_it(kind):
    written = orjson.loads(orjson.dumps(kind(run="r"))) | {"format": STATE_FORMAT + 1, "a_new_field": 1}

    with pytest.raises(RunTooNew, match="a newer version of ringflow has written this call"):
        kind.decode(orjson.dumps(written).decode())


def test_state_without_a_format_is_of_the_first_one_and_written_in_ours():
    assert readable({"run": "r"}) == {"run": "r", "format": STATE_FORMAT}
