"""Pruning a PostgreSQL database without a store: one statement, which stands in no service's way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from engine.ports import Prune
from engine.store.postgres_errors import FAILURES, explained, named
from engine.store.postgres_opening import MIGRATIONS, SQL, applied_migrations, connect, hang_up
from engine.store.reading import require_current


@asynccontextmanager
async def pruning(url: str) -> AsyncIterator[Prune]:
    """
    Give what ``Store.prune`` does, in the database at *url*, whether services run on it or not.

    Raises:
        StoreUnavailable, StoreTooNew, StoreError: it cannot be used, and the message says what to do.
    """
    connection = await connect(url)
    try:
        applied = await applied_migrations(connection, MIGRATIONS, database=named(url))
        require_current(applied, MIGRATIONS, named(url))

        async def prune(*, before: float, limit: int = 500) -> int:
            try:
                return int(await connection.fetchval(SQL["prune"], before, limit))
            except FAILURES as error:
                raise explained(named(url), error) from error

        yield prune
    finally:
        await hang_up(connection)
