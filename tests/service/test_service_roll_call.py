"""A service that was down for long asks Telnyx which of its calls still live."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing

import pytest
from service_world import place_in


@pytest.fixture
async def place(tmp_path):
    async with place_in(tmp_path, speed=50.0) as place:
        yield place


async def test_a_call_whose_hang_up_was_lost_ends_after_the_next_start(place):
    async with place.serving():
        gone, alive = place.call(), place.call()
        await place.log.line("state", state="waiting")
        run = (await place.log.line("state", state="hello"))["call"]
    place.simulator.webhook_url = None  # nobody listens, and Telnyx gives up
    place.simulator.account.refused["call_events"] = 503  # nor does it tell what happened meanwhile
    place.hang_up(gone)
    with closing(sqlite3.connect(place.folder / "ringflow.db")) as database, database:
        database.execute("update notes set value = ? where name = 'seen_at'", (str(time.time() - 3600),))
    place.log.rows.clear()

    async with place.serving():
        ended = await place.log.line("ended")

    assert ended["call"] == run
    asked = [entry.leg for entry in place.simulator.world.record if entry.what == "call_retrieve"]
    assert set(asked) == {gone, alive}
