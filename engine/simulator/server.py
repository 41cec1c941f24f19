"""The simulated Telnyx over HTTP: its API under /v2, its signed webhooks, and the people under /sim."""

from __future__ import annotations

import asyncio
import errno
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

import orjson
from aiohttp import web

from engine.errors import SettingsError
from engine.simulator.account import Account
from engine.simulator.control import Control, is_bearer
from engine.simulator.deliveries import Deliveries, Destination
from engine.simulator.refusals import Refusal
from engine.simulator.running import RunningWorld
from engine.simulator.signing import Signer
from engine.simulator.values import Response, Webhook
from engine.simulator.world import World
from engine.tables import catalogue

API_KEY = "KEY_SIMULATED"
_PATIENCE_S = 1.0  # for requests that are still being answered when the server ends


class SimulatorServer:
    """
    Serves *world* over HTTP while it is entered (``async with``).

    *listen* is "host:port" (port 0: any free one). *token*: what ``/sim`` asks for, and the API key. *clock* returns
    epoch seconds. Far ends pick up by themselves after *answer_after_s*; None: when told. *renew* makes the world that
    ``/sim/reset`` begins anew with; without it that is an empty one. Entering raises SettingsError when the address
    cannot be had.
    """

    def __init__(
        self,
        world: World,
        *,
        listen: str = "127.0.0.1:0",
        token: str | None = None,
        webhooks: Destination = Destination(),  # noqa: B008 (frozen)
        clock: Callable[[], float] = time.time,
        answer_after_s: float | None = None,
        renew: Callable[[float], World] | None = None,
    ) -> None:
        self.api_key = token or API_KEY
        self.clock = clock
        self.account = Account()
        self._listen = listen
        self._signer = Signer()
        self._deliveries = Deliveries(self._signer, webhooks)
        self._running = RunningWorld(
            world,
            clock=clock,
            deliveries=self._deliveries,
            renew=renew or (lambda start: World(catalogue(), options=world.options, start=start)),
            answer_after_s=answer_after_s,
        )
        self._control = Control(self._running, token=token)

    @property
    def world(self) -> World:
        """The world that is served; another one after a reset."""
        return self._running.world

    @property
    def webhook_url(self) -> str | None:
        """Where webhooks go; may be set."""
        return self._deliveries.destination.url

    @webhook_url.setter
    def webhook_url(self, url: str) -> None:
        self._deliveries.destination = replace(self._deliveries.destination, url=url)

    @property
    def undelivered(self) -> list[Webhook]:
        """The webhooks that were given up."""
        return self._deliveries.undelivered

    @property
    def public_key(self) -> str:
        """The key that verifies the webhooks, as Telnyx's portal shows it: base64 of 32 bytes."""
        return self._signer.public_key

    @property
    def url(self) -> str:
        """The root of the API, with /v2, as ``TELNYX_API_URL`` wants it."""
        return f"{self._root}/v2"

    @property
    def control_url(self) -> str:
        """The root of the control API, with /sim."""
        return f"{self._root}/sim"

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=1 << 20)
        app.add_routes(self._control.routes())
        app.router.add_route("*", "/v2/{path:.*}", self._api)
        app.router.add_route("*", "/{path:.*}", _nothing_here)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_PATIENCE_S)
        await self._runner.setup()
        host, _, port = self._listen.rpartition(":")
        try:
            await web.TCPSite(self._runner, host.strip("[]"), int(port)).start()
        except OSError as error:
            await self._runner.cleanup()
            raise SettingsError(_no_address(self._listen, error)) from error
        self._root = f"http://{host}:{self._runner.addresses[0][1]}"
        await self._deliveries.open()
        self.settle()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.close()
        await self._runner.cleanup()
        await self._deliveries.close()

    def settle(self) -> None:
        """Let the world catch up with the clock; to be called after *world* or *clock* was touched from outside."""
        self._running.settle()

    async def change(self) -> None:
        """Return when something may have happened in the world."""
        await self._running.change()

    async def drain(self) -> None:
        """Wait until every webhook that is under way was taken or given up."""
        await self._deliveries.drain()

    async def _api(self, request: web.Request) -> web.StreamResponse:
        response = await self._answer(request)
        self.settle()
        await asyncio.sleep(response.late_s)
        if response.is_cut and request.transport is not None:
            request.transport.abort()
        body = orjson.dumps(response.body) if response.body else None
        return web.Response(
            status=response.status, body=body, headers=response.headers, content_type="application/json"
        )

    async def _answer(self, request: web.Request) -> Response:
        if not is_bearer(request, self.api_key):
            return Refusal(401, "10009", "The API key is not valid.").response()
        body = await _json_object(request)
        if body is None:
            return Refusal(400, "10015", "The body must be a JSON object.").response()
        method, path, query, now = request.method, request.rel_url.raw_path, dict(request.query), self.clock()
        record = self.world.record
        of_account = self.account.answer(method, path, query, public_key=self.public_key, now=now, record=record)
        return of_account or self.world.request(method, path, query=query, body=body, now=now)


async def _json_object(request: web.Request) -> dict[str, Any] | None:
    raw = await request.read()
    try:
        value = orjson.loads(raw) if raw else {}
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


async def _nothing_here(request: web.Request) -> web.Response:
    detail = f"There is no {request.path} here: Telnyx's API is under /v2, and the people are under /sim."
    return web.json_response(Refusal(404, "10005", detail).response().body, status=404)


def _no_address(listen: str, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"another program listens on {listen} already; choose another port, such as --listen 127.0.0.1:8401"
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return f"this machine does not have the address {listen}; write it as 127.0.0.1:8400"
    return f"the simulator cannot listen on {listen}: {error.strerror or error}"
