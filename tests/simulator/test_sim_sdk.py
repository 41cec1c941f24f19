"""Telnyx's own SDK takes the simulator for Telnyx."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
import telnyx
from aiohttp import web
from simulated_line import CALLER, OFFICE

from engine.simulator.deliveries import Destination
from engine.simulator.options import Options
from engine.simulator.server import SimulatorServer
from engine.simulator.world import World
from engine.tables import catalogue


@contextlib.asynccontextmanager
async def sdk():
    """The SDK's client, a running simulator, and the queue of (body, headers) of the webhooks it sent."""
    received: asyncio.Queue[tuple[str, dict[str, str]]] = asyncio.Queue()

    async def take(request: web.Request) -> web.Response:
        received.put_nowait((await request.text(), dict(request.headers)))
        return web.Response()

    app = web.Application()
    app.router.add_post("/", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    world = World(catalogue(), options=Options(speed=1000.0, webhook_delay_s=0.0))
    webhooks = Destination(url=f"http://127.0.0.1:{runner.addresses[0][1]}/")
    async with SimulatorServer(world, webhooks=webhooks) as server:
        client = telnyx.AsyncTelnyx(
            api_key=server.api_key, base_url=server.url, public_key=server.public_key, max_retries=0
        )
        async with client:
            try:
                yield client, server, received
            finally:
                await runner.cleanup()


def rings(server):
    leg = server.world.call(from_=CALLER, to=OFFICE, now=0.0).call_control_id
    server.settle()
    return leg


async def answered(client, server):
    leg = rings(server)
    await client.calls.actions.answer(leg)
    return leg


async def test_a_conference_is_created_joined_and_spoken_to():
    async with sdk() as (client, server, _):
        host, guest = await answered(client, server), await answered(client, server)
        room = (await client.conferences.create(call_control_id=host, name="team")).data
        await client.conferences.actions.join(room.id, call_control_id=guest)
        spoken = await client.conferences.actions.speak("team", payload="Hello", voice="Telnyx.KokoroTTS.af")
        people = [one async for one in client.conferences.list_participants(room.id)]
        one = await client.conferences.retrieve_participant(people[1].id, id=room.id)
        seen = await client.conferences.retrieve(room.id)

    assert spoken.data.result == "ok"
    assert [person.call_control_id for person in people] == [host, guest]
    assert (one.data.status, one.data.conference_id) == ("joined", room.id)
    assert (seen.data.name, seen.data.status) == ("team", "in_progress")


async def test_a_queue_is_filled_and_listed_page_by_page():
    async with sdk() as (client, server, _):
        legs = [await answered(client, server) for _ in range(5)]
        for leg in legs:
            await client.calls.actions.enqueue(leg, queue_name="support")
        listed = [call.call_control_id async for call in client.queues.calls.list("support", page_size=2)]
        queue = await client.queues.retrieve("support")
        await client.queues.calls.update(legs[0], queue_name="support", keep_after_hangup=True)

    assert listed == legs
    assert (queue.data.current_size, queue.data.max_size) == (5, 100)


async def test_refusals_are_the_sdks_own_errors():
    async with sdk() as (client, server, _):
        leg = rings(server)
        with pytest.raises(telnyx.UnprocessableEntityError) as early:
            await client.calls.actions.speak(leg, payload="Hello", voice="v")
        with pytest.raises(telnyx.NotFoundError):
            await client.queues.retrieve("nowhere")
        client.api_key = "wrong"
        with pytest.raises(telnyx.AuthenticationError):
            await client.conferences.retrieve("x")

    assert early.value.body["errors"][0]["code"] == "90034"


async def test_every_webhook_is_accepted_by_the_sdk():
    async with sdk() as (client, server, received):
        host = await answered(client, server)
        far = (await client.calls.dial(connection_id="1", from_=OFFICE, to="+15550001111")).data.call_control_id
        server.world.pick_up(far, 0.0)
        await client.calls.actions.enqueue(far, queue_name="support")
        await client.calls.actions.bridge(host, call_control_id_to_bridge_with=far)
        await client.conferences.create(call_control_id=host, name="team")
        server.world.speak_into(host, "Hello", 0.0)
        server.settle()
        expected = {
            "call.initiated",
            "call.answered",
            "call.enqueued",
            "call.dequeued",
            "call.bridged",
            "conference.created",
            "conference.participant.joined",
            "conference.floor.changed",
        }
        types = set()
        async with asyncio.timeout(10):
            while not expected <= types:
                body, headers = await received.get()
                event = client.webhooks.unwrap(body, headers=headers)
                types.add(getattr(event, "event_type", None) or event.data.event_type)


async def test_a_changed_webhook_is_refused_by_the_sdk():
    async with sdk() as (client, server, received):
        rings(server)
        async with asyncio.timeout(10):
            body, headers = await received.get()

        with pytest.raises(ValueError, match="Signature"):
            client.webhooks.unwrap(body.replace("parked", "packed"), headers=headers)
