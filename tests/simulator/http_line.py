"""A simulated Telnyx over HTTP, somebody who takes its webhooks, and short words for requests."""

from __future__ import annotations

import asyncio
import contextlib
import json

import aiohttp
from aiohttp import web

from engine.simulator.deliveries import Destination
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
        place = {"path": request.path, "query": request.query_string, "method": request.method}
        self.received.put_nowait((await request.read(), dict(request.headers) | place))
        return web.Response(status=self._statuses.pop(0) if self._statuses else 200, headers={"Location": "/other"})

    async def next(self) -> tuple[dict, dict[str, str]]:
        async with asyncio.timeout(10):
            raw, headers = await self.received.get()
        return json.loads(raw), headers


@contextlib.asynccontextmanager
async def receiving(inbox: Inbox):
    """The address of a server that gives *inbox* whatever is sent to it, under any path."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", inbox.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def simulator(inbox: Inbox, *, has_failover: bool = False, options: dict | None = None, **server_options):
    """A running simulator whose webhooks go to *inbox*, and a client that shows its API key."""
    world = World(catalogue(), options=Options(**(FAST | (options or {}))))
    async with receiving(inbox) as root:
        webhooks = Destination(
            url=f"{root}/webhooks", failover_url=f"{root}/failover" if has_failover else None, retry_delays_s=(0.0, 0.0)
        )
        async with (
            SimulatorServer(world, **({"webhooks": webhooks} | server_options)) as server,
            aiohttp.ClientSession(headers={"Authorization": f"Bearer {server.api_key}"}) as client,
        ):
            yield server, client


async def post(client, url, expect=200, **body):
    """POST *body* and return the JSON of the answer, whose status must be *expect*."""
    async with client.post(url, json=body) as answer:
        assert answer.status == expect, await answer.text()
        return await answer.json()


async def get(client, url, expect=200):
    async with client.get(url) as answer:
        assert answer.status == expect, await answer.text()
        return await answer.json()
