"""Webhooks on their way: signed, sent again until somebody takes them, or given up."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

from engine.core.catalogue import flat_query
from engine.simulator.signing import Signer
from engine.simulator.values import Webhook

# ``World.attempt``: what the n-th try, to this address, delivers.
Attempt = Callable[[Webhook, int, str], Webhook]


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """
    Where webhooks go: to *url*; without one they are thrown away.

    A webhook that gets no 2xx within *timeout_s* is sent again after each of *retry_delays_s*, signed anew; when nobody
    takes it, *failover_url* gets the same tries. Addresses and delays that a leg has of its own come first.
    """

    url: str | None = None
    failover_url: str | None = None
    retry_delays_s: tuple[float, ...] = (0.5, 1.5, 4.0, 12.0, 40.0)
    timeout_s: float = 10.0


class Deliveries:
    """
    Sends webhooks to *destination*, each on its own, begun in the order of the world.

    Receivers check the age of a signature by their own clock, so it bears this machine's time, whatever time it is
    in the world. Use it between ``open`` and ``close``.
    """

    def __init__(self, signer: Signer, destination: Destination) -> None:
        self.destination = destination
        self.undelivered: list[Webhook] = []
        self._signer = signer
        self._under_way: set[asyncio.Task[None]] = set()
        self._unanswered: set[asyncio.Task[None]] = set()
        self._answered = asyncio.Event()

    async def open(self) -> None:
        """Get ready to send."""
        self._client = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self.destination.timeout_s))

    async def close(self) -> None:
        """Forget all that is under way."""
        under_way = set(self._under_way)
        self.forget()
        await asyncio.gather(*under_way, return_exceptions=True)
        await self._client.close()

    def forget(self) -> None:
        """Send nothing that is under way again, and remember nothing that was given up."""
        for task in self._under_way:
            task.cancel()
        self.undelivered.clear()

    def send(self, webhook: Webhook, attempt: Attempt) -> None:
        """Send *webhook* from now on, to its own addresses or else to the destination's."""
        own = (self.destination.url, self.destination.failover_url)
        urls = webhook.urls or tuple(url for url in own if url is not None)
        if urls:
            task = asyncio.create_task(self._deliver(webhook, urls, attempt))
            self._under_way.add(task)
            self._unanswered.add(task)
            task.add_done_callback(self._under_way.discard)
            task.add_done_callback(self._is_answered)

    async def first_answers(self) -> None:
        """Wait until every webhook that is under way was sent once, and answered or not."""
        while self._unanswered:
            self._answered.clear()
            await self._answered.wait()

    async def drain(self) -> None:
        """Wait until every webhook that is under way was taken or given up."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    async def _deliver(self, webhook: Webhook, urls: Sequence[str], attempt: Attempt) -> None:
        delays_s = self.destination.retry_delays_s
        if webhook.retries_ms is not None:
            delays_s = tuple(ms / 1000 for ms in webhook.retries_ms)
        tries = [(url, delay_s) for url in urls for delay_s in (0.0, *delays_s)]
        for number, (url, delay_s) in enumerate(tries, 1):
            await asyncio.sleep(delay_s)
            if await self._is_taken(url, webhook.route.method, attempt(webhook, number, url).body):
                return
            self._is_answered(asyncio.current_task())
        self.undelivered.append(webhook)

    def _is_answered(self, task: asyncio.Task[None] | None) -> None:
        self._unanswered -= {task}
        self._answered.set()

    async def _is_taken(self, url: str, method: str, body: Mapping[str, Any]) -> bool:
        raw = b"" if method == "GET" else json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        query = list(flat_query(_without_lists(body))) if method == "GET" else []
        headers = self._signer.headers(raw, time.time())
        try:
            async with self._client.request(
                method, url, params=query, data=raw, headers=headers, allow_redirects=False
            ) as answer:
                return 200 <= answer.status < 300
        except (aiohttp.ClientError, TimeoutError):
            return False


def _without_lists(value: Any) -> Any:
    """Return *value* with each list as a mapping from 0 on, which a query string can spell."""
    if isinstance(value, Mapping):
        return {name: _without_lists(part) for name, part in value.items()}
    if isinstance(value, list):
        return {str(index): _without_lists(part) for index, part in enumerate(value)}
    return value
