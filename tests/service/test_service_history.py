"""``ringflow calls`` and ``ringflow show`` beside a running service, and after it."""

from __future__ import annotations

import json

import pytest
from language_world import People
from service_world import CALLER, OFFICE, place_in
from test_service_call import ringflow


@pytest.fixture
async def place(tmp_path):
    async with place_in(tmp_path, speed=50.0) as place:
        yield place


async def test_a_call_is_looked_at_while_it_lasts_and_afterwards(place):
    people = People(place.simulator)
    async with place.serving():
        leg = people.call(OFFICE)
        await place.log.line("log")
        code, during, err = await ringflow(place, "calls", "--live", "--format", "json")
        (call,) = json.loads(during)
        people._world.hang_up(leg, people._now)
        place.simulator.settle()
        await people.over(leg)
    _, shown, _ = await ringflow(place, "show", call["call"])

    assert (code, err) == (0, "")
    assert (call["flow"], call["status"], call["ended_at"], call["from"]) == ("hello", "live", None, f"+…{CALLER[-4:]}")
    assert "is in    hello" in shown
    assert 'says     "Hello."' in shown
    assert CALLER not in shown
