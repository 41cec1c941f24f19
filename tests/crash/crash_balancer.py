"""The balancer before the engines: hands each webhook to one that lives, and is witness of what they acknowledge."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import Any

import aiohttp
import orjson
from aiohttp import web

_ANSWER_WITHIN_S = 9.0  # Telnyx waits ten
_AVOIDED_FOR_S = 5.0  # whoever gave no answer is asked last for a while
_HEADERS = ("telnyx-signature-ed25519", "telnyx-timestamp", "content-type")


class Balancer:
    """
    *ports* returns where engines listen right now. Of the acknowledgements a share *forgets* is not passed on, as if
    the connection had broken just then: Telnyx sends these webhooks again.
    """

    def __init__(self, ports: Callable[[], Sequence[int]], *, chance: random.Random, forgets: float = 0.01) -> None:
        self.acknowledged: dict[str, float] = {}
        self.url = ""
        self._ports = ports
        self._chance = chance
        self._forgets = forgets
        self._avoided: dict[int, float] = {}

    async def __aenter__(self) -> Balancer:
        self._client = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_ANSWER_WITHIN_S))
        app = web.Application()
        app.router.add_post("/webhooks/telnyx", self._pass_on)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/webhooks/telnyx"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
        await self._client.close()

    async def _pass_on(self, request: web.Request) -> web.Response:
        raw = await request.read()
        headers = {name: request.headers[name] for name in _HEADERS}
        for port in self._order():
            try:
                async with self._client.post(
                    f"http://127.0.0.1:{port}/webhooks/telnyx", data=raw, headers=headers
                ) as answer:
                    await answer.read()
            except aiohttp.ClientConnectorError:
                continue
            except (aiohttp.ClientError, TimeoutError):
                self._avoided[port] = time.time() + _AVOIDED_FOR_S
                return web.Response(status=502)
            if answer.status == 200:
                self.acknowledged.setdefault(_id(orjson.loads(raw)), time.time())
                if self._chance.random() < self._forgets:
                    return web.Response(status=502)
            if answer.status != 503:
                return web.Response(status=answer.status)
        return web.Response(status=503)

    def _order(self) -> list[int]:
        """Return the ports, in any order, but first those that answer."""
        ports, now = list(self._ports()), time.time()
        self._chance.shuffle(ports)
        return sorted(ports, key=lambda port: self._avoided.get(port, 0.0) > now)


def _id(body: Any) -> str:
    return str(body.get("data", body)["id"])
