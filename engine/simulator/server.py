"""The simulated Telnyx over HTTP: its API under /v2, its signed webhooks, and the people under /sim."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp import web
from nacl.signing import SigningKey

from engine.simulator.account import Account
from engine.simulator.control import Control
from engine.simulator.refusals import Refusal
from engine.simulator.values import Response, Webhook
from engine.simulator.world import World

API_KEY = "KEY_SIMULATED"
SIGNING_SEED = hashlib.sha256(b"ringflow simulator").digest()
RETRY_DELAYS_S = (0.5, 1.5, 4.0, 12.0, 40.0)


class SimulatorServer:
    """
    Serves *world* over HTTP while it is entered (``async with``).

    *listen* is "host:port" (port 0: any free one). Webhooks go to *webhook_url*, each on its own, begun in the order
    of the world; one that gets no 2xx within *timeout_s* is sent again, signed anew, after each of *retry_delays_s*.
    *clock* returns epoch seconds; with one that does not run by itself call ``settle`` after it was moved.
    """

    def __init__(
        self,
        world: World,
        *,
        api_key: str = API_KEY,
        signing_seed: bytes = SIGNING_SEED,
        webhook_url: str | None = None,
        listen: str = "127.0.0.1:0",
        clock: Callable[[], float] = time.time,
        retry_delays_s: tuple[float, ...] = RETRY_DELAYS_S,
        timeout_s: float = 10.0,
    ) -> None:
        self.world = world
        self.account = Account()
        self.api_key = api_key
        self.webhook_url = webhook_url
        self.undelivered: list[Webhook] = []
        self._key = SigningKey(signing_seed)
        self._listen = listen
        self._clock = clock
        self._retry_delays_s = retry_delays_s
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._deliveries: set[asyncio.Task[None]] = set()
        self._alarm: asyncio.TimerHandle | None = None
        self._control = Control(world, clock, self.settle)

    @property
    def public_key(self) -> str:
        """The key that verifies the webhooks, as Telnyx's portal shows it: base64 of 32 bytes."""
        return base64.b64encode(bytes(self._key.verify_key)).decode()

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
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        host, _, port = self._listen.rpartition(":")
        await web.TCPSite(self._runner, host, int(port)).start()
        bound = self._runner.addresses[0]
        self._root = f"http://{bound[0]}:{bound[1]}"
        self._client = aiohttp.ClientSession(timeout=self._timeout)
        self.settle()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        for task in self._deliveries:
            task.cancel()
        await asyncio.gather(*self._deliveries, return_exceptions=True)
        self._control.close()
        await self._client.close()
        await self._runner.cleanup()

    def settle(self) -> None:
        """Let the world catch up with the clock, deliver what is due, and set the alarm for what comes next."""
        for webhook in self.world.advance(self._clock()):
            if self.webhook_url is not None:
                task = asyncio.create_task(self._deliver(webhook, self.webhook_url))
                self._deliveries.add(task)
                task.add_done_callback(self._deliveries.discard)
        self._control.wake()
        if self._alarm is not None:
            self._alarm.cancel()
        due = self.world.next_due()
        if due is not None:
            loop = asyncio.get_running_loop()
            self._alarm = loop.call_at(loop.time() + max(0.0, due - self._clock()), self.settle)

    async def drain(self) -> None:
        """Wait until every webhook that is under way was taken or given up."""
        while self._deliveries:
            await asyncio.wait(self._deliveries)

    async def _api(self, request: web.Request) -> web.Response:
        response = await self._answer(request)
        self.settle()
        body = json.dumps(response.body, ensure_ascii=False) if response.body else None
        return web.Response(
            status=response.status, text=body, headers=response.headers, content_type="application/json"
        )

    async def _answer(self, request: web.Request) -> Response:
        if request.headers.get("Authorization") != f"Bearer {self.api_key}":
            return Refusal(401, "10009", "The API key is not valid.").response()
        body = await _json_object(request)
        if body is None:
            return Refusal(400, "10015", "The body must be a JSON object.").response()
        method, path, query, now = request.method, request.rel_url.raw_path, dict(request.query), self._clock()
        of_account = self.account.answer(method, path, query, public_key=self.public_key, now=now)
        return of_account or self.world.request(method, path, query=query, body=body, now=now)

    async def _deliver(self, webhook: Webhook, url: str) -> None:
        body: dict[str, Any] = dict(webhook.body)
        for attempt, delay_s in enumerate((0.0, *self._retry_delays_s)):
            if attempt:
                await asyncio.sleep(delay_s)
            if "meta" in body:
                meta = webhook.body["meta"]
                body["meta"] = meta | {"attempt": meta["attempt"] + attempt, "delivered_to": url}
            if await self._post(url, json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()):
                return
        self.undelivered.append(webhook)

    async def _post(self, url: str, raw: bytes) -> bool:
        timestamp = str(int(self._clock()))
        signature = self._key.sign(timestamp.encode() + b"|" + raw).signature
        headers = {
            "telnyx-signature-ed25519": base64.b64encode(signature).decode(),
            "telnyx-timestamp": timestamp,
            "User-Agent": "telnyx-webhooks",
            "Content-Type": "application/json",
        }
        try:
            async with self._client.post(url, data=raw, headers=headers, allow_redirects=False) as answer:
                return 200 <= answer.status < 300
        except (aiohttp.ClientError, TimeoutError):
            return False


async def _json_object(request: web.Request) -> dict[str, Any] | None:
    raw = await request.read()
    try:
        value = json.loads(raw) if raw else {}
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
