"""What goes wrong in a cluster while people call."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable

from programs import ClusterFailed
from services import Cluster

PAUSE_S = 20.0
OUTAGE_S = 2.0  # after six, calls may be told of an error: see "What is promised" in docs/operating.md


async def usual(cluster: Cluster, seconds: float) -> None:
    """One replica dies, another is replaced, the first comes back."""
    await asyncio.sleep(seconds / 4)
    cluster.say("ringflow1 is killed (kill -9)")
    cluster.strike("ringflow1", signal.SIGKILL)
    await cluster.programs.ended("ringflow1")
    await asyncio.sleep(seconds / 4)
    cluster.say("ringflow4 comes up")
    await cluster.serve("ringflow4")
    cluster.say("ringflow4 is ready; ringflow2 is told to stop (SIGTERM)")
    cluster.programs.signal("ringflow2", signal.SIGTERM)
    if code := await cluster.programs.ended("ringflow2"):
        raise ClusterFailed(f"ringflow2 ended with exit code {code}: {cluster.programs.last_words('ringflow2')}")
    cluster.say("ringflow2 has ended; ringflow1 is started again")
    await cluster.serve("ringflow1")
    cluster.say("ringflow1 is ready")


async def pause(cluster: Cluster, seconds: float) -> None:
    """One replica hangs for a while, and then goes on as if nothing had been."""
    await asyncio.sleep(seconds / 4)
    cluster.say(f"ringflow1 hangs for {PAUSE_S:.0f} s (SIGSTOP)")
    cluster.strike("ringflow1", signal.SIGSTOP)
    try:
        await asyncio.sleep(PAUSE_S)
    finally:  # while it hangs, it cannot be told to end
        cluster.programs.signal("ringflow1", signal.SIGCONT)
    cluster.say("ringflow1 goes on (SIGCONT)")


async def database(cluster: Cluster, seconds: float) -> None:
    """PostgreSQL is away for a while."""
    assert cluster.postgres is not None
    await asyncio.sleep(seconds / 4)
    cluster.say(f"PostgreSQL is stopped for {OUTAGE_S:.0f} s")
    cluster.victim, cluster.struck_at = "PostgreSQL", time.time()
    await cluster.postgres.stop()
    await asyncio.sleep(OUTAGE_S)
    await cluster.postgres.start()
    cluster.say("PostgreSQL is there again")


PLANS: dict[str, Callable[[Cluster, float], Awaitable[None]]] = {"usual": usual, "pause": pause, "database": database}
