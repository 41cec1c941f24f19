"""``ringflow serve``: the service."""

from __future__ import annotations

import gc
import sys
from collections.abc import Coroutine
from functools import partial
from typing import Any

import click

from engine.commands.folders import load_folder, settings
from engine.commands.terminal import OK

# The thread of the database waits so long for its turn while the loop is busy. With Python's usual 5 ms, once for each
# statement, commits are what webhooks wait for (measured: a tenth fewer a second, on a busy machine a third).
_TURN_S = 0.0005


@click.command(epilog="Example: TELNYX_API_KEY=KEY... TELNYX_PUBLIC_KEY=... ringflow serve")
def serve() -> int:
    """Run the service: take Telnyx's webhooks and carry out the flows. All settings come from the environment."""
    from engine.reloading import WatchedFolder
    from engine.service import serve as serve_flows

    found = settings(for_serve=True)
    for warning in found.warnings:
        click.echo(f"ringflow: warning: {warning}", err=True)
    watched = WatchedFolder(found.flows) if found.reload_on_change else None
    version, files = load_folder(found.flows, found.stage)
    again = partial(load_folder, found.flows, found.stage, is_quiet=True)
    run(serve_flows(found, version, files, reload=again, watched=watched, ready=keep_start))
    return OK


def keep_start(serving: object) -> None:
    """Let the garbage collector never look again at what the start has made: it stays, and may be 100,000 calls."""
    gc.collect()
    gc.freeze()


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run *main* on uvloop where it installs, else on asyncio's own loop."""
    sys.setswitchinterval(_TURN_S)
    try:
        import uvloop
    except ImportError:
        import asyncio

        asyncio.run(main)
    else:
        uvloop.run(main)
