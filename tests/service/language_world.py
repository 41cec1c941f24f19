"""The shipped flows as files of a service, the people around it, and a web server that a flow asks or tells."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from aiohttp import web
from service_world import CALLER

from engine.simulator.server import SimulatorServer
from engine.simulator.values import Entry, Leg

FLOWS = Path(__file__).resolve().parent.parent.parent / "flows"


def shipped(*names: str) -> dict[str, bytes]:
    """Return shipped flows and their project."""
    files = {f"{name}.flow.yaml": (FLOWS / f"{name}.flow.yaml").read_bytes() for name in names}
    return files | {"project.yaml": (FLOWS / "project.yaml").read_bytes()}


async def until(simulator: SimulatorServer, condition: Callable[[], Any]) -> Any:
    """Wait until *condition* is true of the simulated world, and return what it gave."""
    async with asyncio.timeout(20):
        while not (found := condition()):
            await simulator.change()
    return found


class People:
    """Those who call, are called and press keys."""

    def __init__(self, simulator: SimulatorServer) -> None:
        self._simulator = simulator
        self._world = simulator.world

    @property
    def _now(self) -> float:
        return self._simulator.clock()

    def call(self, to: str, from_: str = CALLER) -> str:
        leg = self._world.call(from_=from_, to=to, now=self._now)
        self._simulator.settle()
        return leg.call_control_id

    def press(self, leg: str, digits: str) -> None:
        self._world.press(leg, digits, self._now, gap_s=0.05)
        self._simulator.settle()

    def pick_up(self, leg: str, *, machine: bool = False) -> None:
        self._world.pick_up(leg, self._now, machine=machine)
        self._simulator.settle()

    def refuse(self, leg: str, cause: str = "user_busy") -> None:
        self._world.refuse(leg, self._now, cause)
        self._simulator.settle()

    async def rung(self, to: str = "", *, number: int = 1) -> Leg:
        """Wait until *to* (or anybody) has been rung for the *number*-th time and rings; return that leg."""

        def last() -> Leg | None:
            legs = [leg for leg in self._world.legs if leg.direction == "outgoing" and to in ("", leg.to)]
            return legs[-1] if len(legs) == number and legs[-1] in self._world.ringing else None

        leg: Leg = await until(self._simulator, last)
        return leg

    async def hears(self, leg: str, text: str) -> Entry:
        """Wait until *leg* begins to hear something with *text* in it."""
        entry: Entry = await until(self._simulator, lambda: self._heard(leg, text))
        return entry

    def _heard(self, leg: str, text: str) -> Entry | None:
        lines = [entry for entry in self._world.record if entry.kind == "hears" and entry.leg == leg]
        return next((entry for entry in lines if text in entry.what), None)

    async def asked_for(self, leg: str) -> None:
        """Wait until Telnyx listens for the keys of *leg*."""
        await until(self._simulator, lambda: self._world.look(leg).gathering)

    async def joined(self, leg: str) -> None:
        """Wait until *leg* is in a room."""
        await until(self._simulator, lambda: self._world.look(leg).room)

    async def over(self, leg: str) -> None:
        await until(self._simulator, lambda: self._world.look(leg).state == "ended")

    async def requested(self, operation: str, number: int = 1) -> Entry:
        """Wait for the *number*-th request for *operation* that was taken, and return it."""
        found: list[Entry] = await until(
            self._simulator, lambda: (done := self.requests(operation))[number - 1 :] and done
        )
        return found[number - 1]

    def requests(self, operation: str = "") -> list[Entry]:
        """Return the requests that changed something."""
        return [
            entry
            for entry in self._world.record
            if entry.kind == "request"
            and operation in ("", entry.what)
            and entry.details["status"] == 200
            and not entry.details["repeated"]
        ]


@dataclass
class Elsewhere:
    """A web server on this machine. Each request is kept in *came*; a path in *slow* is answered once *go* is set."""

    answers: dict[str, Callable[[], web.StreamResponse]] = field(default_factory=dict)
    came: list[tuple[str, str, dict[str, str], Any]] = field(default_factory=list)
    slow: set[str] = field(default_factory=set)
    go: asyncio.Event = field(default_factory=asyncio.Event)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)
    port: int = 0

    async def receive(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        async with self.news:
            headers = {name.lower(): value for name, value in request.headers.items()}
            self.came.append((request.method, request.path, headers, orjson.loads(raw) if raw else None))
            self.news.notify_all()
        if request.path in self.slow:
            await self.go.wait()
        return self.answers.get(request.path, web.Response)()

    async def asked(self, path: str, number: int = 1) -> tuple[str, str, dict[str, str], Any]:
        """Wait for the *number*-th request for *path*."""
        async with asyncio.timeout(20), self.news:
            await self.news.wait_for(lambda: len(self.at(path)) >= number)
        return self.at(path)[number - 1]

    def at(self, path: str) -> list[tuple[str, str, dict[str, str], Any]]:
        return [request for request in self.came if request[1] == path]


@asynccontextmanager
async def elsewhere():
    server = Elsewhere()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.receive)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.port = runner.addresses[0][1]
    try:
        yield server
    finally:
        server.go.set()
        await runner.cleanup()
