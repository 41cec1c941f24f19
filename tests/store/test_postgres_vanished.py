"""A PostgreSQL whose machine is gone without a word: what is sent to it is never acknowledged."""

from __future__ import annotations

import asyncio
import ctypes
import os
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing

import asyncpg
import pytest

from engine.store.postgres_opening import connect, hang_up

_HERE, _THERE = "10.193.91.1", "10.193.91.2"
_CLONE_NEWNET = 0x40000000


class Machine:
    """An address behind a cable of its own."""

    def __init__(self) -> None:
        self._name = f"rf{os.getpid()}"
        self._ip("netns", "add", self._name)
        try:
            self._ip("link", "add", f"{self._name}a", "type", "veth", "peer", "name", f"{self._name}b")
            self._ip("link", "set", f"{self._name}b", "netns", self._name)
            self._ip("addr", "add", f"{_HERE}/24", "dev", f"{self._name}a")
            self._ip("link", "set", f"{self._name}a", "up")
            self._ip("-n", self._name, "addr", "add", f"{_THERE}/24", "dev", f"{self._name}b")
            self._ip("-n", self._name, "link", "set", f"{self._name}b", "up")
        except BaseException:
            self.remove()
            raise

    def vanish(self) -> None:
        """Answer nothing any more, and close nothing."""
        self._ip("-n", self._name, "route", "add", "blackhole", f"{_HERE}/32")

    def listen(self) -> socket.socket:
        def in_its_network() -> socket.socket:
            with open(f"/run/netns/{self._name}") as network:
                assert ctypes.CDLL(None).setns(network.fileno(), _CLONE_NEWNET) == 0
            return socket.create_server((_THERE, 0))

        with ThreadPoolExecutor(1) as thread:  # only this thread moves into the other network
            return thread.submit(in_its_network).result()

    def remove(self) -> None:
        self._ip("netns", "del", self._name)

    def _ip(self, *arguments: str) -> None:
        subprocess.run(["ip", *arguments], check=True, capture_output=True)


@pytest.fixture
def machine():
    try:
        made = Machine()
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("SKIPPED: the test of a machine that vanishes needs the program ip, and the right to use it")
    yield made
    made.remove()


@asynccontextmanager
async def forwarding(listening: socket.socket, port: int):
    """Forward what comes in to *port* of this machine."""
    tasks: set[asyncio.Task[None]] = set()

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        with closing(writer), closing(far_writer):
            await asyncio.gather(copy(reader, far_writer), copy(far_reader, writer))

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while got := await reader.read(65536):
            writer.write(got)

    server = await asyncio.start_server(forward, sock=listening)
    try:
        yield
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.slow
async def test_connections_break_within_ten_seconds_whether_they_are_used_or_not(machine, postgres_server):
    listening = machine.listen()
    url = f"postgresql://postgres@{_THERE}:{listening.getsockname()[1]}/postgres?sslmode=disable"
    async with forwarding(listening, postgres_server.port):
        silent, used = await connect(url), await connect(url)
        machine.vanish()
        began = time.monotonic()
        with pytest.raises((asyncpg.PostgresConnectionError, OSError)):
            await used.fetchval("select 1")
        used_s = time.monotonic() - began
        async with asyncio.timeout(20):
            while not silent.is_closed():  # noqa: ASYNC110 (nobody is told)
                await asyncio.sleep(0.05)
        silent_s = time.monotonic() - began
        await asyncio.gather(hang_up(used), hang_up(silent))

    assert (used_s < 8, silent_s < 10) == (True, True), f"{used_s:.1f} s, {silent_s:.1f} s"
