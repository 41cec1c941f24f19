"""SIGTERM ends the service in time, whoever does not answer; a second one ends it at once."""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from serve_program import Program
from service_world import FLOW, Place, place_in

PROMISED_S = 10.0
CALLS = 3


@pytest.fixture
async def place(tmp_path):
    async with place_in(tmp_path, speed=50.0) as place:
        (tmp_path / "flows").mkdir()
        (tmp_path / "flows/hello.flow.yaml").write_bytes(FLOW)
        yield place


@dataclass
class Silent:
    """Takes connections and never answers."""

    url: str = ""
    asked: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await reader.read(1):
            self.asked += 1
            self.news.set()
        await reader.read()
        writer.close()

    async def asked_by(self, calls: int) -> None:
        async with asyncio.timeout(10):
            while self.asked < calls:
                self.news.clear()
                await self.news.wait()


@asynccontextmanager
async def silent_telnyx():
    silent = Silent()
    server = await asyncio.start_server(silent.take, "127.0.0.1", 0)
    silent.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v2"
    async with server:
        yield silent


async def hanging_clients(program: Program, admin: Path) -> list[asyncio.StreamWriter]:
    """Return clients that have begun a request and do not go on, and some that have not even begun."""
    half = b"content-length: 100\r\nhost: x\r\n\r\n{"
    begun = [b"", b"POST /webhooks/telnyx HTTP/1.1\r\nhost:", b"POST /webhooks/telnyx HTTP/1.1\r\n" + half]
    public = [(await asyncio.open_connection("127.0.0.1", program.port))[1] for _ in begun]
    inside = [(await asyncio.open_unix_connection(admin))[1] for _ in begun]
    for writers, path in ((public, b"/webhooks/telnyx"), (inside, b"/call")):
        for writer, text in zip(writers, begun, strict=True):
            writer.write(text.replace(b"/webhooks/telnyx", path))
            await writer.drain()
    return public + inside


@asynccontextmanager
async def service_among_the_silent(place: Place):
    """Give a service with calls under way that nobody answers."""
    async with silent_telnyx() as telnyx:
        program = Program(place, place.folder / "flows", TELNYX_API_URL=telnyx.url)
        async with program.running() as process:
            for _ in range(CALLS):
                place.call()
            await telnyx.asked_by(CALLS)
            clients = await hanging_clients(program, place.folder / "admin.sock")
            try:
                yield program, process
            finally:
                for client in clients:
                    client.close()


@pytest.mark.slow
async def test_service_ends_in_time_though_telnyx_and_clients_hang(place):
    async with service_among_the_silent(place) as (_, process):
        begun_at = time.monotonic()
        process.send_signal(signal.SIGTERM)
        code = await asyncio.wait_for(process.wait(), PROMISED_S)
        took_s = time.monotonic() - begun_at

    assert code == 0
    assert took_s < PROMISED_S


@pytest.mark.slow
@pytest.mark.parametrize(
    ("first", "second"),
    [(signal.SIGTERM, signal.SIGTERM), (signal.SIGINT, signal.SIGINT), (signal.SIGINT, signal.SIGTERM)],
)
async def test_second_signal_ends_it_at_once_and_the_next_start_goes_on(place, first, second):
    async with service_among_the_silent(place) as (program, process):
        process.send_signal(first)
        await program.log.line("stopping")
        process.send_signal(second)
        code = await asyncio.wait_for(process.wait(), 2)  # five seconds of draining were to come

    assert code == -second
    async with place.serving():
        await place.log.line("state", state="waiting")
