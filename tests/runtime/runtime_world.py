"""A small core, a quiet log, and a runtime around a memory store: shared by the tests of the runtime."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from engine.core.change import Change, JournalEntry, Row
from engine.core.event import Event
from engine.ports import Meter
from engine.testing import MemoryStore


@dataclass(frozen=True)
class Route:
    keys: tuple[str, ...]
    run: str


@dataclass
class CountingCore:
    """A core whose runs count their events; `make` may add to the change, `payload["boom"]` raises."""

    make: Any = None
    decided: list[tuple[str, int]] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)

    def route(self, event: Event) -> Route:
        if event.run is not None:
            return Route((), event.run)
        leg = event.payload.get("leg", "")
        return Route((f"leg:{leg}",) if leg else (), event.payload.get("run", f"run-{leg}" if leg else ""))

    def decide(self, event: Event, row: Row | None, *, run: str, now: float) -> Change:
        if event.payload.get("boom"):
            raise ValueError(event.payload["boom"])
        ver = row.ver if row else 0
        self.decided.append((event.id, ver))
        fields: dict[str, Any] = {"keys": (f"leg:{event.payload['leg']}",)} if "leg" in event.payload else {}
        if self.make is not None:
            fields |= self.make(event, ver + 1)
        if not run:
            return Change(event_id=event.id, at=now)
        new = Row(run=run, ver=ver + 1, state="{}", version="v1")
        return Change(event_id="" if event.run else event.id, at=now, row=new, ver_before=ver, **fields)

    def after_defect(self, event: Event, row: Row | None, *, run: str, now: float, error: str) -> Change:
        if event.payload.get("boom") == "twice":
            raise ValueError("again")
        self.defects.append(error)
        ver = row.ver if row else 0
        failed = JournalEntry(run=run, at=now, kind="failed", record={"error": error})
        new = Row(run=run, ver=ver + 1, state='"failed"', version="v1")
        return Change(event_id=event.id, at=now, row=new, ver_before=ver, journal=(failed,))


class ListMeter(Meter):
    """A meter that is a list of (what, ...)."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    def settled(self, operation: str, outcome: str) -> None:
        self.told.append(("settled", operation, outcome))

    def timer_fired(self, late_s: float) -> None:
        self.told.append(("timer_fired", late_s))

    def decided(self, seconds: float) -> None:
        self.told.append(("decided", seconds >= 0))

    def committed(self, seconds: float) -> None:
        self.told.append(("committed", seconds >= 0))

    def defect(self, where: str) -> None:
        self.told.append(("defect", where))

    def about(self, what: str) -> list[tuple[Any, ...]]:
        return [told for told in self.told if told[0] == what]


class ListLog:
    """A log that is a list of (level, event, fields)."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, dict[str, Any]]] = []

    def info(self, event: str, /, **fields: Any) -> None:
        self.lines.append(("info", event, fields))

    def warning(self, event: str, /, **fields: Any) -> None:
        self.lines.append(("warning", event, fields))

    def error(self, event: str, /, **fields: Any) -> None:
        self.lines.append(("error", event, fields))


class GatedStore(MemoryStore):
    """A memory store whose commits wait while the gate is shut."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.gate.set()
        self.batches: list[int] = []

    async def apply(self, changes):
        await self.gate.wait()
        refused = await super().apply(changes)
        self.batches.append(len(changes))
        return refused


@asynccontextmanager
async def running(*coroutines):
    tasks = [asyncio.ensure_future(coroutine) for coroutine in coroutines]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        broken = [result for result in results if isinstance(result, Exception)]
        if broken:
            raise broken[0]


@asynccontextmanager
async def web_server(receive: Any):
    """A web server on this machine that asks *receive* whatever comes; yields its address."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", receive)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
