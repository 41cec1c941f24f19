"""``ringflow forget`` beside a running service and without one: afterwards no byte of the number is on the disk."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing

import pytest
from language_world import People
from service_world import CALLER, OFFICE, Place, place_in, ringflow
from test_service_call import post

OTHER, AGENT = "+34600999888", "+15557770001"
DESK = b"""\
flow: desk
starts_when: {calls_to: any}
anywhere: {on_error: hangup}
start: hello
states:
  hello:
    do:
      - answer
      - speak: "Your number is {{ caller.number }}."
      - dial: {to: "+15557770001", as: agent}
    on:
      agent.joined: talking
      agent.call.hangup: hangup
    after: {1h: hangup}
  talking:
    on:
      agent.left: hangup
    after: {1h: hangup}
roles:
  agent:
    anywhere: {on_error: hangup}
    start: talking
    states:
      talking:
        on:
          caller.left: hangup
        after: {1h: hangup}
"""
PROJECT = b'telnyx: {connection_id: "77", caller_id: "+15559990000"}\n'


@pytest.fixture
async def place(tmp_path):
    async with place_in(tmp_path, speed=50.0) as place:
        place.files = {"desk.flow.yaml": DESK, "project.yaml": PROJECT}
        yield place


async def talk(place: Place, *, from_: str = CALLER) -> str:
    """Somebody calls and is connected with the agent."""
    people = People(place.simulator)
    number = sum(leg.direction == "outgoing" for leg in place.simulator.world.legs) + 1
    leg = people.call(OFFICE, from_)
    people.pick_up((await people.rung(AGENT, number=number)).call_control_id)
    for role in ("caller", "agent"):
        await place.log.line("state", state="talking", role=role)
    place.log.rows.clear()
    return leg


async def over(place: Place, leg: str) -> None:
    """The caller hangs up, and both legs have ended for the service too."""
    place.hang_up(leg)
    async with asyncio.timeout(10):
        while [row["event"] for row in place.log.rows].count("ended") < 2:
            await place.log.news()
    place.log.rows.clear()


def on_disk(place: Place) -> bytes:
    """Return all bytes of the database."""
    return b"".join(file.read_bytes() for file in sorted(place.folder.glob("ringflow.db*")) if file.is_file())


async def test_ended_calls_go_from_the_disk_while_the_service_goes_on(place):
    digits = CALLER.removeprefix("+").encode()
    async with place.serving():
        for _ in range(3):
            await over(place, await talk(place))
        live = await talk(place, from_=OTHER)
        held = digits in on_disk(place)
        code, out, err = await ringflow(place, "forget", CALLER)
        after = on_disk(place)
        again = await ringflow(place, "forget", CALLER, "--format", "json")
        place.hang_up(live)
        await place.log.line("ended")

    assert held
    assert (code, err) == (0, "")
    assert out.startswith("3 calls forgotten, ")
    assert digits not in after
    assert OTHER.removeprefix("+").encode() in after
    assert again[0] == 0
    assert json.loads(again[1]) == {"calls": 0, "mentions": 0, "live": [], "traces": False}


async def test_calls_under_way_are_named_and_gone_the_next_time(place):
    async with place.serving():
        leg = await talk(place)
        code, out, err = await ringflow(place, "forget", "0034 600 111 222")
        _, listed, _ = await ringflow(place, "calls", "--format", "json")
        names = [call["call"] for call in json.loads(listed)]
        await over(place, leg)
        again = await ringflow(place, "forget", CALLER)
        _, listed_after, _ = await ringflow(place, "calls", "--format", "json")

    sentence = f"2 calls are under way and were left: {names[1]}, {names[0]}; give the command again when they ended\n"
    assert (code, out, err) == (1, sentence, "")
    assert again[0] == 0
    assert again[1].startswith("1 call forgotten, ")
    assert [call["from"] for call in json.loads(listed_after)] == ["+…0000"]


async def test_without_a_service_the_command_does_it_itself(place):
    async with place.serving():
        await over(place, await talk(place))
    nothing = await ringflow(place, "forget", OTHER)
    forgotten = await ringflow(place, "forget", CALLER)

    assert nothing == (0, "nothing is stored about it\n", "")
    assert forgotten[0] == 0
    assert forgotten[1].startswith("1 call forgotten, ")
    assert CALLER.removeprefix("+").encode() not in on_disk(place)


async def test_what_is_no_number_is_refused_and_so_is_a_database_that_is_not_there(place):
    refused = await ringflow(place, "forget", "600111222")
    missing = await ringflow(place, "forget", CALLER)
    async with place.serving():
        asked = [
            await post(place, "/forget", body)
            for body in (b"{}", b'{"number": "600"}', b'{"number": "+34600111222", "place": "files:1"}')
        ]

    sentence = "'600111222' is no phone number; write it with + and the country, such as +34600111222"
    problem = f"there is no database {place.folder}/ringflow.db; set RINGFLOW_DATABASE as the service has it"
    assert refused == (2, "", f"ringflow: {sentence}\n")
    assert missing == (3, "", f"ringflow: {problem}\n")
    assert [status for status, _ in asked] == [422, 422, 422]
    assert asked[2][1] == {"problem": "'files:1' is no place to go on; leave it out to begin anew"}


async def test_large_databases_are_gone_through_in_portions(place, monkeypatch):
    monkeypatch.setattr("engine.forgetting.WORK_S", 0.0)
    async with place.serving():
        await over(place, await talk(place))
        first = await post(place, "/forget", json.dumps({"number": CALLER}).encode())
        rest = await ringflow(place, "forget", CALLER)

    assert first[0] == 200
    assert first[1]["place"] == "outbox:"
    assert rest[0] == 0
    assert CALLER.removeprefix("+").encode() not in on_disk(place)


async def test_a_number_in_the_gaps_of_pages_makes_the_file_be_written_anew(place):
    """Rows that grow and move leave copies in the middle of pages, which no deletion reaches."""
    async with place.serving():
        await over(place, await talk(place))
        await ringflow(place, "forget", CALLER)
    with closing(sqlite3.connect(place.folder / "ringflow.db", isolation_level=None)) as database:
        database.execute("pragma secure_delete = off")
        database.execute("create table gaps (text)")
        database.executemany("insert into gaps values (?)", [(CALLER * 20,)] * 50)
        database.execute("drop table gaps")
    before = CALLER.removeprefix("+").encode() in on_disk(place)
    async with place.serving():
        code, out, err = await ringflow(place, "forget", CALLER)
        after = on_disk(place)

    assert before
    assert (code, out, err) == (0, "nothing is stored about it\n", "")
    assert CALLER.removeprefix("+").encode() not in after


async def test_a_number_is_forgotten_in_postgresql_by_the_service_and_without_it(place, postgres_server):
    url = await postgres_server.new_database()
    place.set(database=url)
    missing = await ringflow(place, "forget", CALLER)
    async with place.serving():
        await over(place, await talk(place))
        by_service = await ringflow(place, "forget", CALLER)
        await over(place, await talk(place))
    alone = await ringflow(place, "forget", CALLER)
    left = await postgres_server.ask("select t::text from ringflow.runs as t", url.rpartition("/")[2])
    history = await postgres_server.ask("select t::text from ringflow.journal as t", url.rpartition("/")[2])

    database = f"the PostgreSQL database {url.rpartition('/')[2]} at 127.0.0.1:{postgres_server.port}"
    problem = f"{database} is empty; set RINGFLOW_DATABASE as the service has it"
    assert missing == (3, "", f"ringflow: {problem}\n")
    assert [by_service[0], alone[0]] == [0, 0]
    assert by_service[1].startswith("1 call forgotten, ")
    assert alone[1].startswith("1 call forgotten, ")
    assert len(left) == 4  # of each call a tombstone, and the agent's leg
    assert CALLER.removeprefix("+") not in f"{left}{history}"
