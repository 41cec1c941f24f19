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
import json
import random
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
from callers import Callers
from postgres import Postgres, postgres
from programs import PATIENCE_S, ClusterFailed, Programs, programs
from report import Answered, Report

HERE = Path(__file__).resolve().parent
SERVE = (sys.executable, "-m", "engine", "serve")
SPEED = 3.0  # of the simulated voices
PAUSE_S = 20.0
OUTAGE_S = 5.0


class Cluster:
    """The programs at work. Replicas have names and fixed addresses, of which one is free for the next deploy."""

    def __init__(self, programs: Programs, database: str) -> None:
        self.programs = programs
        self.addresses = {f"ringflow{number}": f"127.0.0.1:{free_port()}" for number in range(1, 5)}
        self.balancer = f"127.0.0.1:{free_port()}"
        self.answered: list[Answered] = []
        self.victim, self.struck_at = "", 0.0
        self.postgres: Postgres | None = None
        self.simulator_url = ""
        self._database = database
        self._telnyx: dict[str, str] = {}
        self._began = time.monotonic()

    async def start(self, balancer: str) -> None:
        """Start everything; return when webhooks are taken."""
        await self._simulate()
        names = list(self.addresses)[:3]
        for name in names:
            await self.launch(name)
        for name in names:
            await self.until_ready(name)
        await self._balance(balancer)
        self._began = time.monotonic()
        self.say(f"{', '.join(names)} are ready, behind {balancer}")

    async def serve(self, name: str) -> None:
        """Start the replica *name*; return when it is ready."""
        await self.launch(name)
        await self.until_ready(name)

    async def launch(self, name: str) -> None:
        environ = self._telnyx | {
            "RINGFLOW_FLOWS": str(HERE / "flows"),
            "RINGFLOW_DATABASE": self._database,
            "RINGFLOW_LISTEN": self.addresses[name],
            "RINGFLOW_ADMIN_LISTEN": f"unix:{self.programs.folder}/{name}.sock",
        }
        await self.programs.start(name, *SERVE, environ=environ)

    async def until_ready(self, name: str) -> None:
        await self.programs.until_ready(name, f"http://{self.addresses[name]}/readyz")

    def strike(self, name: str, number: signal.Signals) -> None:
        """Send *name* a signal, and remember when."""
        self.victim, self.struck_at = name, time.time()
        self.programs.signal(name, number)

    def say(self, text: str) -> None:
        print(f"{time.monotonic() - self._began:5.1f} s  {text}", flush=True)

    async def follow_balancer(self, lines: asyncio.StreamReader) -> None:
        """Note each webhook that the balancer tells of."""
        while line := await lines.readline():
            if (answer := Answered.read(line, time.time())) is not None:
                self.answered.append(answer)

    async def _simulate(self) -> None:
        options = {
            "--format": "json",
            "--listen": "127.0.0.1:0",
            "--speed": str(SPEED),
            "--webhook-url": f"http://{self.balancer}/webhooks/telnyx",
            "--seed": str(random.randrange(10**9)),  # the same seed gives calls that the database may know already
        }
        command = (sys.executable, "-m", "engine", "simulate", *(word for pair in options.items() for word in pair))
        process = await self.programs.start("simulator", *command, stdout=asyncio.subprocess.PIPE)
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), PATIENCE_S)
        if not line:
            raise ClusterFailed(f"the simulated Telnyx did not start: {self.programs.last_words('simulator')}")
        self._telnyx = {f"TELNYX_{name.upper()}": value for name, value in json.loads(line).items()}
        self.simulator_url = self._telnyx["TELNYX_API_URL"].removesuffix("/v2")

    async def _balance(self, kind: str) -> None:
        if kind == "haproxy":
            config = self.programs.folder / "haproxy.cfg"
            config.write_text(haproxy_config(self.balancer, self.addresses))
            command = ("haproxy", "-db", "-f", str(config))
        else:
            replicas = (f"{name}={address}" for name, address in self.addresses.items())
            command = (sys.executable, str(HERE / "balancer.py"), self.balancer, *replicas)
        process = await self.programs.start("balancer", *command, stdout=asyncio.subprocess.PIPE)
        assert process.stdout is not None
        self._following = asyncio.create_task(self.follow_balancer(process.stdout))
        await self.programs.until_ready("balancer", f"http://{self.balancer}/readyz")
        self.answered.clear()


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


async def trial(options: argparse.Namespace, folder: Path) -> Report:
    """Run the whole trial; every program has ended when this returns or raises."""
    async with AsyncExitStack() as stack:
        started = await stack.enter_async_context(programs(folder))
        own = None if options.database else await stack.enter_async_context(postgres(started, free_port()))
        cluster = Cluster(started, own.url if own else options.database)
        cluster.postgres = own
        await cluster.start(options.balancer)
        simulator = httpx.AsyncClient(base_url=cluster.simulator_url, trust_env=False)
        callers = Callers(await stack.enter_async_context(simulator))
        following = asyncio.create_task(callers.follow())
        stack.callback(following.cancel)
        cluster.say(f"{options.calls} people call, one after another, for {options.seconds:g} s")
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(PLANS[options.plan](cluster, options.seconds))
                tasks.create_task(callers.call(options.calls, options.seconds))
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None
        until = time.time()
        await callers.all_served(options.calls)
        cluster.say("no call is left")
        return Report(
            calls=list(callers.calls.values()),
            wanted=options.calls,
            answered=list(cluster.answered),
            victim=cluster.victim,
            struck_at=cluster.struck_at,
            until=until,
        )


def haproxy_config(listen: str, replicas: dict[str, str]) -> str:
    """Return haproxy.cfg with addresses of this machine."""
    kept = []
    for line in (HERE / "haproxy.cfg").read_text().splitlines():
        word = line.split()[:1]
        kept += [f"    bind {listen}"] if word == ["bind"] else [] if word == ["server"] else [line]
    return "\n".join([*kept, *(f"    server {name} {address}" for name, address in replicas.items()), ""])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def read_options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="cluster.py", description="Three replicas, one PostgreSQL database and a balancer, in trouble."
    )
    parser.add_argument("--database", metavar="URL", help="postgresql://...; without it one is started here")
    parser.add_argument("--calls", type=int, default=200, help="how many people call (200)")
    parser.add_argument("--seconds", type=float, default=20.0, help="for how long they do (20)")
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
