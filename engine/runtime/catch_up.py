"""Hears out what Telnyx reported while nobody listened, before anything else goes on."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from engine.core.event import Event
from engine.errors import CarrierError
from engine.ports import Clock, Log, Past, Store

_OVERLAP_S = 60.0  # what came before may have been on its way still; what was heard is known by its id
_PAGE_GAP_S = 0.2  # the account has other things to answer
_MOST_PAGES = 40  # of 250 webhooks
_WITHIN_S = 10.0  # new webhooks wait meanwhile, and Telnyx tries them again for 58 seconds


@dataclass(slots=True)
class _Found:
    events: list[Event] = field(default_factory=list)
    unreadable: int = 0
    is_complete: bool = False
    problem: str = ""


class CatchUp:
    """
    Posts past webhooks into the inbox in the order of their times, those that were heard already left out.

    *keys* returns where an event is looked for in the store. The list is of the whole account: an event is taken where
    its leg or room is known, or where *is_ours* says so.
    """

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        past: Past,
        keys: Callable[[Event], Iterable[str]],
        is_ours: Callable[[Event], bool],
        post: Callable[[Event], object],
        log: Log,
    ) -> None:
        self._store = store
        self._clock = clock
        self._past = past
        self._keys = keys
        self._is_ours = is_ours
        self._post = post
        self._log = log

    async def run(self, *, since: float) -> None:
        """
        Read what was reported since *since*, epoch seconds, and post it. Where Telnyx does not say, go on without.

        Raises StoreUnavailable.
        """
        found = await self._read(since - _OVERLAP_S)
        once = {event.id: event for event in found.events}.values()  # each attempt to deliver one may be listed
        events = sorted(once, key=lambda event: math.inf if event.occurred_at is None else event.occurred_at)
        heard, others = await self._post_new(events)
        told = {"events": len(events) - heard - others, "heard": heard, "others": others}
        if found.problem:
            self._log.warning("not_caught_up", problem=found.problem, **told)
        else:
            self._log.info("caught_up", **told, unreadable=found.unreadable, is_complete=found.is_complete)

    async def _read(self, since: float) -> _Found:
        found, began_at = _Found(), self._clock.now()
        for number in range(1, _MOST_PAGES + 1):
            try:
                page = await self._past.page(number, since=since)
            except CarrierError as error:
                found.problem = str(error)
                return found
            found.events.extend(page.events)
            found.unreadable += page.unreadable
            if page.is_last:
                found.is_complete = True
                return found
            if self._clock.now() - began_at > _WITHIN_S:
                return found
            await self._clock.sleep_until(self._clock.now() + _PAGE_GAP_S)
        return found

    async def _post_new(self, events: list[Event]) -> tuple[int, int]:
        """Post what is new and ours; return how many events were heard before, and how many are others'."""
        keys = {event.id: tuple(self._keys(event)) for event in events}
        every_key = {key for found in keys.values() for key in found}
        loaded = await self._store.load(event_ids=list(keys), keys=list(every_key), runs=())
        ours, heard, others = set(loaded.runs), 0, 0
        for event in events:
            if event.id in loaded.seen:
                heard += 1
            elif ours.isdisjoint(keys[event.id]) and not self._is_ours(event):
                others += 1
            else:
                ours.update(keys[event.id])
                self._post(event)
        return heard, others
