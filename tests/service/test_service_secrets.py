"""
The marker test: a PIN, an API key and secrets go through calls, failures included, and are found nowhere afterwards.

While a call lasts its secret variables are in ``runs.state``, and nowhere else but in messages on their way.
"""

from __future__ import annotations

import asyncio
import shutil

import aiohttp
import pytest
from aiohttp import web
from language_world import People, elsewhere
from secrets_world import (
    FRIEND,
    NOTIFY_KEY,
    PIN,
    SECRET,
    TOKEN,
    bank,
    killed_in_the_end,
    plant_leak,
    tables,
    told_by_commands,
)
from service_world import OFFICE, place_in, ringflow

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture
async def place(tmp_path):
    async with place_in(tmp_path, speed=20.0) as place:
        place.set(
            secrets={"crm": SECRET, "notify": NOTIFY_KEY}, log_level="debug", log_full_numbers=True,
        )  # fmt: skip
        yield place


def leaks(text: str | bytes, *, key: str) -> list[str]:
    """Return which of the markers stand in *text*."""
    read = text.decode(errors="replace") if isinstance(text, bytes) else text
    return [marker for marker in (PIN, SECRET, TOKEN, NOTIFY_KEY, key) if marker in read]


def answers() -> dict[str, object]:
    return {"/token": lambda: web.json_response({"token": TOKEN})}


async def settled(place, *, but_timers: bool = False) -> None:
    """Return when nothing waits any more, or nothing but times."""
    connector = aiohttp.UnixConnector(str(place.folder / "admin.sock"))
    async with aiohttp.ClientSession(connector=connector) as session, asyncio.timeout(20):
        while True:
            async with session.get("http://localhost/readyz") as answer:
                state = await answer.json()
            if not (state["commands_waiting"] or state["events_waiting"] or (state["timers"] and not but_timers)):
                return
            await asyncio.sleep(0.02)


async def admin(place, path: str) -> str:
    connector = aiohttp.UnixConnector(str(place.folder / "admin.sock"))
    async with aiohttp.ClientSession(connector=connector) as session, session.get(f"http://localhost{path}") as answer:
        return await answer.text()


async def type_pin(place, people: People) -> str:
    """Somebody calls and types the PIN: before it is asked for, when it is, and for the flow that this one runs."""
    leg = people.call(OFFICE)
    await people.hears(leg, "Welcome")
    people.press(leg, PIN[:3])
    await people.asked_for(leg)
    people.press(leg, PIN)
    await people.hears(leg, "Once more")
    await people.asked_for(leg)
    people.press(leg, PIN)
    await people.hears(leg, "Please hold")
    await settled(place, but_timers=True)  # a question that waits for its answer stands in the outbox, token and all
    return leg


async def fail(place, people: People, leg: str) -> None:
    """The call that was planned is made; then a step is refused, and what is to be done about it meets a defect."""
    friend = (await people.rung(FRIEND)).call_control_id
    people.pick_up(friend)
    await people.asked_for(friend)
    people.press(friend, PIN)
    await people.over(friend)
    place.simulator.world.fail_next("send_dtmf", 422, "10015")
    people.press(leg, "1")
    await people.over(leg)
    await settled(place)


async def test_markers_of_calls_are_found_nowhere(place):
    people, key, said = People(place.simulator), place.settings.telnyx_api_key, list[bytes]()
    path, live, copy = place.folder / "ringflow.db", place.folder / "live.db", place.folder / "copy.db"
    async with elsewhere() as server:
        server.answers |= answers()
        place.files = bank(server.port)
        async with killed_in_the_end(place, said):
            leg = await type_pin(place, people)
        shutil.copy(path, live)
        shutil.copy(f"{path}-wal", f"{live}-wal")
        while_it_lasts = tables(live)
        place.plant = plant_leak
        async with place.serving():
            await fail(place, people, leg)
            backup = await ringflow(place, "db", "backup", str(copy))
            seen = {"metrics": await admin(place, "/metrics"), "readyz": await admin(place, "/readyz")}
            seen |= await told_by_commands(place)
        raw = {name: (place.folder / name).read_bytes() for name in ("ringflow.db", "copy.db")}

    assert backup[0] == 0
    assert PIN in while_it_lasts.pop("states")
    assert {name: leaks(text, key=key) for name, text in while_it_lasts.items() if leaks(text, key=key)} == {}
    assert [row for row in place.log.rows if row["event"] == "event_failed"]
    everything = {
        **seen, **raw, **tables(path), "log": str(place.log.rows), "log of before": b"".join(said),
        "messages": str([body for *_, body in server.at("/inbox")]),
    }  # fmt: skip
    assert {name: leaks(text, key=key) for name, text in everything.items() if leaks(text, key=key)} == {}


async def test_markers_of_calls_are_nowhere_in_postgresql(place, postgres_server):
    people, key, url = People(place.simulator), place.settings.telnyx_api_key, await postgres_server.new_database()
    place.set(database=url)
    async with elsewhere() as server:
        server.answers |= answers()
        place.files, place.plant = bank(server.port), plant_leak
        async with place.serving():
            leg = await type_pin(place, people)
            while_it_lasts = await postgres_tables(postgres_server, url)
            await fail(place, people, leg)
        afterwards = await postgres_tables(postgres_server, url)

    states = while_it_lasts.pop("states"), afterwards["states"]
    assert [PIN in text for text in states] == [True, False]
    everything = {**while_it_lasts, **afterwards, "log": str(place.log.rows)}
    assert {name: leaks(text, key=key) for name, text in everything.items() if leaks(text, key=key)} == {}


async def postgres_tables(server, url: str) -> dict[str, str]:
    """Return each table as text; of ``runs`` the states stand apart, as "states"."""
    database = url.rpartition("/")[2]
    names = await server.ask("select tablename from pg_tables where schemaname = 'ringflow'", database)
    found = {name: str(await server.ask(f"select t::text from ringflow.{name} as t", database)) for (name,) in names}
    found["states"] = str(await server.ask("select state from ringflow.runs", database))
    found["runs"] = str(await server.ask("select run, ver, version, ended_at from ringflow.runs", database))
    return found


async def test_a_key_that_telnyx_refuses_is_shown_to_nobody(place):
    place.set(telnyx_api_key="KEY-Rt5-marker")
    async with place.serving():
        place.call()
        refused = await place.log.line("key_refused")
        seen = str([await admin(place, path) for path in ("/metrics", "/readyz")])

    assert "refuses" in refused["problem"]
    assert "KEY-Rt5-marker" not in seen + str(place.log.rows)
    assert b"KEY-Rt5-marker" not in (place.folder / "ringflow.db").read_bytes()
