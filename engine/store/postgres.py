"""The store in a PostgreSQL database: one round trip a commit, one service at a time."""

from __future__ import annotations

import asyncio
import uuid
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
from engine.store.postgres_opening import SQL, ServiceLock, open_pool
from engine.store.rows import ROWS_OF_A_CALL, json_text, outbox_row, packed, unpacked

_CONNECTIONS = 4  # one commits, one notes attempts, two for the rest
_TRIES = 5  # when commits stand in each other's way
_CLOSE_S = 2.0


class PostgresStore:
    """
    A Store in the database at *url*. A service that finds it in use waits *lock_wait_s* for the other one to stop.

    *on_commit* is called after each commit of changes. When PostgreSQL restarts, the next use connects again.
    """

    def __init__(self, url: str, *, lock_wait_s: float = 10.0, on_commit: Callable[[], None] = lambda: None) -> None:
        self._url = url
        self._database = named(url)
        self._lock_wait_s = lock_wait_s
        self._on_commit = on_commit
        self._owner = uuid.uuid4().hex  # this process, in the rows of the commands that it sends
        self._lock = ServiceLock(url, owner=self._owner)
        self._pool: asyncpg.Pool | None = None

    async def open(self) -> None:
        try:
            await self._lock.take(wait_s=self._lock_wait_s)
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
        await self._lock.close()

    async def load(self, *, event_ids: Sequence[str], keys: Sequence[str], runs: Sequence[str]) -> Loaded:
        seen = await self._fetch("seen", event_ids) if event_ids else []
        by_key: dict[str, str] = dict(await self._fetch("runs_by_key", keys)) if keys else {}
        wanted = [*{*runs, *by_key.values()}]
        rows = await self._fetch("rows_by_run", wanted) if wanted else []
        return Loaded(
            seen=frozenset(event_id for (event_id,) in seen),
            runs=by_key,
            rows={
                run: Row(run=run, ver=ver, state=state, version=version, ended_at=ended_at)
                for run, ver, state, version, ended_at in rows
            },
        )

    async def apply(self, changes: Sequence[Change]) -> frozenset[str]:
        [(refused,)] = await self._fetch("apply", json_text(batch_of(changes)), in_doubt=bool(changes))
        if changes:
            self._on_commit()
        return frozenset(refused)

    async def try_out(self) -> None:
        await self.apply(())

    async def attempt(self, command_ids: Sequence[str], *, at: float) -> frozenset[str]:
        return frozenset(name for (name,) in await self._fetch("attempt", at, self._owner, command_ids))

    async def outstanding(self) -> Outstanding:
        return Outstanding(
            outbox=tuple(outbox_row(values) for values in await self._fetch("all_commands")),
            timers=tuple(Timer(run, due, gen) for run, due, gen in await self._fetch("all_timers")),
        )

    async def keep_version(self, version: str, files: Mapping[str, bytes]) -> None:
        await self._fetch("put_version", version, packed(files))

    async def versions(self) -> Mapping[str, Mapping[str, bytes]]:
        return {version: unpacked(files) for version, files in await self._fetch("all_versions")}

    async def note(self, name: str) -> str | None:
        rows = await self._fetch("note", name)
        return str(rows[0][0]) if rows else None

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
        await self._lock.keep()
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
