"""A process's lease among those that share a PostgreSQL database: only with it may commands be sent."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import asyncpg

from engine.errors import StoreLocked
from engine.steady import steady_s
from engine.store.postgres_errors import FAILURES, explained, named
from engine.store.postgres_opening import MIGRATIONS, SQL, connect, hang_up, migrate, refuse_pooler

_LOCK_POLL_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseTerms:
    """
    A lease is kept by a beat every *beat_s* and lasts *lease_s*. *rest_s* after it has run out, or after its session
    has ended, the last request of its process is over as well (the time-out of an attempt), and others take its
    commands. All in seconds of the database's clock. Source: runtime.md, "Stores".
    """

    beat_s: float = 1.0
    lease_s: float = 10.0
    rest_s: float = 5.0


class Lease:
    """
    The lease of this process in the database at *url*: a row that it renews, and a lock of its own session.

    *id* is how rows call the process; it changes when the lease is lost, or its connection.
    """

    def __init__(self, url: str, terms: LeaseTerms) -> None:
        self.id = uuid.uuid4().hex
        self.heard: Callable[[], None] = lambda: None  # called when another process changed what this one has to send
        self._url = url
        self._database = named(url)
        self._terms = terms
        self._connection: asyncpg.Connection | None = None
        self._good_until = 0.0

    @property
    def is_held(self) -> bool:
        """True while nobody else can have taken what this process has to send."""
        is_connected = self._connection is not None and not self._connection.is_closed()
        return is_connected and steady_s() < self._good_until

    async def take(self, *, wait_s: float) -> None:
        """
        Bring the database up to date and take a lease.

        Raises:
            StoreLocked: a service without leases, of an older version, still uses it after *wait_s* seconds.
            StoreTooNew, StoreError, StoreUnavailable.
        """
        begun, connection = steady_s(), await connect(self._url)
        try:
            await self._refuse_pooler(connection)
            await self._stand_beside(connection, wait_s)
            await migrate(connection, MIGRATIONS, database=self._database)
            await self._register(connection, self.id)
        except BaseException as error:
            await hang_up(connection)
            if isinstance(error, FAILURES):
                raise explained(self._database, error) from error
            raise
        self._connection, self._good_until = connection, begun + self._terms.lease_s

    async def beat(self, *, paused_until: float) -> tuple[float, bool]:
        """
        Renew the lease, and bury those who are gone. Return the database's time, in epoch seconds, and whether the
        lease had been lost: then others have what this process had to send, and it goes by another id.

        Raises StoreUnavailable: it could not be renewed; it lasts as long as it lasts.
        """
        begun = steady_s()
        try:
            is_lost = await self._reconnect() if self._is_cut else False
            assert self._connection is not None
            now = await self._connection.fetchval(SQL["beat"], self.id, paused_until)
            if now is None:
                is_lost, former = True, self.id
                self.id = uuid.uuid4().hex
                await self._register(self._connection, self.id)
                await self._connection.execute(SQL["unlock_owner"], former)
                now = await self._connection.fetchval(SQL["beat"], self.id, paused_until)
            self._good_until = begun + self._terms.lease_s
            await self._connection.execute(SQL["bury"], self.id, self._terms.lease_s, self._terms.rest_s)
        except FAILURES as error:
            if self._connection is not None and not isinstance(error, asyncpg.PostgresError):
                self._connection.terminate()  # half an answer is none: the next beat connects again
            raise explained(self._database, error) from error
        return now, is_lost

    async def give_up(self) -> None:
        """Leave what is not sent to the others, at once."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(*FAILURES):
                await connection.fetchval(SQL["hand_over"], self.id, None)
            await hang_up(connection)

    @property
    def _is_cut(self) -> bool:
        return self._connection is None or self._connection.is_closed()

    async def _reconnect(self) -> bool:
        """Connect as a new process that inherits from the old one; return True when others had done so before."""
        connection = await connect(self._url)
        self._good_until = 0.0
        self._connection = connection
        former, self.id = self.id, uuid.uuid4().hex
        await self._stand_beside(connection, 0.0)
        await self._register(connection, self.id)
        return not await connection.fetchval(SQL["hand_over"], former, self.id)

    async def _register(self, connection: asyncpg.Connection, owner: str) -> None:
        await connection.execute(SQL["lock_owner"], owner)
        await connection.add_listener(f"ringflow_{owner}", self._on_notify)
        await connection.execute(SQL["register"], owner)

    def _on_notify(self, *_: Any) -> None:
        self.heard()

    async def _stand_beside(self, connection: asyncpg.Connection, wait_s: float) -> None:
        deadline = time.monotonic() + wait_s
        while not await connection.fetchval(SQL["try_older_lock"]):
            if time.monotonic() >= deadline:
                raise StoreLocked(
                    f"a service of an older version of ringflow uses {self._database}; stop it, or name another "
                    "database in RINGFLOW_DATABASE"
                )
            await asyncio.sleep(_LOCK_POLL_S)

    async def _refuse_pooler(self, connection: asyncpg.Connection) -> None:
        other = await connect(self._url)
        try:
            await refuse_pooler(connection, other, database=self._database)
        finally:
            await hang_up(other)
