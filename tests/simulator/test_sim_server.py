"""The simulated Telnyx over HTTP: the key, the signed webhooks, the retries, the people."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json

import aiohttp
import pytest
from aiohttp import web
from simulated_line import CALLER, OFFICE

from engine.simulator.main import run_simulator
from engine.simulator.options import Options
from engine.simulator.server import SimulatorServer
from engine.simulator.world import World
from engine.tables import catalogue

FAST = {"webhook_delay_s": 0.0, "speed": 1000.0}


class Inbox:
    """Receives webhooks; answers with the statuses it was given, then 200."""

    def __init__(self, *statuses: int) -> None:
        self.received: asyncio.Queue[tuple[bytes, dict[str, str]]] = asyncio.Queue()
        self._statuses = list(statuses)

    async def take(self, request: web.Request) -> web.Response:
        self.received.put_nowait((await request.read(), dict(request.headers)))
        return web.Response(status=self._statuses.pop(0) if self._statuses else 200)

    async def next(self) -> tuple[dict, dict[str, str]]:
        async with asyncio.timeout(10):
            raw, headers = await self.received.get()
        return json.loads(raw), headers


class Printed(io.StringIO):
    """A stream that says when something was printed to it."""

    def __init__(self) -> None:
        super().__init__()
        self.flushed = asyncio.Event()

    def flush(self) -> None:
        self.flushed.set()


@contextlib.asynccontextmanager
async def simulator(inbox: Inbox, **options):
    """A running simulator whose webhooks go to *inbox*."""
    app = web.Application()
    app.router.add_post("/webhooks", inbox.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/webhooks"
    world = World(catalogue(), options=Options(**(FAST | options)))
    async with (
        SimulatorServer(world, webhook_url=url, retry_delays_s=(0.0, 0.0)) as server,
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {server.api_key}"}) as client,
    ):
        try:
            yield server, client
        finally:
            await runner.cleanup()


async def post(client, url, expect=200, **body):
    async with client.post(url, json=body) as answer:
        assert answer.status == expect, await answer.text()
        return await answer.json()


async def get(client, url):
    async with client.get(url) as answer:
        assert answer.status == 200
        return await answer.json()


async def test_a_wrong_key_is_refused():
    async with simulator(Inbox()) as (server, client):
        answer = await client.get(f"{server.url}/conferences", headers={"Authorization": "Bearer wrong"})

        assert (answer.status, (await answer.json())["errors"][0]["code"]) == (401, "10009")


@pytest.mark.parametrize("raw", [b"{", b"[]"])
async def test_a_body_that_is_no_object_is_refused(raw):
    async with simulator(Inbox()) as (server, client):
        answer = await client.post(f"{server.url}/queues", data=raw)

        assert (answer.status, (await answer.json())["errors"][0]["code"]) == (400, "10015")


async def test_a_webhook_is_sent_until_it_is_taken():
    inbox = Inbox(503, 500)
    async with simulator(inbox) as (server, client):
        await post(client, f"{server.control_url}/calls", **{"from": CALLER, "to": OFFICE})

        attempts = [await inbox.next() for _ in range(3)]

    assert [body["meta"]["attempt"] for body, _ in attempts] == [1, 2, 3]
    assert len({body["data"]["id"] for body, _ in attempts}) == 1
    assert attempts[0][0]["meta"]["delivered_to"].endswith("/webhooks")
    assert attempts[0][1]["User-Agent"] == "telnyx-webhooks"


async def test_a_webhook_that_nobody_takes_is_given_up():
    inbox = Inbox(*[500] * 3)
    async with simulator(inbox) as (server, client):
        await post(client, f"{server.control_url}/calls", **{"from": CALLER, "to": OFFICE})
        await server.drain()

        assert [webhook.event_type for webhook in server.undelivered] == ["call.initiated"]


async def test_a_webhook_without_a_receiver_is_given_up():
    world = World(catalogue(), options=Options(**FAST))
    async with SimulatorServer(world, webhook_url="http://127.0.0.1:1/", retry_delays_s=()) as server:
        world.call(from_=CALLER, to=OFFICE, now=0.0)
        server.settle()
        await server.drain()

        assert len(server.undelivered) == 1


async def test_people_act_through_the_control_api():
    inbox = Inbox()
    async with simulator(inbox) as (server, client):
        sim = server.control_url
        leg = (await post(client, f"{sim}/calls", **{"from": CALLER, "to": OFFICE}))["call_control_id"]
        await post(client, f"{server.url}/calls/{leg}/actions/answer")
        await post(client, f"{server.url}/calls/{leg}/actions/transfer", to="+15550001111")
        far = next(
            call["leg"]["call_control_id"]
            for call in (await get(client, f"{sim}/state"))["calls"]
            if call["leg"]["direction"] == "outgoing"
        )
        await post(client, f"{sim}/calls/{far}/answer")
        await post(client, f"{sim}/calls/{leg}/press", digits="1")
        await post(client, f"{sim}/calls/{leg}/speak", text="Hello")
        await post(client, f"{sim}/calls/{leg}/hangup")
        record = await get(client, f"{sim}/record")

    told = [(entry["kind"], entry["what"]) for entry in record["entries"] if entry["leg"] == leg]
    for line in (("state", "bridged"), ("presses", "1"), ("says", "Hello"), ("state", "hung up")):
        assert line in told
    assert record["next"] == len(record["entries"])


async def test_faults_are_made_through_the_control_api():
    inbox = Inbox()
    async with simulator(inbox) as (server, client):
        sim = server.control_url
        await post(client, f"{sim}/calls", **{"from": CALLER, "to": OFFICE})
        first, _ = await inbox.next()
        await post(client, f"{sim}/repeat")
        again, _ = await inbox.next()
        await post(client, f"{sim}/send", event_type="call.enqueued", fields={"queue": "q"})
        sent, _ = await inbox.next()
        await post(client, f"{sim}/delay", event_type="call.hangup", by_s=1)
        await post(client, f"{sim}/fail", operation="queue_create", status=429, code="10011")
        await post(client, f"{server.url}/queues", 429, queue_name="q")

    assert first["data"]["id"] == again["data"]["id"]
    assert sent["data"]["payload"] == {"queue": "q"}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("calls", {}),
        ("calls/v3:none/hangup", {}),
        ("calls/v3:none/refuse", {}),
        ("fail", {"operation": "fly", "status": 500, "code": "1"}),
        ("send", {"event_type": "call.enqueued", "fields": {"colour": 1}}),
        ("repeat", {}),
    ],
)
async def test_the_control_api_says_what_is_wrong(path, body):
    async with simulator(Inbox()) as (server, client):
        assert (await post(client, f"{server.control_url}/{path}", 400, **body))["error"]


async def test_the_control_api_wants_an_object():
    async with simulator(Inbox()) as (server, client):
        answer = await client.post(f"{server.control_url}/calls", json=[])

        assert answer.status == 400


async def test_the_record_can_be_waited_for():
    async with simulator(Inbox()) as (server, client):
        sim = server.control_url
        assert await get(client, f"{sim}/record?wait_s=0.01") == {"entries": [], "next": 0}
        waiting = asyncio.create_task(get(client, f"{sim}/record?since=0&wait_s=30"))
        await asyncio.sleep(0)
        await post(client, f"{sim}/calls", **{"from": CALLER, "to": OFFICE})

        async with asyncio.timeout(10):
            assert (await waiting)["entries"][0]["what"] == "calls"
        answer = await client.get(f"{sim}/record?since=x")
        assert answer.status == 400


async def test_things_happen_by_themselves_in_real_time():
    inbox = Inbox()
    async with simulator(inbox, webhook_delay_s=0.001) as (server, client):
        leg = (await post(client, f"{server.control_url}/calls", **{"from": CALLER, "to": OFFICE}))["call_control_id"]
        await post(client, f"{server.url}/calls/{leg}/actions/answer")
        await post(client, f"{server.url}/calls/{leg}/actions/speak", payload="Hello", voice="v")

        types = {(await inbox.next())[0]["data"]["event_type"] for _ in range(4)}

    assert types == {"call.initiated", "call.answered", "call.speak.started", "call.speak.ended"}


async def test_the_simulator_runs_on_its_own_and_says_where():
    out, stop = Printed(), asyncio.Event()
    task = asyncio.create_task(
        run_simulator(listen="127.0.0.1:0", webhook_url=None, seed=1, out=out, options=Options(), stop=stop)
    )
    async with asyncio.timeout(10):
        await out.flushed.wait()
    ready = json.loads(out.getvalue())
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {ready['api_key']}"}) as client:
        listed = await get(client, f"{ready['api_url']}/queues")
    stop.set()
    await task

    assert listed["data"] == []
    assert ready.keys() == {"api_url", "api_key", "public_key"}
