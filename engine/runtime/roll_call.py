"""Asks Telnyx which calls still live: webhooks that came while nobody took them may be lost for good."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from engine.core.event import LOOK, Event
from engine.core.names import is_leg
from engine.ports import Clock, Store

DOWNTIME_S = 58.0  # Telnyx tries a webhook again for so long, as our commands ask it to (runtime.md, "Path")
EVERY_S = 3600.0
_BEAT_S = 10.0
_PER_SECOND = 20  # questions; the account has other things to ask
_ANSWERS_WITHIN_S = 5.0
_SEEN_AT = "seen_at"


class RollCall:
    """
    *runs* returns all runs that have not ended, *post* puts an event into the inbox. A call that Telnyx does not know
    any more ends as if its call.hangup had come. Source: runtime.md, "Events".
    """

    def __init__(
        self, *, store: Store, clock: Clock, runs: Callable[[], Iterable[str]], post: Callable[[Event], object]
    ) -> None:
        self._store = store
        self._clock = clock
        self._runs = runs
        self._post = post
        self._seen_at: float | None = None  # when this process last knew that somebody listened

    async def timers_from(self, calls: int) -> float:
        """
        Return before when no timer may fire, in epoch seconds: *calls* are asked for first after a downtime, else 0.

        Raises StoreUnavailable.
        """
        seen_at = await self._store.note(_SEEN_AT)
        now = self._clock.now()
        self._seen_at = now if seen_at is None else float(seen_at)
        await self._store.put_note(_SEEN_AT, str(now))
        return now + calls / _PER_SECOND + _ANSWERS_WITHIN_S if self._was_down(now) else 0.0

    async def run(self) -> None:
        """
        Ask after a downtime and every hour, and note all the while that somebody listens.

        A downtime is also a database that was away, and a process or machine that stood still. Raises
        StoreUnavailable; may be called again.
        """
        asked_at = self._clock.now()
        while True:
            now = self._clock.now()
            await self._store.put_note(_SEEN_AT, str(now))
            was_down, self._seen_at = self._was_down(now), now
            if was_down or now - asked_at >= EVERY_S:
                asked_at = now
                await self._ask()
            await self._clock.sleep_until(self._clock.now() + _BEAT_S)

    def _was_down(self, now: float) -> bool:
        return self._seen_at is not None and now - self._seen_at > DOWNTIME_S

    async def _ask(self) -> None:
        for number, run in enumerate([run for run in self._runs() if is_leg(run)]):
            if number and number % _PER_SECOND == 0:
                await self._clock.sleep_until(self._clock.now() + 1.0)
            self._post(Event(id=f"look:{run}:{self._clock.now()}", type=LOOK, run=run))
