"""Programs that belong together: each is started here, and none is left when the block ends."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

PATIENCE_S = 60.0
STOPS_WITHIN_S = 20.0
ROOT = Path(__file__).resolve().parents[2]


class ClusterFailed(Exception):
    """Something did not start, or did not do what it must; the message says what."""


class Programs:
    """The programs by their names, and what they write, in *folder*."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._running: dict[str, asyncio.subprocess.Process] = {}

    async def start(
        self, name: str, *command: str | Path, environ: Mapping[str, str] | None = None, **options: Any
    ) -> asyncio.subprocess.Process:
        """Start *command*, out of reach of Ctrl-C; what it writes to stderr goes to NAME.log."""
        ours = ("RINGFLOW_", "TELNYX_")
        base = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
        with (self.folder / f"{name}.log").open("ab") as log:
            options = {"cwd": ROOT, "process_group": 0, "stdin": asyncio.subprocess.DEVNULL, "stderr": log, **options}
            process = await asyncio.create_subprocess_exec(*command, env=base | dict(environ or {}), **options)
        self._running[name] = process
        return process

    def signal(self, name: str, number: signal.Signals) -> None:
        self._running[name].send_signal(number)

    async def ended(self, name: str) -> int:
        """Return the exit code of a program that was told to end; the negative number of the signal that killed it."""
        try:
            code = await asyncio.wait_for(self._running[name].wait(), STOPS_WITHIN_S)
        except TimeoutError:
            raise ClusterFailed(f"{name} did not end within {STOPS_WITHIN_S:.0f} s") from None
        del self._running[name]
        return code

    async def until_ready(self, name: str, url: str) -> None:
        """Return when *url*, which *name* serves, is answered with 200."""
        async with httpx.AsyncClient(trust_env=False) as client:
            for _ in range(int(PATIENCE_S / 0.1)):
                if (code := self._running[name].returncode) is not None:
                    raise ClusterFailed(f"{name} ended with exit code {code}: {self.last_words(name)}")
                try:
                    if (await client.get(url)).status_code == 200:
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.1)
        raise ClusterFailed(f"{name} was not ready within {PATIENCE_S:.0f} s: {self.last_words(name)}")

    def last_words(self, name: str) -> str:
        lines = (self.folder / f"{name}.log").read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    async def end_all(self) -> None:
        """End what still runs: politely, and after a while not."""
        running = [process for process in self._running.values() if process.returncode is None]
        for process in running:
            process.terminate()
        for process in running:
            try:
                await asyncio.wait_for(process.wait(), STOPS_WITHIN_S)
            except TimeoutError:
                process.kill()
                await process.wait()


@asynccontextmanager
async def programs(folder: Path) -> AsyncIterator[Programs]:
    found = Programs(folder)
    try:
        yield found
    finally:
        await found.end_all()
