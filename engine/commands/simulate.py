"""``ringflow simulate``: a simulated Telnyx."""

from __future__ import annotations

import sys

import click

from engine.commands.terminal import OK
from engine.errors import SettingsError


@click.command(epilog="Example: ringflow simulate --webhook-url http://127.0.0.1:8080/webhooks/telnyx")
@click.option("--listen", default="127.0.0.1:8400", show_default=True, metavar="HOST:PORT", help="Where to listen.")
@click.option("--webhook-url", default=None, metavar="URL", help="Where webhooks are delivered.")
@click.option("--seed", default=0, show_default=True, help="The same seed gives the same ids.")
@click.option(
    "--speed",
    default=1.0,
    show_default=True,
    help="How much faster than life voices speak.",
    type=click.FloatRange(min=0.1, max=100),
)
def simulate(listen: str, webhook_url: str | None, seed: int, speed: float) -> int:
    """Run a simulated Telnyx: its API under /v2, its signed webhooks, people under /sim."""
    import asyncio

    from engine.simulator.main import run_simulator
    from engine.simulator.options import Options

    host = listen.rpartition(":")[0]
    if host not in ("127.0.0.1", "localhost", "[::1]"):
        raise SettingsError(f"--listen {listen} is not on this machine; the simulator listens on 127.0.0.1 only")
    try:
        options = Options(webhook_url=webhook_url or "", speed=speed)
        asyncio.run(run_simulator(listen=listen, webhook_url=webhook_url, seed=seed, out=sys.stdout, options=options))
    except OSError as error:
        raise SettingsError(f"the simulator cannot listen on {listen}: {error.strerror or error}") from error
    return OK
