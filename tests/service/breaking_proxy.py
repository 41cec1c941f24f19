"""A way to PostgreSQL that breaks at commits: before the server hears of them, or after they are done."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import asynccontextmanager
from typing import Literal

Break = Literal["", "before", "after"]
_COMMIT = b'"runs":[{'  # stands in each batch that changes a run


class BreakingProxy:
    """Passes connections on to the server at *port*; each commit takes the next of *breaks*, and then none breaks."""

    def __init__(self, port: int, breaks: Iterator[Break]) -> None:
        self._server_port = port
        self._breaks = breaks
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        is_cut = asyncio.Event()
        answers = asyncio.create_task(_pass_on(server_reader, writer, is_cut))
        try:
            while asked := await reader.read(1 << 20):
                how = next(self._breaks, "") if _COMMIT in asked else ""
                if how == "before":
                    return
                if how == "after":
                    is_cut.set()
                server_writer.write(asked)
                if how == "after":
                    await answers
                    return
        except ConnectionError:
            pass
        finally:
            answers.cancel()
            server_writer.close()
            writer.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, is_cut: asyncio.Event) -> None:
    """Pass on what the server answers, until it ends or has answered after the cut."""
    while (answer := await reader.read(1 << 20)) and not is_cut.is_set():
        writer.write(answer)
    writer.close()


@asynccontextmanager
async def breaking_proxy(port: int, breaks: Iterator[Break]):
    proxy = BreakingProxy(port, breaks)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    async with server:
        yield proxy
