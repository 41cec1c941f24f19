"""The real clock, and one heap for everything that waits for a time."""

from __future__ import annotations

import asyncio
import heapq
import math
import time
from collections.abc import Callable

from engine.ports import Clock
from engine.steady import steady_s

_NAP_S = 10.0  # a machine that was suspended is at most this late
_NEAR_S = 0.02  # as far as the time of a round trip can tell
_SWEEP_FROM = 1000  # alarms: fewer are not worth looking for cancelled ones


class SystemClock:
    """
    The time of the wall clock at the start, carried on steadily: setting the wall clock moves no timer.

    It counts while the machine is suspended, where the system can tell (CLOCK_BOOTTIME).
    """

    def __init__(self) -> None:
        self._begun_at = time.time() - steady_s()

    def now(self) -> float:
        return self._begun_at + steady_s()

    def follow(self, now: float) -> None:
        """Go right by a clock that several machines share and that shows *now*, unless it is near enough."""
        if abs(now - self.now()) > _NEAR_S:
            self._begun_at = now - steady_s()

    async def sleep_until(self, when: float) -> None:
        while (left_s := when - self.now()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(min(left_s, _NAP_S))


class Alarm:
    """A call that will be made at *due*, in epoch seconds, unless it is cancelled."""

    __slots__ = ("due", "ring")

    def __init__(self, due: float, ring: Callable[[], None]) -> None:
        self.due = due
        self.ring: Callable[[], None] | None = ring

    def cancel(self) -> None:
        self.ring = None

    def __lt__(self, other: Alarm) -> bool:
        return self.due < other.due


class Alarms:
    """Makes calls at their times, as long as ``run`` runs; one sleeping task for all of them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heap: list[Alarm] = []
        self._sweep_at = _SWEEP_FROM
        self._sleeper: asyncio.Task[None] | None = None

    def set(self, due: float, ring: Callable[[], None]) -> Alarm:
        """Call *ring* at *due*. It must not raise and not wait."""
        alarm = Alarm(due, ring)
        if len(self._heap) >= self._sweep_at:
            self._sweep()
        heapq.heappush(self._heap, alarm)
        if self._heap[0] is alarm and self._sleeper is not None:
            self._sleeper.cancel()
        return alarm

    def _sweep(self) -> None:
        """Drop cancelled alarms, which else stay until their time; next when the heap has doubled."""
        self._heap = [alarm for alarm in self._heap if alarm.ring is not None]
        heapq.heapify(self._heap)
        self._sweep_at = max(_SWEEP_FROM, 2 * len(self._heap))

    async def run(self) -> None:
        """Ring for ever."""
        try:
            while True:
                due = self._ring_what_is_due()
                self._sleeper = asyncio.create_task(_sleep_until(self._clock, due))
                await asyncio.wait((self._sleeper,))
        finally:
            if self._sleeper is not None:
                self._sleeper.cancel()

    def _ring_what_is_due(self) -> float:
        """Make the calls that are due, and return when the next one is."""
        while self._heap:
            alarm = self._heap[0]
            if alarm.ring is not None and alarm.due > self._clock.now():
                return alarm.due
            heapq.heappop(self._heap)
            if alarm.ring is not None:
                alarm.ring()
        return math.inf


async def _sleep_until(clock: Clock, when: float) -> None:
    await clock.sleep_until(when)
