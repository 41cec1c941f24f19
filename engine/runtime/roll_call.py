"""Asks Telnyx which calls still live: webhooks that came while nobody took them may be lost for good."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from engine.core.event import LOOK, Event
from engine.core.names import is_leg
from engine.ports import Clock, Store

DOWNTIME_S = 58.0  # Telnyx tries a webhook again for so long, as our commands ask it to (runtime.md, "Path")
# After that its next attempt comes 12 or 40 seconds later, and steps that wait for it give up before (10 seconds).
MISSED_S = 11.0
EVERY_S = 3600.0
_BEAT_S = 5.0
_PER_SECOND = 20  # questions; the account has other things to ask
_ANSWERS_WITHIN_S = 5.0
_SEEN_AT = "seen_at"
_ASKED_AT = "asked_at"


class RollCall:
    """
    *runs* returns all runs that have not ended, *post* puts an event into the inbox, *catch_up* hears out what was
    reported since a time. A call that Telnyx does not know any more ends as if its call.hangup had come.

    With several processes on one database one of them asks for all. Source: runtime.md, "Events".
    """

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        runs: Callable[[], Awaitable[Iterable[str]]],
        catch_up: Callable[[float], Awaitable[None]],
        post: Callable[[Event], object],
    ) -> None:
        self._store = store
        self._clock = clock
        self._runs = runs
        self._catch_up = catch_up
        self._post = post
        self._was_down = False
        self._is_heard = False  # the start has heard out what was reported before it

    async def down_since(self) -> float | None:
        """
        Return since when nobody has listened, in epoch seconds; None unless it is long enough to miss webhooks.

        It stays so until ``run`` has run for a while, should the service end at once. Raises StoreUnavailable.
        """
        since = await self._away_since()
        self._was_down, self._is_heard = self._is_downtime(since), since is not None
        if since is None:
            await self._store.put_note(_SEEN_AT, str(self._clock.now()))
        return since

    def timers_from(self, calls: int) -> float:
        """Return before when no timer may fire, in epoch seconds: *calls* are asked for first after a downtime."""
        return self._clock.now() + calls / _PER_SECOND + _ANSWERS_WITHIN_S if self._was_down else 0.0

    async def run(self) -> None:
        """
        Ask after a downtime and every hour, and note all the while that somebody listens.

        A downtime is also a database that was away, and a process or machine that stood still. What was reported
        meanwhile is heard out then, after a shorter absence too. Raises StoreUnavailable; may be called again.
        """
        if self._was_down:
            await self._ask()
        while True:
            await self._clock.sleep_until(self._clock.now() + _BEAT_S)
            since = None if self._is_heard else await self._away_since()
            if since is not None:
                await self._catch_up(since)
            await self._store.put_note(_SEEN_AT, str(self._clock.now()))
            self._was_down = self._is_heard = False
            if self._is_downtime(since) or await self._is_hour_over():
                await self._ask()

    async def _away_since(self) -> float | None:
        """Return when somebody was last known to listen, None when that is not long ago."""
        seen_at = await self._store.note(_SEEN_AT)
        is_long_ago = seen_at is not None and self._clock.now() - float(seen_at) > MISSED_S
        return float(seen_at) if seen_at is not None and is_long_ago else None

    def _is_downtime(self, since: float | None) -> bool:
        """True when webhooks since then may be lost, and not only late."""
        return since is not None and self._clock.now() - since > DOWNTIME_S

    async def _is_hour_over(self) -> bool:
        now = self._clock.now()
        return now - float(await self._store.first_note(_ASKED_AT, str(now))) >= EVERY_S

    async def _ask(self) -> None:
        await self._store.put_note(_ASKED_AT, str(self._clock.now()))
        for number, run in enumerate([run for run in await self._runs() if is_leg(run)]):
            if number and number % _PER_SECOND == 0:
                await self._clock.sleep_until(self._clock.now() + 1.0)
            self._post(Event(id=f"look:{run}:{self._clock.now()}", type=LOOK, run=run))
