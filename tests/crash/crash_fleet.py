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

from crash_time import ANCHOR, SCALE

_HERE = Path(__file__).resolve().parent
_ROOT = _HERE.parent.parent
_START_WITHIN_S = 30.0  # real


class Engine:
    """One process. *serving_from* and *gone_at* bound the time in which it served; *pauses*: when it did not run."""

    def __init__(self, number: int, folder: Path, environ: dict[str, str]) -> None:
        self.number = number
        self.port = 0
        self.serving_from = float("inf")
        self.gone_at = float("inf")
        self.stopped = asyncio.Event()
        self.is_warm = asyncio.Event()
        self.is_ready = asyncio.Event()
        self._life = folder / f"life-{number}"
        self._log = folder / f"engine-{number}.log"
        self._environ = environ | {
            "CRASH_SCALE": str(SCALE),
            "CRASH_ANCHOR": str(ANCHOR),
            "CRASH_LIFE": str(self._life),
            "PYTHONPATH": f"{_ROOT}:{_HERE}",
        }

    async def begin(self) -> None:
        with self._log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, str(_HERE / "engine_process.py"), cwd=_ROOT, env=self._environ,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=log,
            )  # fmt: skip
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            word, _, at = line.decode().partition(" ")
            if word == "warm":
                self.is_warm.set()
            elif word == "ready":
                self.serving_from = float(at)
                self.is_ready.set()
            elif word == "stopped":
                self.stopped.set()
        await self.process.wait()
        self.gone_at = min(self.gone_at, time.time())
        for news in (self.is_warm, self.is_ready, self.stopped):
            news.set()

    @property
    def lives(self) -> bool:
        return self.process.returncode is None and self.gone_at == float("inf")

    def order(self, *words: object) -> None:
        assert self.process.stdin is not None
        with suppress(ConnectionError):
            self.process.stdin.write((" ".join(map(str, words)) + "\n").encode())

    def signal(self, number: signal.Signals) -> None:
        if number == signal.SIGKILL:
            self.gone_at = min(self.gone_at, time.time())
        with suppress(ProcessLookupError):
            self.process.send_signal(number)

    async def gone(self) -> None:
        await self._reader

    def pauses(self) -> list[tuple[float, float]]:
        """Return when the process lived and did not run, in order."""
        if not self._life.exists():
            return []
        rows = [line.split() for line in self._life.read_text().splitlines()]
        return [(float(row[0]), float(row[1])) for row in rows if len(row) == 2]

    def last_words(self) -> str:
        return self._log.read_text()[-2000:]


class Fleet:
    """*slots* engines side by side on one database, and one that is warm already, to take the next place."""

    def __init__(self, *, slots: int, folder: Path, environ: dict[str, str]) -> None:
        self.all: list[Engine] = []
        self.slots: list[Engine | None] = [None] * slots
        self._folder = folder
        self._environ = environ
        self._spare: Engine | None = None

    @property
    def ports(self) -> list[int]:
        """The ports of those that have a place, whatever has become of them."""
        return [engine.port for engine in self.slots if engine is not None]

    async def warm_up(self) -> None:
        if self._spare is None:
            engine = Engine(len(self.all), self._folder, self._environ)
            self.all.append(engine)
            self._spare = engine
            await engine.begin()

    async def start(self, slot: int) -> Engine:
        """Let the warm engine take *slot*; returns once it serves. Raises RuntimeError with what it said last."""
        await self.warm_up()
        engine, self._spare = self._spare, None
        assert engine is not None
        engine.port = _free_port()
        async with asyncio.timeout(_START_WITHIN_S * SCALE):
            await engine.is_warm.wait()
        engine.order("go", engine.port, self._folder / f"admin-{engine.number}.sock")
        self.slots[slot] = engine
        await self.warm_up()
        async with asyncio.timeout(_START_WITHIN_S * SCALE):
            await engine.is_ready.wait()
        return engine

    async def close(self) -> None:
        for engine in self.all:
            engine.signal(signal.SIGCONT)
            engine.signal(signal.SIGKILL)
        await asyncio.gather(*(engine.gone() for engine in self.all))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def base_environ() -> dict[str, str]:
    """Return the environment for an engine, without the settings of whoever runs the laboratory."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("RINGFLOW_", "TELNYX_"))}
