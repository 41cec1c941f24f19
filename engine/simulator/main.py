"""Runs a simulated Telnyx on its own."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import TextIO

from engine.simulator.options import Options
from engine.simulator.server import API_KEY, SimulatorServer
from engine.simulator.world import World
from engine.tables import catalogue


async def run_simulator(
    *,
    listen: str,
    webhook_url: str | None,
    seed: int,
    out: TextIO,
    options: Options | None = None,
    api_key: str = API_KEY,
    clock: Callable[[], float] = time.time,
    stop: asyncio.Event | None = None,
) -> None:
    """
    Serve a simulated Telnyx at *listen* ("host:port") until *stop* is set or the task is cancelled.

    Prints one JSON line, ``{"api_url", "api_key", "public_key"}``, to *out* once it accepts requests.
    Raises OSError when the address is taken.
    """
    world = World(catalogue(), seed=seed, options=options or Options(webhook_url=webhook_url or ""), start=clock())
    async with SimulatorServer(world, api_key=api_key, webhook_url=webhook_url, listen=listen, clock=clock) as server:
        ready = {"api_url": server.url, "api_key": server.api_key, "public_key": server.public_key}
        print(json.dumps(ready), file=out, flush=True)
        await (stop or asyncio.Event()).wait()
