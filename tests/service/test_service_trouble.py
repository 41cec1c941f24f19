"""Trouble around the service while calls go on: a database that somebody else holds, a Telnyx that stumbles."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from service_world import Place, place_in

RECOVERS_WITHIN_S = 20


@pytest.fixture
async def place(tmp_path):
    async with place_in(tmp_path, speed=50.0) as place:
        yield place


def heard(place: Place) -> list[str]:
    return [entry.what for entry in place.simulator.world.record if entry.kind == "hears"]


async def test_a_database_that_somebody_holds_loses_nothing(place):
    async with place.serving():
        with closing(sqlite3.connect(place.folder / "ringflow.db", isolation_level=None)) as other:
            other.execute("begin immediate")
            place.call()
            await place.log.line("database_away", within_s=RECOVERS_WITHIN_S)
            assert heard(place) == []
        await place.log.line("state", state="waiting", within_s=RECOVERS_WITHIN_S)

    assert heard(place) == ["Hello."]
    assert [entry.what for entry in place.simulator.world.record if entry.kind == "request"] == ["answer", "speak"]


@pytest.mark.parametrize(("status", "code"), [(500, "10007"), (503, "10007"), (429, "10011")])
async def test_commands_that_telnyx_could_not_take_are_sent_again(place, status, code):
    place.simulator.world.fail_next("answer", status, code, 2)
    place.simulator.world.fail_next("speak", status, code, 1)
    async with place.serving():
        place.call()
        await place.log.line("state", state="waiting", within_s=RECOVERS_WITHIN_S)

    assert heard(place) == ["Hello."]
    requests = [entry for entry in place.simulator.world.record if entry.kind == "request"]
    ids = {entry.what: set() for entry in requests}
    for entry in requests:
        ids[entry.what].add(entry.details["parameters"]["command_id"])
    assert {what: len(names) for what, names in ids.items()} == {"answer": 1, "speak": 1}


async def test_a_refused_step_takes_the_error_exit(place):
    place.simulator.world.fail_next("speak", 422, "10015")
    async with place.serving():
        place.call()
        error = await place.log.line("error")
        await place.log.line("ended")

    assert (error["code"], error["status"], error["step"]) == ("10015", 422, "speak")
