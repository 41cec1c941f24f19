"""Telnyx's list of past webhooks, read as the webhooks themselves."""

from __future__ import annotations

import time

import pytest

from engine.core.event import Event
from engine.errors import CarrierError
from engine.simulator.options import Options
from engine.simulator.server import SimulatorServer
from engine.simulator.world import World
from engine.tables import catalogue
from engine.telnyx.call_events import CallEvents, past_event
from engine.telnyx.client import TelnyxClient

RAW = {"event_type": "call.hangup", "id": "e-1", "occurred_at": "2026-01-01T00:00:00Z", "payload": {"to": "+1"}}
EVENT = Event(id="e-1", type="call.hangup", payload={"to": "+1"}, occurred_at=1_767_225_600.0)


def row(metadata: object) -> dict[str, object]:
    return {"type": "webhook", "name": "call.hangup", "event_timestamp": "2026-01-01T00:00:00Z", "metadata": metadata}


@pytest.mark.parametrize(
    "metadata",
    [RAW, {"data": RAW, "meta": {}}, {"event": {"data": RAW}}, {"attempts": [], "raw_event": RAW, "x": {"id": "y"}}],
)
def test_the_raw_webhook_is_found_wherever_it_lies(metadata):
    assert past_event(row(metadata)) == EVENT


def test_a_webhook_without_a_time_of_its_own_has_that_of_its_row():
    raw = {name: value for name, value in RAW.items() if name != "occurred_at"}

    assert past_event(row(raw)) == EVENT


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        {},
        "text",
        [RAW],
        {"payload": {}},
        {**RAW, "id": None},
        {**RAW, "payload": None},
        {**RAW, "event_type": "timer"},
        {"a": {"b": {"c": {"d": {"e": RAW}}}}},
    ],
)
def test_what_does_not_hold_id_type_and_payload_is_no_event(metadata):
    assert past_event(row(metadata)) is None


async def test_every_webhook_of_the_simulated_telnyx_is_read_page_after_page():
    world = World(catalogue(), options=Options(), start=time.time())
    async with SimulatorServer(world) as server:
        for _ in range(200):
            leg = world.call(from_="+34600111222", to="+15551230000", now=server.clock())
            world.hang_up(leg.call_control_id, server.clock())
        world.advance(server.clock() + 1)
        client = TelnyxClient(api_url=server.url, api_key=server.api_key, catalogue=catalogue())
        past = CallEvents(client)
        pages = [await past.page(number, since=time.time() - 60) for number in (1, 2)]
        later = await past.page(1, since=time.time() + 60)
        server.account.refused["call_events"] = 503
        with pytest.raises(CarrierError, match="answered 503"):
            await past.page(1, since=0.0)
        await client.aclose()

    sent = {entry.details["id"]: (entry.what, entry.details["payload"]) for entry in world.record
            if entry.kind == "webhook"}  # fmt: skip
    assert {event.id: (event.type, event.payload) for page in pages for event in page.events} == sent
    assert [(len(page.events), page.unreadable, page.is_last) for page in pages] == [(250, 0, False), (150, 0, True)]
    assert (later.events, later.is_last) == ([], True)
