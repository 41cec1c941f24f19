"""What is done to the engines and their database, one thing after another, at random instants."""

from __future__ import annotations

import asyncio
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

from crash_fleet import Engine, Fleet
from postgres_server import PostgresServer

CHECKPOINTS = ("body_read", "committed", "answered", "first_byte", "response_read")
_WINDOW_S = 60.0
_REACHED_WITHIN_S = 20.0


class Faults:
    """
    Does *plan*, names of methods, in that order. *done* counts them. *down* are the times without a database,
    *frozen* those of a process stopped between its last look and its request, *take_overs* when another went on,
    *drains_s* how long each drain took.
    """

    def __init__(self, fleet: Fleet, *, chance: random.Random, database: PostgresServer | None) -> None:
        self.done: Counter[str] = Counter()
        self.down: list[tuple[float, float]] = []
        self.frozen: list[tuple[float, float]] = []
        self.take_overs: list[float] = []
        self.drains_s: list[float] = []
        self._fleet = fleet
        self._chance = chance
        self._database = database

    async def run(
        self, plan: Sequence[str], *, pause_s: tuple[float, float], reached: Callable[[float], Awaitable[None]]
    ) -> None:
        """Do *plan*, evenly spread: *reached* returns when that share of all webhooks, from 0 to 1, has been sent."""
        deeds: dict[str, Callable[[], Awaitable[None]]] = {
            "kill": self._kill,
            "kill at a checkpoint": self._kill_at_checkpoint,
            "kill, away beyond the window": self._kill_for_long,
            "all killed": self._kill_all,
            "stop": self._stop,
            "stop beyond the window": self._stop_for_long,
            "stop between look and send": self._freeze,
            "drain": self._drain,
            "database killed": self._lose_database,
            "database away beyond the window": self._lose_database_for_long,
        }
        for number, name in enumerate(plan):
            await reached(number / len(plan))
            await asyncio.sleep(self._chance.uniform(*pause_s))
            began = time.time()
            await deeds[name]()
            self.done[name] += 1
            print(f"{began:.1f} {time.time() - began:5.1f} s: {name}", file=sys.stderr)

    # -- engines ----------------------------------------------------------------------------------------------

    async def _kill(self) -> None:
        slot, engine = self._any()
        engine.signal(signal.SIGKILL)
        await self._replace(slot, engine, away_s=self._chance.choice((0.0, 0.5, 2.0, 5.0, 12.0)))

    async def _kill_for_long(self) -> None:
        """Killed when a command was carried out and nobody has noted that; its command_id is forgotten meanwhile."""
        slot, engine = await self._killed_at("response_read")
        await self._replace(slot, engine, away_s=_WINDOW_S + self._chance.uniform(2.0, 20.0))

    async def _kill_all(self) -> None:
        engines = [engine for engine in self._fleet.slots if engine is not None]
        for engine in engines:
            engine.signal(signal.SIGKILL)
        for slot, engine in enumerate(engines):
            await self._replace(slot, engine, away_s=self._chance.choice((0.0, 2.0, 8.0)))

    async def _kill_at_checkpoint(self) -> None:
        slot, engine = await self._killed_at(self._chance.choice(CHECKPOINTS))
        await self._replace(slot, engine, away_s=self._chance.choice((0.0, 1.0, 3.0)))

    async def _killed_at(self, checkpoint: str) -> tuple[int, Engine]:
        slot, engine = self._any()
        engine.order("arm", checkpoint, self._chance.randint(1, 6), "kill")
        try:
            async with asyncio.timeout(_REACHED_WITHIN_S):
                await engine.gone()
        except TimeoutError:
            engine.signal(signal.SIGKILL)
        return slot, engine

    async def _stop(self) -> None:
        await self._stop_for(self._chance.choice((0.3, 1.0, 3.0, 8.0, 20.0)))

    async def _stop_for_long(self) -> None:
        await self._stop_for(_WINDOW_S + self._chance.uniform(2.0, 20.0))

    async def _stop_for(self, length_s: float) -> None:
        _, engine = self._any()
        engine.signal(signal.SIGSTOP)
        await asyncio.sleep(length_s)
        engine.signal(signal.SIGCONT)
        self.take_overs.append(time.time())

    async def _freeze(self) -> None:
        """Stop a process after it has decided to send and before the first byte, longer than Telnyx remembers."""
        _, engine = self._any()
        engine.stopped.clear()
        engine.order("arm", "first_byte", self._chance.randint(1, 8), "stop")
        try:
            async with asyncio.timeout(_REACHED_WITHIN_S):
                await engine.stopped.wait()
        except TimeoutError:
            engine.signal(signal.SIGSTOP)
        began = time.time()
        await asyncio.sleep(_WINDOW_S + self._chance.uniform(2.0, 10.0))
        self.frozen.append((began, time.time()))
        engine.signal(signal.SIGCONT)
        self.take_overs.append(time.time())

    async def _drain(self) -> None:
        """SIGTERM; the next one comes up meanwhile, and waits for the database as long as it has to."""
        slot, engine = self._any()
        engine.signal(signal.SIGTERM)
        began = time.time()
        starting = asyncio.create_task(self._fleet.start(slot))
        await engine.gone()
        self.drains_s.append(time.time() - began)
        await starting
        self.take_overs.append(time.time())

    async def _replace(self, slot: int, engine: Engine, *, away_s: float) -> None:
        await engine.gone()
        await asyncio.sleep(away_s)
        await self._fleet.start(slot)
        self.take_overs.append(time.time())

    def _any(self) -> tuple[int, Engine]:
        slot = self._chance.randrange(len(self._fleet.slots))
        engine = self._fleet.slots[slot]
        assert engine is not None
        if not engine.lives:
            raise RuntimeError(f"engine {engine.number} ended by itself: {engine.last_words()}")
        return slot, engine

    # -- the database -----------------------------------------------------------------------------------------

    async def _lose_database(self) -> None:
        await self._lose_database_for(self._chance.choice((0.0, 3.0, 10.0)))

    async def _lose_database_for_long(self) -> None:
        await self._lose_database_for(_WINDOW_S + self._chance.uniform(2.0, 20.0))

    async def _lose_database_for(self, length_s: float) -> None:
        assert self._database is not None
        began = time.time()
        await asyncio.to_thread(self._database.stop, signal.SIGKILL)
        await asyncio.sleep(length_s)
        await asyncio.to_thread(self._database.start)
        self.down.append((began, time.time()))
        self.take_overs.append(time.time())


def plan_of(*, kills: int, engines: int, on_postgres: bool, chance: random.Random) -> list[str]:
    """Return what is to be done: *kills* processes are killed, and everything else happens a few times between."""
    long_ones = max(1, kills // 12)
    plan = ["stop between look and send"] * long_ones
    if kills > 12 or not on_postgres:
        plan += ["kill, away beyond the window"] * long_ones
    if kills > 12:
        plan += ["stop beyond the window"] * long_ones
    plan += ["stop"] * max(2, kills // 5) + ["drain"] * max(2, kills // 8)
    if on_postgres:
        plan += ["database killed"] * max(2, kills // 8) + ["database away beyond the window"] * long_ones
    killed = plan.count("kill, away beyond the window")
    if engines > 1:
        plan += ["all killed"] * long_ones
    plan += [chance.choice(("kill", "kill at a checkpoint", "kill at a checkpoint")) for _ in range(kills - killed)]
    chance.shuffle(plan)
    return plan
