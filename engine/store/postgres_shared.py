"""What several services tell each other through their PostgreSQL database."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any

from engine.core.change import Timer
from engine.core.command import OutboxRow
from engine.ports import PINNED, Beat
from engine.store.postgres_lease import Lease, LeaseTerms
from engine.store.rows import outbox_row


class PostgresShared:
    """The part of a store for several processes; *fetch* returns the rows of a statement by its name."""

    def __init__(self, lease: Lease, fetch: Callable[..., Awaitable[list[Any]]], terms: LeaseTerms) -> None:
        self._lease = lease
        self._fetch = fetch
        self._terms = terms

    @property
    def every_s(self) -> float:
        return self._terms.beat_s

    @property
    def is_held(self) -> bool:
        return self._lease.is_held

    def listen(self, heard: Callable[[], None]) -> None:
        self._lease.heard = heard

    async def beat(self, *, paused_until: float) -> Beat:
        at, is_lost = await self._lease.beat(paused_until=paused_until)
        await self._fetch("claim", self._lease.id)
        [(others, told)] = await self._fetch("others", self._lease.id, self._terms.lease_s)
        pinned = await self._fetch("note", PINNED)
        return Beat(at=at, others=others, paused_until=told, is_lost=is_lost, pinned=pinned[0][0] if pinned else "")

    async def held(self) -> frozenset[str]:
        return frozenset(name for (name,) in await self._fetch("held_commands", self._lease.id))

    async def commands(self, command_ids: Collection[str]) -> Sequence[OutboxRow]:
        rows = await self._fetch("commands", self._lease.id, list(command_ids)) if command_ids else []
        return tuple(outbox_row(values) for values in rows)

    async def waiting(self) -> Sequence[str]:
        return tuple(run for (run,) in await self._fetch("waiting_runs"))

    async def late_timers(self, *, before: float) -> Sequence[Timer]:
        rows = await self._fetch("late_timers", before)
        return tuple(Timer(run, due, gen) for run, due, gen in rows)
