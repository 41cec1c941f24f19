"""The store for a database's address."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from engine.ports import Store
from engine.store import looking, reading
from engine.store.looking import Facts
from engine.store.reading import History
from engine.store.sqlite import SqliteStore

_SQLITE = "sqlite:///"


def store_at(address: str, *, lock_wait_s: float, on_commit: Callable[[], None]) -> Store:
    """Return the store at *address*, not yet open: ``sqlite:///PATH`` or ``postgresql://...``."""
    if address.startswith(_SQLITE):
        return SqliteStore(address.removeprefix(_SQLITE), lock_wait_s=lock_wait_s, on_commit=on_commit)
    from engine.store.postgres import PostgresStore  # slow to load, and only some need it

    return PostgresStore(address, lock_wait_s=lock_wait_s, on_commit=on_commit)


def name_of(address: str) -> str:
    """Return how messages call the database at *address*; never with a password."""
    if address.startswith(_SQLITE):
        return address.removeprefix(_SQLITE)
    from engine.store.postgres_errors import named

    return named(address)


def look_at(address: str) -> bool:
    """
    Return True when a service can use the database at *address*, False when it would make it there.

    Raises:
        StoreUnavailable, StoreTooNew, StoreError: it cannot, and the message says what to do.
    """
    if address.startswith(_SQLITE):
        return looking.look_at(address.removeprefix(_SQLITE))
    from engine.store import postgres_opening

    return asyncio.run(postgres_opening.look_at(address))


def history_at(address: str) -> AbstractContextManager[History]:
    """
    Give what is stored at *address* to read, whether a service runs or not; no event loop may run meanwhile.

    Raises:
        StoreUnavailable, StoreTooNew, StoreError: it cannot be read, and the message says what to do.
    """
    if address.startswith(_SQLITE):
        return reading.read_history(address.removeprefix(_SQLITE))
    from engine.store import postgres_reading

    return postgres_reading.read_history(address)


def facts_at(address: str) -> Facts:
    """Return what the database at *address* holds. Raises StoreError: it cannot be read."""
    if address.startswith(_SQLITE):
        return looking.facts_of(Path(address.removeprefix(_SQLITE)))
    from engine.store import postgres_reading

    return postgres_reading.facts_of(address)
