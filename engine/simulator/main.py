"""Runs a simulated Telnyx on its own."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable

from engine.simulator.running import ManualClock
from engine.simulator.server import SimulatorServer
from engine.simulator.starting import Start

# Gets the API's address, the API key and the public key.
Ready = Callable[[str, str, str], None]


async def run_simulator(start: Start, ready: Ready, *, stop: asyncio.Event | None = None) -> None:
    """
    Serve a simulated Telnyx until SIGTERM, until *stop* is set or the task is cancelled.

    *ready* is called once it accepts requests. Raises SettingsError when the address cannot be had.
    """
    stop = stop or asyncio.Event()
    now = time.time()
    server = SimulatorServer(
        start.world(now),
        listen=start.listen,
        token=start.token,
        webhooks=start.webhooks,
        clock=ManualClock(now) if start.is_manual else time.time,
        answer_after_s=start.answer_after_s,
        renew=start.world,
    )
    loop = asyncio.get_running_loop()
    with contextlib.suppress(NotImplementedError):  # where there are no signals, Ctrl-C is all there is
        loop.add_signal_handler(signal.SIGTERM, stop.set)
    async with server:
        ready(server.url, server.api_key, server.public_key)
        await stop.wait()
    loop.remove_signal_handler(signal.SIGTERM)
