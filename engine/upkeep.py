"""The commands that keep a running service in order, as it hears them: versions of the flows, and pruning."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from engine.config import Settings
from engine.errors import CommandRefused, FlowError, SettingsError
from engine.forgetting import forget
from engine.ports import Store
from engine.versions import LATEST, Reload, Versions

LEAST_S = 3600.0  # a webhook that comes late finds its call for so long, and does not begin it again
KEEP_IDS_S = 86400.0  # of events: one that comes again by then changes nothing
_MOST_PORTIONS = 5  # each time: 2,500 calls and 10,000 ids; between them the events that came have their turn
_WORK_S = 2.0  # of one answer: whoever asks waits at most ten seconds, and asks again for the rest


class Upkeep:
    """What the admin listener's requests about flows (with *load*: reload) and about the database do."""

    def __init__(
        self, *, versions: Versions, store: Store, clock: Callable[[], float], load: Reload | None = None
    ) -> None:
        self._versions = versions
        self._store = store
        self._clock = clock
        self._load = load

    def acts(self) -> dict[str, Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any]]]]:
        """Return what is done by the name of its request."""
        return {
            "flows/use": self.use, "flows/reload": self.reload, "forget": self.forget, "db/prune": self.prune,
            "db/compact": self.compact,
        }  # fmt: skip

    async def use(self, wanted: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return ``{version, latest, pinned}`` once new calls get ``version``. Raises CommandRefused."""
        name = wanted.get("version")
        if not isinstance(name, str):
            raise CommandRefused(f"'version' is the beginning of a version, or {LATEST}")
        await self._versions.pin(name)
        return self._versions.state()

    async def reload(self, wanted: Mapping[str, Any]) -> Mapping[str, Any]:
        """
        Return ``{version, latest, pinned, changed, problem, problems}``; with a problem nothing has changed.

        Raises CommandRefused: there is no folder to load from, or a setting is missing.
        """
        if self._load is None:
            raise CommandRefused("this service was started without a folder of flows")
        before = self._versions.state()["latest"]
        problem: str | None = None
        problems: tuple[Mapping[str, Any], ...] = ()
        try:
            await self._versions.reload(self._load)
        except FlowError as error:
            problem, problems = str(error), error.problems
        except SettingsError as error:
            raise CommandRefused(str(error)) from None
        state = self._versions.state()
        return {**state, "changed": state["latest"] != before, "problem": problem, "problems": problems}

    async def prune(self, wanted: Mapping[str, Any]) -> Mapping[str, Any]:
        """Do what ``prune`` below does."""
        return await prune(self._store, wanted.get("older_than_s"), now=self._clock())

    async def forget(self, wanted: Mapping[str, Any]) -> Mapping[str, Any]:
        """Do what ``engine.forgetting`` does."""
        return await forget(self._store, wanted, now=self._clock())

    async def compact(self, _wanted: Mapping[str, Any]) -> Mapping[str, Any]:
        """Write the database anew; calls wait for it."""
        await self._store.compact()
        return {}


async def keep_house(store: Store, settings: Settings, *, now: float) -> None:
    """Delete what has been kept for as long as *settings* say, or some of it. Raises StoreUnavailable."""
    for _ in range(_MOST_PORTIONS):
        deleted = await store.prune(
            before=now - settings.keep_calls_s,
            failed_before=now - settings.keep_failed_calls_s,
            ids_before=now - KEEP_IDS_S,
        )
        if not deleted:
            return


async def prune(store: Store, older_than_s: object, *, now: float) -> dict[str, Any]:
    """
    Delete calls that ended *older_than_s* seconds ago, for two seconds; return ``{deleted, is_done}``, in rows.

    Raises:
        CommandRefused: it is no number of seconds, or under an hour.
        StoreUnavailable: some may be deleted.
    """
    if isinstance(older_than_s, bool) or not isinstance(older_than_s, int | float) or not older_than_s >= LEAST_S:
        raise CommandRefused("calls are kept for an hour at least, because webhooks may come late; say 1h or more")
    end, deleted = time.monotonic() + _WORK_S, 0
    while True:
        count = await store.prune(before=now - older_than_s, ids_before=now - max(older_than_s, KEEP_IDS_S))
        deleted += count
        if not count or time.monotonic() > end:
            return {"deleted": deleted, "is_done": not count}
