"""What a deploy needs around it: the service as operators start it, and a load balancer in front of two of them."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import time
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

ROOT = Path(__file__).resolve().parent.parent.parent
_STARTS_WITHIN_S = 30
_PASSED_ON = ("telnyx-signature-ed25519", "telnyx-timestamp", "Content-Type")


class Release:
    """``ringflow serve`` as a process of its own, on a port of its own. *log* holds the lines that it has written."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.port = port
        self.pid = process.pid
        self.log: list[dict[str, Any]] = []
        self._process = process
        self._serves = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    async def serves(self) -> None:
        """Return when it takes calls."""
        await asyncio.wait_for(self._serves.wait(), _STARTS_WITHIN_S)

    async def stop(self) -> int:
        """Ask it to stop, and return its exit code."""
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(self._reading, 20)
        return await self._process.wait()

    async def _read(self) -> None:
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            self.log.append(json.loads(line))
            if self.log[-1]["event"] == "serving":
                self._serves.set()


@asynccontextmanager
async def release(environ: dict[str, str]):
    """Start the service with *environ*; it is stopped when the block ends, unless it was before."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "engine", "serve",
        cwd=ROOT, env={"PATH": os.environ["PATH"], **environ, "RINGFLOW_LISTEN": f"127.0.0.1:{port}"},
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    started = Release(process, port)
    try:
        yield started
    finally:
        await started.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Front:
    """
    A load balancer: hands each webhook to the first of *ports* that takes it, else answers 503.

    *taken* are the times at which a webhook was answered with 200, in seconds of the monotonic clock;
    *refused* counts those that nobody took, and Telnyx sends again.
    """

    def __init__(self, client: aiohttp.ClientSession) -> None:
        self.ports: list[int] = []
        self.taken: list[float] = []
        self.refused = 0
        self._client = client

    async def receive(self, request: web.Request) -> web.Response:
        raw = await request.read()
        headers = {name: request.headers[name] for name in _PASSED_ON}
        for port in self.ports:
            try:
                async with self._client.post(
                    f"http://127.0.0.1:{port}/webhooks/telnyx", data=raw, headers=headers
                ) as answer:
                    if answer.status == 200:
                        self.taken.append(time.monotonic())
                        return web.Response(text="ok\n")
            except (aiohttp.ClientError, TimeoutError):
                continue
        self.refused += 1
        return web.Response(status=503)

    def longest_gap_s(self, since: float) -> float:
        """Return for how long no webhook was answered with 200, at most, from *since* on."""
        times = [since, *(at for at in self.taken if at > since)]
        return max(later - earlier for earlier, later in pairwise(times))


@asynccontextmanager
async def front():
    """Yield a load balancer and the address of its webhooks."""
    async with aiohttp.ClientSession() as client:
        balancer = Front(client)
        app = web.Application()
        app.router.add_post("/webhooks/telnyx", balancer.receive)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            yield balancer, f"http://127.0.0.1:{runner.addresses[0][1]}/webhooks/telnyx"
        finally:
            await runner.cleanup()
