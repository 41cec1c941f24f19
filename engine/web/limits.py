"""What one client of the public listener may cost us: connections, bytes, seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from aiohttp import web


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """
    The bounds of the public listener.

    *receive_s*: from its first byte (of a new connection: from its opening) a request must be complete within this.
    *idle_s*: how long an open connection may rest between two requests; above the 60 s of common proxies.
    *linger_s*: how long what follows a refused request is read and dropped, so that its answer arrives.
    *max_connections*: half of the 1,024 open files that many systems allow.
    """

    receive_s: float = 10.0
    idle_s: float = 75.0
    linger_s: float = 1.0
    max_body_bytes: int = 1_000_000
    max_connections: int = 512


class Connections:
    """
    The open connections: makes them, bounds their number, cuts those that keep us waiting too long.

    aiohttp has one limit for idle connections and none for slow bodies; so each of its connections is wrapped in
    one of ours. A connection is *waiting* unless a complete request is being worked on. When the number is
    reached, the one that has waited longest makes room for a new one.
    """

    def __init__(self, make_protocol: Callable[[], asyncio.Protocol], *, limits: Limits) -> None:
        self.limits = limits
        self._make_protocol = make_protocol
        self._open: set[Connection] = set()
        self._waiting: dict[Connection, float] = {}  # until when; the one that has waited longest is first
        self._sweep_timer: asyncio.TimerHandle | None = None

    def __call__(self) -> Connection:
        return Connection(self, self._make_protocol())

    def __len__(self) -> int:
        return len(self._open)

    def admit(self, connection: Connection) -> bool:
        """Count *connection* in; False when there is no room."""
        if len(self._open) >= self.limits.max_connections:
            longest = next(iter(self._waiting), None)
            if longest is None:
                return False
            longest.cut()
        self._open.add(connection)
        return True

    def wait_for(self, connection: Connection, seconds: float) -> None:
        """Cut *connection* in *seconds*, unless something happens before."""
        loop = asyncio.get_running_loop()
        self.work_on(connection)
        self._waiting[connection] = loop.time() + seconds
        if self._sweep_timer is None:
            self._sweep_timer = loop.call_later(self.limits.receive_s / 4, self._sweep)

    def work_on(self, connection: Connection) -> None:
        """Let *connection* take the time it needs."""
        self._waiting.pop(connection, None)

    def forget(self, connection: Connection) -> None:
        self._open.discard(connection)
        self._waiting.pop(connection, None)

    def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for connection in [late for late, until in self._waiting.items() if until <= now]:
            connection.cut()
        pause_s = self.limits.receive_s / 4
        self._sweep_timer = loop.call_later(pause_s, self._sweep) if self._waiting else None


class Connection(asyncio.Protocol):
    """One connection: passes everything on to aiohttp's, and tells ``Connections`` when it waits."""

    __slots__ = ("_all", "_is_idle", "_protocol", "_transport")

    def __init__(self, connections: Connections, protocol: asyncio.Protocol) -> None:
        self._all = connections
        self._protocol = protocol
        self._transport: asyncio.Transport | None = None
        self._is_idle = False

    def request_is_complete(self) -> None:
        """The request has been read: what takes time now is our work."""
        self._all.work_on(self)

    def request_is_done(self) -> None:
        """The answer is on its way; the next request may take its time."""
        if self._transport is not None:
            self._is_idle = True
            self._all.wait_for(self, self._all.limits.idle_s)

    def cut(self) -> None:
        """Close without waiting for the other side."""
        self._all.forget(self)
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        stream = cast("asyncio.Transport", transport)  # by promise only: uvloop's is of another class
        if not self._all.admit(self):
            stream.abort()
            return
        self._transport = stream
        self._all.wait_for(self, self._all.limits.receive_s)
        self._protocol.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if self._is_idle:
            self._is_idle = False
            self._all.wait_for(self, self._all.limits.receive_s)
        self._protocol.data_received(data)

    def eof_received(self) -> bool | None:
        return self._protocol.eof_received()

    def pause_writing(self) -> None:
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        self._protocol.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._all.forget(self)
        if self._transport is not None:
            self._transport = None
            self._protocol.connection_lost(exc)


def connection_of(request: web.Request) -> Connection | None:
    """Return the connection that *request* came by; None when it is gone, or the server is not ours."""
    transport = request.transport
    protocol = transport.get_protocol() if transport is not None else None
    return protocol if isinstance(protocol, Connection) else None
