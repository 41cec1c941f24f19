"""Telnyx in trouble for a second and a half, over real HTTP: a twentieth of what tests/core/test_outages.py does."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from service_world import place_in

from engine.simulator.trouble import THROTTLED, Copy, Mishap

CALLERS = 8
LASTS_S = 1.5


@dataclass(frozen=True)
class Outage:
    mishap: Mishap
    until: float

    def webhook(self, event_type: str, number: int) -> Sequence[Copy]:
        return (Copy(),)

    def request(self, operation: str, number: int, attempt: int) -> Mishap | None:
        return self.mishap if time.time() < self.until else None


@pytest.fixture
async def place(tmp_path):
    async with place_in(tmp_path, speed=50.0) as place:
        yield place


@pytest.mark.parametrize(
    "mishap",
    [THROTTLED, Mishap(kind="refused"), Mishap(kind="slow", late_s=0.6), Mishap(kind="reset")],
    ids=["429", "500", "slow", "reset"],
)
async def test_everybody_is_greeted_once_after_an_outage(place, mishap) -> None:
    world = place.simulator.world
    async with place.serving():
        world.trouble = Outage(mishap, time.time() + LASTS_S)
        callers = [place.call() for _ in range(CALLERS)]

        async with asyncio.timeout(20):
            while sum(row["event"] == "state" and row.get("state") == "waiting" for row in place.log.rows) < CALLERS:
                await place.log.news()

    heard = Counter(entry.leg for entry in world.record if entry.kind == "hears")
    assert heard == dict.fromkeys(callers, 1)
    requests = [entry for entry in world.record if entry.kind == "request"]
    done = Counter(
        entry.details["parameters"]["command_id"]
        for entry in requests
        if entry.details["status"] < 300 and not entry.details["repeated"]
    )
    assert set(done.values()) == {1}
    assert len(requests) < CALLERS * 2 * 6  # two commands each, and no storm
