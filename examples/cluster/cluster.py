"""
Three replicas of the service, one PostgreSQL database and a balancer, on this machine and without an account.

People call a simulated Telnyx all the time, while one replica is killed, another one is replaced, and the first comes
back. At the end a table says what the callers heard. The exit code is 0 when every call was served right.

    python examples/cluster/cluster.py
    python examples/cluster/cluster.py --database postgresql://USER:PASSWORD@HOST/NAME --calls 1000 --seconds 60
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import signal
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
from callers import Callers
from plans import PLANS
from postgres import postgres
from programs import PATIENCE_S, ClusterFailed, programs
from report import Report
from services import Cluster, free_port


async def trial(options: argparse.Namespace, folder: Path) -> Report:
    """Run the whole trial; every program has ended when this returns or raises."""
    async with AsyncExitStack() as stack:
        started = await stack.enter_async_context(programs(folder))
        own = None if options.database else await stack.enter_async_context(postgres(started, free_port()))
        cluster = Cluster(started, own.url if own else options.database)
        cluster.postgres = own
        await cluster.start(options.balancer)
        simulator = httpx.AsyncClient(base_url=cluster.simulator_url, trust_env=False, timeout=PATIENCE_S)
        callers = Callers(await stack.enter_async_context(simulator))
        following = asyncio.create_task(callers.follow())
        stack.callback(following.cancel)
        cluster.say(f"people call, {options.calls} in {options.seconds:g} s and so on")
        until = await under_way(cluster, callers, options)
        await callers.all_served()
        if following.done():
            following.result()  # it goes on for ever unless it fails
        cluster.say("no call is left")
        return Report(
            calls=list(callers.calls.values()),
            made=callers.made,
            answered=list(cluster.answered),
            victim=cluster.victim,
            struck_at=cluster.struck_at,
            until=until,
        )


async def under_way(cluster: Cluster, callers: Callers, options: argparse.Namespace) -> float:
    """Let people call until everything of the plan has happened; return when that was, in seconds since 1970."""
    is_over = asyncio.Event()

    async def go_by_plan() -> None:
        await PLANS[options.plan](cluster, options.seconds)
        is_over.set()

    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(go_by_plan())
            tasks.create_task(callers.call(options.calls, options.seconds, is_over))
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None
    return time.time()


def read_options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="cluster.py", description="Three replicas, one PostgreSQL database and a balancer, in trouble."
    )
    parser.add_argument("--database", metavar="URL", help="postgresql://...; without it one is started here")
    parser.add_argument("--calls", type=int, default=200, help="how many people call at least (200)")
    parser.add_argument("--seconds", type=float, default=20.0, help="in how many seconds, at least (20)")
    parser.add_argument("--plan", choices=PLANS, default="usual", help="what goes wrong meanwhile (usual)")
    parser.add_argument(
        "--balancer",
        choices=("haproxy", "own"),
        default="haproxy" if shutil.which("haproxy") else "own",
        help="HAProxy if it is installed, or the small one of this folder",
    )
    options = parser.parse_args(arguments)
    if options.calls < 1 or options.seconds <= 0:
        parser.error("--calls and --seconds must be above 0")
    if options.plan == "database" and options.database:
        parser.error("--plan database stops PostgreSQL, so it takes only one of its own; leave --database out")
    return options


async def until_stopped(options: argparse.Namespace, folder: Path) -> Report:
    """Run the trial. Ctrl-C and SIGTERM cancel it, once: ending everything takes a moment."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None

    def stop() -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, lambda: None)
        task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    return await trial(options, folder)


def main(arguments: list[str]) -> int:
    """Return the exit code: 0 when every call was served right."""
    options = read_options(arguments)
    folder = Path(tempfile.mkdtemp(prefix="ringflow-cluster-"))
    try:
        report = asyncio.run(until_stopped(options, folder))
    except asyncio.CancelledError:
        print("Stopped; everything that was started has ended.", file=sys.stderr)
        shutil.rmtree(folder)
        return 130
    except ClusterFailed as problem:
        print(f"The cluster failed: {problem}. What the programs said is in {folder}", file=sys.stderr)
        return 1
    print(f"\n{report.table()}\n")
    if not report.is_right:
        print(f"Not every call was served right. What the programs said is in {folder}")
        return 1
    print("Every call was served right; everything that was started has ended.")
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
