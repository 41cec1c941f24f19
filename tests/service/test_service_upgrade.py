"""
Calls that an older ringflow left in its database go on with this one.

``old_database.sql`` is what the service of commit c8aa1bb held when it was killed in the middle of five calls of its
own shipped flows: before ``run``, ``dial``, planned calls and rooms as they are now. ``old_world.json`` is all that had
happened at Telnyx until then, to be done again in a simulated one.
"""

from __future__ import annotations

import json
import re
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from language_world import People, shipped
from service_world import Place

from engine.simulator.options import Options
from engine.simulator.server import SimulatorServer
from engine.simulator.world import World
from engine.store.postgres_opening import MIGRATIONS, connect, hang_up, migrate
from engine.tables import catalogue

HERE = Path(__file__).resolve().parent
OLD: dict[str, Any] = json.loads((HERE / "old_world.json").read_text())
DAY_S = 86400.0
AGENTS, AGENT, FRONT_DESK = "+15551231112", "+15552220001", "+15551230000"
CALLER, WAITING, MEMBER, CHOOSER = (f"+3460000000{number}" for number in (1, 2, 3, 4))


def restore(path: Path | str, *, later_s: float) -> sqlite3.Connection:
    """Write the old database to *path*, with each moment in it *later_s* later, and return it."""

    def move(found: re.Match[str]) -> str:
        at = float(found[0])
        return str(at + later_s) if 0 <= at - OLD["start"] + DAY_S < 2 * DAY_S else found[0]

    database = sqlite3.connect(path)
    database.executescript(re.sub(r"\b1\d{9}\.\d+\b", move, (HERE / "old_database.sql").read_text()))
    return database


async def restore_to_postgres(url: str, *, later_s: float) -> None:
    """Write the same to PostgreSQL, in the tables of the first release."""
    connection = await connect(url)
    try:
        await migrate(connection, MIGRATIONS[:1], database="it")
        with closing(restore(":memory:", later_s=later_s)) as old:
            for table in ("runs", "keys", "inbox", "outbox", "timers", "journal", "versions", "notes"):
                columns = [row[1] for row in old.execute(f"pragma table_info({table})") if row[1] != "id"]
                rows = old.execute(f"select {', '.join(columns)} from {table}").fetchall()
                flags = [columns.index(name) for name in ("urgent",) if name in columns]
                values = [tuple(bool(v) if n in flags else v for n, v in enumerate(row)) for row in rows]
                await connection.copy_records_to_table(table, schema_name="ringflow", columns=columns, records=values)
    finally:
        await hang_up(connection)


def happened(*, later_s: float) -> World:
    """Return a simulated Telnyx in which all that came before has happened, its webhooks delivered."""
    world = World(catalogue(), seed=7, options=Options(speed=50.0), start=OLD["start"] + later_s)
    for step in OLD["steps"]:
        result = getattr(world, step["do"])(**step["with"], now=step["at"] + later_s)
        assert step["do"] != "request" or result.status == 200
    world.advance(OLD["at"] + later_s)
    return world


@pytest.fixture(params=["sqlite", "postgresql"])
async def place(request, tmp_path):
    url = ""
    if request.param == "postgresql":
        url = await request.getfixturevalue("postgres_server").new_database()
    later_s = time.time() - OLD["at"]
    if not url:
        restore(tmp_path / "ringflow.db", later_s=later_s).close()
    else:
        await restore_to_postgres(url, later_s=later_s)
    async with SimulatorServer(happened(later_s=later_s)) as simulator:
        place = Place(tmp_path, simulator)
        if url:
            place.set(database=url)
        place.files = shipped("support_desk", "front_desk", "callback", "main_number", "supervise")
        place.set(secrets={"team_room_pin": "4821", "notify": "long and random"})
        yield place


async def test_calls_of_an_older_service_go_on_and_meet_new_ones(place):
    world, people = place.simulator.world, People(place.simulator)
    legs = {leg.from_: leg.call_control_id for leg in world.legs}
    async with place.serving():
        place.hang_up(legs[AGENT])  # who talks with the caller
        await people.asked_for(legs[CALLER])
        people.press(legs[CALLER], "5")
        await place.log.line("log", text="rating 5")

        people.press(legs[CHOOSER], "1")  # in the middle of a question
        sales = await people.rung("+15551239999")
        people.refuse(sales.call_control_id)
        await people.hears(legs[CHOOSER], "Goodbye.")

        agent = people.call(AGENTS, AGENT)  # a new call, with the new flows, takes a caller of the old ones
        await people.asked_for(agent)
        people.press(agent, "1")
        await place.log.line("state", state="talking", role="agent")
        await place.log.line("state", state="talking", role="caller")
        assert world.look(agent).room_name == world.look(legs[WAITING]).room_name

        friend = people.call(FRONT_DESK, "+34600000005")  # into the room of an old call
        await people.asked_for(friend)
        people.press(friend, "2")
        await people.hears(friend, "Please enter your four digit PIN")
        await people.asked_for(friend)
        people.press(friend, "4821#")
        await place.log.line("state", state="team_room")
        await people.joined(friend)
        assert world.look(friend).room == world.look(legs[MEMBER]).room
        for leg in (agent, friend, legs[MEMBER]):
            place.hang_up(leg)
        await people.asked_for(legs[WAITING])

    assert [row for row in place.log.rows if row["level"] != "info" and row.get("reason") != "shed"] == []
