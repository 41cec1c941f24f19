"""Opening a PostgreSQL database: the connection, what may stand in its way, migrations."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import asyncpg

from engine.errors import StoreUnavailable
from engine.store.postgres_errors import FAILURES, explained, named, unconnected
from engine.store.postgres_refusals import require_files, require_fit
from engine.store.postgres_socket import WatchedConnection
from engine.store.sql import Migration, check_applied, migrations, queries

CONNECT_S = 5.0
ANSWER_S = 10.0
# What the store relies on, whatever the server's own defaults are. The keepalives let the server notice within
# half a minute that a service is gone with its machine, and let go of its locks.
SESSION = {
    "application_name": "ringflow",
    "search_path": "ringflow",
    "synchronous_commit": "on",
    "default_transaction_isolation": "read committed",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
_CONNECTION: dict[str, Any] = {
    "timeout": CONNECT_S,
    "command_timeout": ANSWER_S,
    "server_settings": SESSION,
    "connection_class": WatchedConnection,
}
_CLOSE_S = 2.0
SQL = queries("postgres.sql")
MIGRATIONS = migrations("postgres_migrations")


async def connect(url: str) -> asyncpg.Connection:
    """Return a connection of its own to the database at *url*. Raises StoreUnavailable."""
    require_files(url, database=named(url))
    try:
        connection = await asyncpg.connect(url, **_CONNECTION)
        try:
            await require_fit(connection, SESSION, database=named(url))
        except BaseException:
            await hang_up(connection)
            raise
    except FAILURES as error:
        raise unconnected(named(url), error) from error
    return connection


async def hang_up(connection: asyncpg.Connection) -> None:
    """Close *connection*, politely if the server still answers."""
    with suppress(*FAILURES):
        await connection.close(timeout=_CLOSE_S)


async def refuse_pooler(holder: asyncpg.Connection, other: asyncpg.Connection, *, database: str) -> None:
    """
    Return when *holder* keeps its session while *other* is at work: locks and leases belong to sessions.

    Raises:
        StoreUnavailable: a pooler gives both of them one session, or another one each time.
    """
    session = await holder.fetchval(SQL["session"])
    async with other.transaction():
        of_other = await other.fetchval(SQL["session"])
        if of_other == session or await holder.fetchval(SQL["session"]) != session:
            raise StoreUnavailable(
                f"{database} is behind a pooler that shares connections; name PostgreSQL itself in RINGFLOW_DATABASE"
            )


async def applied_migrations(
    connection: asyncpg.Connection, migrations: Sequence[Migration], *, database: str
) -> frozenset[int]:
    """
    Return the numbers of the migrations that *database* has; nothing is written.

    Raises:
        StoreTooNew, StoreError: another version of ringflow made it.
    """
    if not await connection.fetchval(SQL["has_migrations"]):
        return frozenset()
    applied: dict[int, str] = dict(await connection.fetch(SQL["applied_migrations"]))
    check_applied(applied, migrations, database=database)
    return frozenset(applied)


async def migrate(connection: asyncpg.Connection, migrations: Sequence[Migration], *, database: str) -> None:
    """Bring *database* up to date, each migration in one transaction; of several processes one does it."""
    await connection.execute(SQL["lock_migrations"])
    try:
        await _migrate(connection, migrations, database=database)
    finally:
        with suppress(*FAILURES):
            await connection.execute(SQL["unlock_migrations"])


async def _migrate(connection: asyncpg.Connection, migrations: Sequence[Migration], *, database: str) -> None:
    applied = await applied_migrations(connection, migrations, database=database)
    if not await connection.fetchval(SQL["has_schema"]):
        await connection.execute(SQL["make_schema"])
    if not applied:
        await connection.execute(SQL["make_migrations"])
    for migration in migrations:
        if migration.number not in applied:
            async with connection.transaction():
                await connection.execute(migration.script)
                await connection.execute(SQL["note_migration"], migration.number, migration.name, migration.checksum)


async def look_at(url: str) -> bool:
    """
    Return True when a service can use the database at *url*, False when it would make its tables there.

    Raises:
        StoreUnavailable, StoreTooNew, StoreError: it cannot, and the message says what to do.
    """
    connection = await connect(url)
    try:
        return bool(await applied_migrations(connection, MIGRATIONS, database=named(url)))
    except FAILURES as error:
        raise explained(named(url), error) from error
    finally:
        await hang_up(connection)


async def open_pool(url: str, *, size: int) -> asyncpg.Pool:
    """Return a pool of connections; the first one is made when it is needed. ``acquire`` may raise StoreUnavailable."""

    async def check(connection: asyncpg.Connection) -> None:
        await require_fit(connection, SESSION, database=named(url))

    return await asyncpg.create_pool(url, min_size=0, max_size=size, init=check, reset=_nothing_to_reset, **_CONNECTION)


async def _nothing_to_reset(connection: object) -> None:
    """No statement of ours leaves anything in a session, so that the round trip for it is spared."""
