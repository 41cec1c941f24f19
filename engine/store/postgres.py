"""The store in a PostgreSQL database: one round trip a commit, for several services at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import asyncpg

from engine.core.change import Change, Row, Timer
from engine.core.mentions import Number
from engine.errors import StoreInDoubt, StoreUnavailable
from engine.ports import Forgotten, Loaded, Outstanding
from engine.store.postgres_batch import batch_of
from engine.store.postgres_errors import AGAIN, FAILURES, LOST, explained, named
from engine.store.postgres_forgetting import forget
from engine.store.postgres_lease import Lease, LeaseTerms
from engine.store.postgres_opening import SQL, open_pool
from engine.store.postgres_shared import PostgresShared
from engine.store.rows import ROWS_OF_A_CALL, json_text, packed, unpacked

_CONNECTIONS = 4  # one commits, one notes attempts, two for the rest
_TRIES = 5  # when commits stand in each other's way
_CLOSE_S = 2.0


class PostgresStore:
    """
    A Store in the database at *url*, which services share under leases of *terms*. One that finds a service of an
    older version, which wants it for itself, waits *lock_wait_s* for that to stop.

    *on_commit* is called after each commit of changes. When PostgreSQL restarts, the next use connects again.
    """

    def __init__(
        self,
        url: str,
        *,
        lock_wait_s: float = 10.0,
        on_commit: Callable[[], None] = lambda: None,
        terms: LeaseTerms | None = None,
    ) -> None:
        self._url = url
        self._database = named(url)
        self._lock_wait_s = lock_wait_s
        self._on_commit = on_commit
        self._terms = terms or LeaseTerms()
        self._lease = Lease(url, self._terms)
        self._pool: asyncpg.Pool | None = None
        self.shared = PostgresShared(self._lease, self._fetch, self._terms)

    async def open(self) -> None:
        try:
            await self._lease.take(wait_s=self._lock_wait_s)
            self._pool = await open_pool(self._url, size=_CONNECTIONS)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        if self._pool is not None:
            pool, self._pool = self._pool, None
            with suppress(*FAILURES):
                await asyncio.wait_for(pool.close(), _CLOSE_S)
            pool.terminate()
        await self._lease.give_up()

    async def load(self, *, event_ids: Sequence[str], keys: Sequence[str], runs: Sequence[str]) -> Loaded:
        found = await self._fetch("load", event_ids, keys, runs)
        return Loaded(
            seen=frozenset(row["name"] for row in found if row["kind"] == "event"),
            runs={row["name"]: row["run"] for row in found if row["kind"] == "key"},
            rows={row["run"]: _row(row) for row in found if row["kind"] == "row"},
        )

    async def apply(self, changes: Sequence[Change]) -> frozenset[str]:
        [(refused,)] = await self._fetch("apply", json_text(batch_of(changes)), self._lease.id, in_doubt=bool(changes))
        if changes:
            self._on_commit()
        return frozenset(refused)

    async def try_out(self) -> None:
        await self.apply(())

    async def attempt(self, command_ids: Sequence[str], *, at: float) -> frozenset[str]:
        return frozenset(name for (name,) in await self._fetch("attempt", command_ids, self._lease.id, at))

    async def outstanding(self) -> Outstanding:
        """Return what this process has to send; the timers too where no other one serves."""
        [(others, _)] = await self._fetch("others", self._lease.id, self._terms.lease_s)
        timers = [] if others else await self._fetch("all_timers")
        return Outstanding(
            outbox=await self.shared.commands(await self.shared.held()),
            timers=tuple(Timer(run, due, gen) for run, due, gen in timers),
        )

    async def keep_version(self, version: str, files: Mapping[str, bytes]) -> None:
        await self._fetch("put_version", version, packed(files))

    async def versions(self) -> Mapping[str, Mapping[str, bytes]]:
        return {version: unpacked(files) for version, files in await self._fetch("all_versions")}

    async def note(self, name: str) -> str | None:
        rows = await self._fetch("note", name)
        return str(rows[0][0]) if rows else None

    async def first_note(self, name: str, value: str) -> str:
        await self._fetch("first_note", name, value)
        return await self.note(name) or value

    async def put_note(self, name: str, value: str) -> None:
        await self._fetch("put_note", name, value)

    async def prune(
        self, *, before: float, failed_before: float | None = None, ids_before: float | None = None, limit: int = 500
    ) -> int:
        wanted = [before if given is None else given for given in (before, failed_before, ids_before)]
        [(deleted,)] = await self._fetch("prune", *wanted, limit, limit * ROWS_OF_A_CALL)
        return int(deleted)

    async def forget(self, number: Number, *, now: float, place: str = "", limit: int = 500) -> Forgotten:
        return await forget(self._fetch, number, now=now, place=place, limit=limit)

    async def compact(self) -> None:
        """PostgreSQL's own vacuum does so, when it thinks fit."""

    async def _fetch(self, name: str, *values: Any, in_doubt: bool = False) -> list[Any]:
        """
        Return the rows of the statement *name*, which is a commit of its own.

        Raises:
            StoreInDoubt: with *in_doubt*, when it may have been committed and the answer did not come.
            StoreUnavailable, DefectError.
        """
        pool = self._pool
        if pool is None:
            raise StoreUnavailable(f"{self._database} is not open")
        is_sent = False
        for tries_left in reversed(range(_TRIES)):
            try:
                async with pool.acquire() as connection:
                    is_sent = True
                    rows: list[Any] = await connection.fetch(SQL[name], *values)
                    return rows
            except FAILURES as error:
                if isinstance(error, AGAIN) and tries_left:
                    continue
                problem = explained(self._database, error)
                if in_doubt and is_sent and isinstance(problem, StoreUnavailable) and isinstance(error, LOST):
                    raise StoreInDoubt(str(problem)) from error
                raise problem from error
        raise AssertionError("the last try returns or raises")


def _row(found: Mapping[str, Any]) -> Row:
    return Row(
        run=found["run"], ver=found["ver"], state=found["state"], version=found["version"], ended_at=found["ended_at"]
    )
