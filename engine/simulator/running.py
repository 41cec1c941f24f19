"""A world that runs: by a clock, with people who pick up, and with its webhooks on their way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from engine.simulator.deliveries import Deliveries
from engine.simulator.people import People
from engine.simulator.world import World


class ManualClock:
    """A clock that stands still until it is moved; *now* is epoch seconds."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class RunningWorld:
    """
    Lets *world* catch up with *clock*, epoch seconds, whenever something is due, and hands its webhooks over.

    *renew* returns the world that ``reset`` begins anew with, given its start.
    """

    def __init__(
        self,
        world: World,
        *,
        clock: Callable[[], float],
        deliveries: Deliveries,
        renew: Callable[[float], World],
        answer_after_s: float | None,
    ) -> None:
        self.world = world
        self.clock = clock
        self.deliveries = deliveries
        self.people = People(answer_after_s)
        self.is_over = False
        self._renew = renew
        self._answer_after_s = answer_after_s
        self._start = clock()
        self._changed = asyncio.Event()
        self._alarm: asyncio.TimerHandle | None = None
        self._passing = asyncio.Lock()

    def settle(self) -> None:
        """Let the world catch up with the clock, deliver what is due, and set the alarm for what comes next."""
        now = self.clock()
        self.people.look_at(self.world)
        while (due := self.people.next_due()) is not None and due <= now:
            self._advance(due)
            self.people.pick_up(self.world, due)
        self._advance(now)
        self._wake()
        if self._alarm is not None:
            self._alarm.cancel()
        due = self.next_due()
        if due is not None and not self.is_over and not isinstance(self.clock, ManualClock):
            loop = asyncio.get_running_loop()
            self._alarm = loop.call_at(loop.time() + max(0.0, due - self.clock()), self.settle)

    def _advance(self, now: float) -> None:
        for webhook in self.world.advance(now):
            self.deliveries.send(webhook, self.world.attempt)
        self.people.look_at(self.world)

    def next_due(self) -> float | None:
        """Return when something happens by itself next, in epoch seconds, or None."""
        found = [due for due in (self.world.next_due(), self.people.next_due()) if due is not None]
        return min(found, default=None)

    async def change(self) -> None:
        """Return when something may have happened."""
        await self._changed.wait()

    def close(self) -> None:
        """Let nothing happen by itself any more, and nobody wait."""
        self.is_over = True
        if self._alarm is not None:
            self._alarm.cancel()
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def let_pass(self, seconds: float) -> None:
        """
        Move the clock on by *seconds*, from one event to the next, so that what answers a webhook comes in time:
        the clock stands while webhooks are on their way for the first time. A reset ends it. Raises ValueError for a
        real clock.
        """
        clock = self.clock
        if not isinstance(clock, ManualClock):
            raise ValueError("time passes by itself here; start with --clock manual to move it yourself")
        async with self._passing:
            end, world = clock.now + seconds, self.world
            while True:
                self.settle()
                await self.deliveries.first_answers()
                if self.world is not world or clock.now == end:
                    return
                due = self.next_due()
                clock.now = end if due is None else min(end, max(clock.now, due))

    def reset(self) -> None:
        """Begin anew, as at the start: nobody calls, no webhook is on its way; a manual clock goes back, too."""
        self.deliveries.forget()
        if isinstance(self.clock, ManualClock):
            self.clock.now = self._start
        self.world = self._renew(self.clock())
        self.people = People(self._answer_after_s)
        self.settle()
