"""Sends webhooks: each at its time, whatever became of those before it, or as fast as they are answered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bench_calls import Planned

_LINES = 16  # open from the start; one more whenever all are in use
_LAST_ANSWER_S = 10.0


@dataclass(slots=True)
class Sent:
    """A webhook on its way: nanoseconds of CLOCK_MONOTONIC; *status* is 0 until it is answered."""

    planned: Planned
    sent_ns: int
    late_s: float = 0.0
    answered_ns: int = 0
    status: int = 0


class Line(asyncio.Protocol):
    """One connection to the engine, which carries one request at a time. *free* is told after each answer."""

    def __init__(self, free: Callable[[Line], None]) -> None:
        self._free = free
        self._buffer = b""
        self.sent: Sent | None = None
        self.is_lost = False

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        self.is_lost = True

    def send(self, planned: Planned) -> Sent:
        self.transport.write(planned.request)
        self.sent = Sent(planned, time.monotonic_ns())
        return self.sent

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        if not end or len(rest) < int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]):
            return
        assert self.sent is not None
        self.sent.answered_ns, self.sent.status = time.monotonic_ns(), int(head[9:12])
        self._buffer, self.sent = b"", None
        self._free(self)


async def send_on_time(port: int, webhooks: Sequence[Planned]) -> list[Sent]:
    """Send each webhook when it is due, on a line of its own if need be; return them when all are answered."""
    loop = asyncio.get_running_loop()
    free: list[Line] = []

    async def open_line() -> Line:
        _, line = await loop.create_connection(lambda: Line(free.append), "127.0.0.1", port)
        return line

    lines = [await open_line() for _ in range(_LINES)]
    free += lines
    start = time.monotonic()
    all_sent = []
    for planned in webhooks:
        await asyncio.sleep(max(0.0, start + planned.due_s - time.monotonic()))
        free[:] = [line for line in free if not line.is_lost]  # the engine closes those that rest for long
        if not free:
            lines.append(await open_line())
            free.append(lines[-1])
        all_sent.append(free.pop().send(planned))
        all_sent[-1].late_s = time.monotonic() - start - planned.due_s
    deadline = time.monotonic() + _LAST_ANSWER_S
    while not all(one.status for one in all_sent) and time.monotonic() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    for line in lines:
        line.transport.abort()
    return all_sent


async def send_all(port: int, webhooks: Iterable[Planned], *, lines: int) -> list[Sent]:
    """Send *webhooks* over *lines* connections, each the next one as soon as its last is answered."""
    loop = asyncio.get_running_loop()
    coming = iter(webhooks)
    all_sent: list[Sent] = []
    left = lines
    over = asyncio.Event()

    def send_next(line: Line) -> None:
        nonlocal left
        planned = next(coming, None)
        if planned is not None:
            all_sent.append(line.send(planned))
            return
        left -= 1
        if not left:
            over.set()

    opened = [await loop.create_connection(lambda: Line(send_next), "127.0.0.1", port) for _ in range(lines)]
    for _, line in opened:
        send_next(line)
    await asyncio.wait_for(over.wait(), 120)
    for transport, _ in opened:
        transport.abort()
    return all_sent
