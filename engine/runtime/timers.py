"""The timers of all runs: each is one event at its time, and survives a restart in the store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from functools import partial

from engine.core.change import Change, Timer
from engine.core.event import TIMER, Event
from engine.ports import Clock, Meter
from engine.runtime.clock import Alarm, Alarms

_REPEAT_S = 1.0  # a timer that its own event left in place comes again, but not in a tight loop


class Timers:
    """
    Follows committed changes. *post* gets an event for each timer that is due (``Inbox.post``). *lost* is told a run
    whose timer meant nothing any more: another process has gone on with it.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        alarms: Alarms,
        post: Callable[[Event], asyncio.Future[None]],
        lost: Callable[[str], None] = lambda run: None,
        meter: Meter = Meter(),  # noqa: B008 (it has no state)
    ) -> None:
        self._clock = clock
        self._meter = meter
        self._alarms = alarms
        self._post = post
        self._lost = lost
        self._set: dict[str, tuple[Timer, Alarm]] = {}
        self._fired: dict[str, Timer] = {}

    def start(self, timers: Iterable[Timer], *, not_before: float = 0.0) -> None:
        """Go on with the timers that the store kept; what came due meanwhile fires at once, or at *not_before*."""
        for timer in timers:
            self._put(timer, max(timer.due, not_before))

    def fire_late(self, timers: Iterable[Timer]) -> None:
        """Fire timers of others that are late already, unless they are in hand here."""
        for timer in timers:
            is_set = timer.run in self._set and self._set[timer.run][0] == timer
            if not is_set and self._fired.get(timer.run) != timer:
                if timer.run in self._set:
                    self._set.pop(timer.run)[1].cancel()
                self._put(timer, timer.due)

    def follow(self, change: Change) -> None:
        """Replace the timer of the run that a committed *change* is about."""
        if change.row is None:
            return
        run, timer = change.row.run, change.timer
        if run in self._set:
            if self._set[run][0] == timer:
                return
            self._set.pop(run)[1].cancel()
        fired = self._fired.pop(run, None)
        if timer is not None:
            again = self._clock.now() + _REPEAT_S
            self._put(timer, max(timer.due, again) if timer == fired else timer.due)

    @property
    def waiting(self) -> int:
        return len(self._set)

    @property
    def runs(self) -> tuple[str, ...]:
        """The runs that wait for a time: all that have not ended are among them."""
        return tuple(self._set)

    def _put(self, timer: Timer, due: float) -> None:
        self._set[timer.run] = (timer, self._alarms.set(due, partial(self._fire, timer)))

    def _fire(self, timer: Timer) -> None:
        del self._set[timer.run]
        self._fired[timer.run] = timer
        self._meter.timer_fired(max(0.0, self._clock.now() - timer.due))
        event = Event(id=f"timer:{timer.run}:{timer.gen}", type=TIMER, run=timer.run, payload={"gen": timer.gen})
        self._post(event).add_done_callback(lambda _: self._after(timer))

    def _after(self, timer: Timer) -> None:
        if self._fired.get(timer.run) is timer:  # no change of the run has followed
            del self._fired[timer.run]
            self._lost(timer.run)
