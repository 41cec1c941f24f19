"""A stand-in for Telnyx: answers everything with 200, and notes when the first byte of each request arrives."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any
from urllib.parse import unquote

import orjson
import uvloop
from bench_child import answer, tell

_BODY = b'{"data":{"result":"ok","is_alive":true}}'
_OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(_BODY), _BODY)

# What came: nanoseconds of CLOCK_MONOTONIC, the call, its action, the command_id.
requests: list[tuple[int, str, str, str]] = []


class Line(asyncio.Protocol):
    """One connection of the engine's. *loses*: an action that is answered and not noted, for tests of the benchmark."""

    def __init__(self, loses: str) -> None:
        self._loses = loses
        self._buffer = b""
        self._begun_ns = 0

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if not self._buffer:
            self._begun_ns = time.monotonic_ns()
        self._buffer += data
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        lower = head.lower()
        start = lower.find(b"content-length:")
        length = int(lower[start + 15 :].split(b"\r\n", 1)[0]) if start > 0 else 0
        if not end or len(rest) < length:
            return
        self._buffer = b""  # the engine sends nothing before it has its answer
        self._transport.write(_OK)
        self._note(head.split(b" ", 2)[1].decode(), rest)

    def _note(self, path: str, body: bytes) -> None:
        _, _, call, *rest = path.removeprefix("/v2").split("/")
        action = rest[-1] if rest else ""
        if action != self._loses:
            command_id = orjson.loads(body).get("command_id", "") if body else ""
            requests.append((self._begun_ns, unquote(call), action, command_id))


async def main(loses: str = "-") -> None:
    server = await asyncio.get_running_loop().create_server(lambda: Line(loses), "127.0.0.1", 0)
    tell({"port": server.sockets[0].getsockname()[1]})
    await answer(requests=lambda: requests, count=lambda: len(requests), forget=requests.clear)


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
