"""Reading a PostgreSQL database, the primary or a standby, while a service runs on it or not. Nothing is written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg

from engine.store.looking import COUNTS, Facts
from engine.store.postgres_errors import FAILURES, explained, named
from engine.store.postgres_opening import MIGRATIONS, SQL, applied_migrations, connect, hang_up
from engine.store.reading import History, require_current

_ROWS = 200  # fetched at a time: whoever wants the newest calls does not wait for all of them
_STATEMENT_S = 30.0  # the server gives up by then, also where nobody waits for it any more
_PATIENCE_S = 35.0  # for the server to say so

# Wait for an answer of the server; what it fails with becomes a sentence.
Ask = Callable[[Coroutine[Any, Any, Any]], Any]


@contextmanager
def read_history(url: str) -> Iterator[History]:
    """
    Give what is stored in the database at *url* to read, without the lock of the service.

    It is for commands, which run no event loop; each answer is waited for in one of its own.

    Raises:
        StoreUnavailable, StoreTooNew, StoreError: it cannot be read, and the message says what to do.
    """
    with _snapshot(url) as (connection, ask):
        require_current(ask(applied_migrations(connection, MIGRATIONS, database=named(url))), MIGRATIONS, named(url))

        def select(query: str, *values: Any) -> Iterator[asyncpg.Record]:
            cursor = ask(_cursor(connection, query, values))
            while rows := ask(cursor.fetch(_ROWS, timeout=_PATIENCE_S)):
                yield from rows

        yield History(select)


def facts_of(url: str) -> Facts:
    """
    Return what the database at *url* holds; PostgreSQL alone knows whether its files are sound.

    Raises:
        StoreError: it cannot be read, or holds nothing of ringflow's.
    """
    with _snapshot(url) as (connection, ask):
        applied = ask(applied_migrations(connection, MIGRATIONS, database=named(url)))
        require_current(applied, MIGRATIONS, named(url))
        counts = {name: ask(connection.fetchval(SQL[f"count_{name}"], timeout=_PATIENCE_S)) for name in COUNTS}
        size = ask(connection.fetchval(SQL["bytes"]))
    return Facts(schema=max(applied), bytes=size, problems=(), counts=counts)


@contextmanager
def _snapshot(url: str) -> Iterator[tuple[asyncpg.Connection, Ask]]:
    """Give a connection that sees one moment and cannot write."""
    with asyncio.Runner() as runner:

        def ask(answer: Coroutine[Any, Any, Any]) -> Any:
            try:
                return runner.run(answer)
            except FAILURES as error:
                raise explained(named(url), error) from error

        connection = runner.run(connect(url))
        try:
            ask(connection.transaction(isolation="repeatable_read", readonly=True).start())
            ask(connection.execute(f"set local statement_timeout = '{_STATEMENT_S:g}s'"))
            yield connection, ask
        finally:
            runner.run(hang_up(connection))


async def _cursor(connection: asyncpg.Connection, query: str, values: tuple[Any, ...]) -> Any:
    return await connection.cursor(SQL[query], *values, timeout=_PATIENCE_S)
