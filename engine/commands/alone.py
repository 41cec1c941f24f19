"""What commands share that keep the database: they open it themselves, or have the service do it that holds it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from engine.commands.asking import ask_service
from engine.errors import StoreLocked, StoreUnavailable

if TYPE_CHECKING:
    from engine.config import Settings
    from engine.ports import Store

AGAIN = "give the command once more; that harms nothing"
Work = Callable[["Store"], Awaitable[dict[str, Any]]]


def done_alone(found: Settings, work: Work) -> dict[str, Any] | None:
    """
    Return what *work* answers about the database of *found*, None where a service holds it.

    Raises:
        StoreUnavailable, StoreError: there is no such database, or it cannot be used.
    """
    import asyncio

    from engine.store.choosing import look_at, name_of

    if not look_at(found.database):
        raise StoreUnavailable(
            f"there is no database {name_of(found.database)}; set RINGFLOW_DATABASE as the service has it"
        )
    try:
        return asyncio.run(_opened(found.database, work))
    except StoreLocked:
        return None


def done_anyhow(found: Settings, work: Work, command: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return what *work* answers, or where a service holds the database what that answers to *command*."""
    answer = done_alone(found, work)
    return ask_service(found, command, wanted, again=AGAIN) if answer is None else answer


async def _opened(database: str, work: Work) -> dict[str, Any]:
    from engine.store.choosing import store_at

    store = store_at(database, lock_wait_s=0, on_commit=lambda: None)
    await store.open()
    try:
        return await work(store)
    finally:
        await store.close()
