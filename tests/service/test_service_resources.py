"""What the service keeps, counts, waits for and warms up: nothing of a call that is over stays."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from aiohttp import web
from language_world import People, elsewhere, shipped
from service_world import CALLER, place_in
from test_service_language import ASKER, BOOKING, DESK, OFFICE_FLOW, PROJECT, asking, opened
from test_service_webhooks import stored

from engine import service as service_module
from engine import upkeep as upkeep_module
from engine.core.spoken_time import _locale
from engine.store.sqlite import SqliteStore
from engine.testing import settle

TABLES = ("runs", "keys", "inbox", "outbox", "timers", "journal")


@pytest.fixture
async def place(tmp_path):
    async with place_in(tmp_path, speed=50.0) as place:
        place.set(secrets={"team_room_pin": "4821", "notify": "a long random text"})
        yield place


@pytest.fixture
def people(place) -> People:
    return People(place.simulator)


def at(number: int, flow: bytes) -> bytes:
    """Let *flow* answer a number of its own."""
    return flow.replace(b"calls_to: any", b'calls_to: ["+1555000000%d"]' % number)


async def metrics(place) -> str:
    connector = aiohttp.UnixConnector(str(place.folder / "admin.sock"))
    async with aiohttp.ClientSession(connector=connector) as session, session.get("http://x/metrics") as answer:
        return await answer.text()


@pytest.mark.slow
async def test_nothing_of_calls_that_are_over_is_kept_when_their_time_has_passed(place, people, monkeypatch):
    async with elsewhere() as server:
        server.answers["/who"] = lambda: web.json_response({"name": "Ann", "rest": {"points": 7}})
        place.files = {
            "booker.flow.yaml": at(1, BOOKING["booker.flow.yaml"]),
            "callback.flow.yaml": BOOKING["callback.flow.yaml"],
            "lookup.flow.yaml": at(2, asking(server, "who")["lookup.flow.yaml"]),
            "desk.flow.yaml": at(3, DESK),
            "ask_account.flow.yaml": ASKER.replace(b"wait: 8s", b"wait: 1s, tries: 1"),
            "ring_an_agent.flow.yaml": at(4, OFFICE_FLOW).replace(b"ring_for: 25s", b"ring_for: 5s"),
            "project.yaml": PROJECT + b"http_hosts: [localhost]\n",
        }
        async with place.serving():
            booked, asked, ran, alone = (people.call(f"+1555000000{number}") for number in (1, 2, 3, 4))
            called = (await people.rung(CALLER)).call_control_id
            people.pick_up(called)
            assert "ringflow_timers" in await metrics(place)
            for leg in (booked, called, asked, ran, alone):
                await people.over(leg)
            await place.simulator.drain()
            assert stored(place, "runs") > 0

        monkeypatch.setattr(service_module, "_HOUSEKEEPING_S", 0.01)
        monkeypatch.setattr(upkeep_module, "KEEP_IDS_S", 0.0)
        place.set(keep_calls_s=0.0, keep_failed_calls_s=0.0)
        async with place.serving():
            async with asyncio.timeout(10):
                while any(stored(place, table) for table in TABLES):
                    await settle()
            shown = await metrics(place)

    assert "ringflow_timers 0.0" in shown
    assert "ringflow_commands_waiting 0.0" in shown


async def test_answer_that_comes_while_the_service_stops_is_not_lost(place, people):
    async with elsewhere() as server:
        server.answers["/who"] = lambda: web.json_response({"name": "Ann", "rest": {"points": 7}})
        server.slow.add("/who")
        place.files = asking(server, "who")
        place.files["lookup.flow.yaml"] = place.files["lookup.flow.yaml"].replace(b"0.5s", b"5s")
        async with place.serving() as serving:
            caller = people.call("+15551230000")
            await server.asked("/who")
            serving.stop()
            await place.log.line("stopping")
            server.go.set()
        async with place.serving():
            await people.hears(caller, "Hello Ann, 7.")
            await people.over(caller)

    assert len(server.came) == 1


async def test_service_stops_in_time_though_an_answer_does_not_come(place, people, monkeypatch):
    monkeypatch.setattr(service_module, "_DRAIN_S", 0.1)
    async with elsewhere() as server:
        server.answers["/who"] = lambda: web.json_response({"name": "Ann", "rest": {"points": 7}})
        server.slow.add("/who")
        place.files = asking(server, "who")
        place.files["lookup.flow.yaml"] = place.files["lookup.flow.yaml"].replace(b"0.5s", b"5s")
        async with place.serving():
            caller = people.call("+15551230000")
            await server.asked("/who")
        server.slow.clear()
        async with place.serving():
            await people.hears(caller, "Hello Ann, 7.")
            await people.over(caller)

    assert len(server.came) == 2  # a GET may be repeated


async def test_what_times_are_said_with_is_loaded_before_the_first_call(place):
    place.files = shipped("main_number", "support_desk", "callback")
    place.files["main_number.flow.yaml"] = opened(place.files["main_number.flow.yaml"], is_open=False)
    place.files["project.yaml"] = place.files["project.yaml"].replace(b'["+1555"]', b'["+34"]')
    _locale.cache_clear()
    async with place.serving():
        assert _locale.cache_info().currsize > 0


async def test_planned_call_whose_flows_cannot_be_read_any_more_is_given_up(place, people):
    place.files = BOOKING
    async with place.serving():
        people.call("+15551230000")
        planned = await place.log.line("call", what="planned")
    store = SqliteStore(place.folder / "ringflow.db")
    await store.open()
    for name in await store.versions():
        await store.keep_version(name, {"broken.flow.yaml": b"flow: ["})
    await store.close()
    place.files = {name: text.replace(b"because", b"again because") for name, text in BOOKING.items()}
    async with place.serving():
        given_up = await place.log.line("call", what="given up")
        async with asyncio.timeout(20):  # that the caller hung up may be told by the second attempt only
            while stored(place, "timers"):  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    assert given_up["call"] == planned["call"]
