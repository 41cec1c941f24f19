"""The programs of a cluster: a simulated Telnyx, replicas of the service, and the balancer between them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import signal
import socket
import sys
import time
from pathlib import Path

from postgres import Postgres
from programs import PATIENCE_S, ClusterFailed, Programs
from report import Answered

HERE = Path(__file__).resolve().parent
ENGINE = (sys.executable, "-m", "engine")
SPEED = 3.0  # of the simulated voices
_PORTS = iter(random.sample(range(20_000, 30_000), 10_000))


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
        self._following: asyncio.Task[None] | None = None

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
        await self.programs.start(name, *ENGINE, "serve", environ=environ)

    async def until_ready(self, name: str) -> None:
        await self.programs.until_ready(name, f"http://{self.addresses[name]}/readyz")

    def strike(self, name: str, number: signal.Signals) -> None:
        """Send *name* a signal, and remember when."""
        self.victim, self.struck_at = name, time.time()
        self.programs.signal(name, number)

    def say(self, text: str) -> None:
        print(f"{time.monotonic() - self._began:5.1f} s  {text}", flush=True)

    async def _simulate(self) -> None:
        options = {
            "--format": "json",
            "--listen": "127.0.0.1:0",
            "--speed": str(SPEED),
            "--webhook-url": f"http://{self.balancer}/webhooks/telnyx",
            "--seed": str(random.randrange(10**9)),  # the same seed gives calls that the database may know already
        }
        command = (*ENGINE, "simulate", *(word for pair in options.items() for word in pair))
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
            command = ["haproxy", "-db", "-f", str(config)]
        else:
            replicas = (f"{name}={address}" for name, address in self.addresses.items())
            command = [sys.executable, str(HERE / "balancer.py"), self.balancer, *replicas]
        process = await self.programs.start("balancer", *command, stdout=asyncio.subprocess.PIPE)
        assert process.stdout is not None
        self._following = asyncio.create_task(self._follow_balancer(process.stdout))
        await self.programs.until_ready("balancer", f"http://{self.balancer}/readyz")
        self.answered.clear()

    async def _follow_balancer(self, lines: asyncio.StreamReader) -> None:
        """Note each webhook that the balancer tells of."""
        while line := await lines.readline():
            if (answer := Answered.read(line, time.time())) is not None:
                self.answered.append(answer)


def haproxy_config(listen: str, replicas: dict[str, str]) -> str:
    """Return haproxy.cfg with addresses of this machine."""
    kept = []
    for line in (HERE / "haproxy.cfg").read_text().splitlines():
        word = line.split()[:1]
        kept += [f"    bind {listen}"] if word == ["bind"] else [] if word == ["server"] else [line]
    return "\n".join([*kept, *(f"    server {name} {address}" for name, address in replicas.items()), ""])


def free_port() -> int:
    """Return a port that nobody has, and that the system gives nobody before it is used."""
    for port in _PORTS:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise ClusterFailed("no port from 20000 to 29999 is free on this machine")
