"""The engine processes of a laboratory: started, killed, stopped and drained, each at a port of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

from crash_time import ANCHOR, SCALE

_HERE = Path(__file__).resolve().parent
_ROOT = _HERE.parent.parent
_START_WITHIN_S = 30.0  # real
_STARTS = 5


class Engine:
    """One process. It serves from *serving_from* until *gone_at*."""

    def __init__(self, number: int, folder: Path) -> None:
        self.number = number
        self.port = _free_port()
        self.serving_from = float("inf")
        self.gone_at = float("inf")
        self.stopped = asyncio.Event()
        self.is_ready = asyncio.Event()
        self._pid = 0
        self._files = [folder / f"{name}-{number}" for name in ("admin", "life", "log")]

    async def begin(self, at: Path) -> None:
        """Let the process at the socket *at* copy itself, and the copy serve."""
        reader, self._writer = await asyncio.open_unix_connection(at)
        _, pid, _ = (await reader.readline()).split()
        self._pid = int(pid)
        self.order("go", self.port, *self._files)
        self._reading = asyncio.create_task(self._read(reader))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        """Listen to what the process tells; the connection ends when it does."""
        with suppress(ConnectionError):
            while line := await reader.readline():
                word, at = line.decode().split()
                if word == "ready":
                    self.serving_from = float(at)
                    self.is_ready.set()
                elif word == "stopped":
                    self.stopped.set()
        self.gone_at = min(self.gone_at, time.time())
        self.is_ready.set()
        self.stopped.set()
        self._writer.close()

    @property
    def lives(self) -> bool:
        return not self._reading.done()

    def order(self, *words: object) -> None:
        self._writer.write((" ".join(map(str, words)) + "\n").encode())

    def signal(self, number: signal.Signals) -> None:
        if number in (signal.SIGKILL, signal.SIGTERM):  # whoever drains promises nothing any more
            self.gone_at = min(self.gone_at, time.time())
        if self.lives:
            with suppress(ProcessLookupError):
                os.kill(self._pid, number)

    async def gone(self) -> None:
        await asyncio.shield(self._reading)

    def pauses(self) -> list[tuple[float, float]]:
        """Return when the process lived and did not run, in order."""
        _, life, _ = self._files
        rows = [line.split() for line in life.read_text().splitlines()] if life.exists() else []
        return [(float(row[0]), float(row[1])) for row in rows if len(row) == 2]

    def last_words(self) -> str:
        return self._files[2].read_text()[-2000:]


class Fleet:
    """Engines in *slots* side by side on one database; to be entered. *environ* are their settings."""

    def __init__(self, *, slots: int, folder: Path, environ: dict[str, str]) -> None:
        self.all: list[Engine] = []
        self.slots: list[Engine | None] = [None] * slots
        self._folder = folder
        self._environ = environ | {
            "CRASH_SCALE": str(SCALE),
            "CRASH_ANCHOR": str(ANCHOR),
            "PYTHONPATH": f"{_ROOT}:{_HERE}",
        }

    async def __aenter__(self) -> Self:
        self._socket = self._folder / "fork"
        self._mother = await asyncio.create_subprocess_exec(
            sys.executable, str(_HERE / "engine_process.py"), str(self._socket), cwd=_ROOT, env=self._environ,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert self._mother.stdout is not None
        async with asyncio.timeout(_START_WITHIN_S * SCALE):
            assert await self._mother.stdout.readline() == b"warm\n"
        return self

    async def __aexit__(self, *_: object) -> None:
        for engine in self.all:
            engine.signal(signal.SIGKILL)
        await asyncio.gather(*(engine.gone() for engine in self.all))
        self._mother.kill()
        await self._mother.wait()

    @property
    def ports(self) -> list[int]:
        """The ports of those that have a place, whatever has become of them."""
        return [engine.port for engine in self.slots if engine is not None]

    async def start(self, slot: int) -> Engine:
        """
        Let a new engine take *slot*; returns once it serves.

        One that cannot start, because an older one still ends, is started again, as any supervisor does. Raises
        RuntimeError with what the last one said.
        """
        for _ in range(_STARTS):
            engine = self.slots[slot] = Engine(len(self.all), self._folder)
            self.all.append(engine)
            await engine.begin(self._socket)
            async with asyncio.timeout(_START_WITHIN_S * SCALE):
                await engine.is_ready.wait()
            if engine.lives:
                return engine
        raise RuntimeError(f"engine {engine.number} did not start: {engine.last_words()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def base_environ() -> dict[str, str]:
    """Return the environment for an engine, without the settings of whoever runs the laboratory."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("RINGFLOW_", "TELNYX_"))}
