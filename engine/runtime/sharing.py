"""One process among several on one database: it keeps its lease, and takes over what others leave."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from engine.errors import StoreUnavailable
from engine.ports import Beat, Clock, Log, Shared
from engine.runtime.outbox import Outbox
from engine.runtime.timers import Timers

_QUICK_S = 0.1  # a slower beat does not tell what time it is
# Whoever committed a timer fires it. Others do when it is this late, and look twice a beat: so a timer whose process
# has gone is a second late at most (runtime.md, "Timers").
_LATE_S = 0.5


class CommonClock(Clock, Protocol):
    """A clock that goes by another one."""

    def follow(self, now: float) -> None: ...


class Sharing:
    """
    Beats for *shared*, and carries what a beat tells to the parts of this process. *follow* gets every beat.
    """

    def __init__(
        self,
        *,
        shared: Shared,
        clock: CommonClock,
        outbox: Outbox,
        timers: Timers,
        log: Log,
        follow: Callable[[Beat], Awaitable[None]],
        trouble: Callable[[str], None] = lambda problem: None,
    ) -> None:
        self._shared = shared
        self._clock = clock
        self._outbox = outbox
        self._timers = timers
        self._log = log
        self._follow = follow
        self._trouble = trouble
        self._news = asyncio.Event()

    async def beat(self) -> None:
        """Renew the lease once. Raises StoreUnavailable."""
        begun = self._clock.now()
        beat = await self._shared.beat(paused_until=self._outbox.turnstile.paused_until)
        if beat.is_lost:
            self._log.warning("lease_lost", problem="this process was away for too long; others have its commands now")
            self._outbox.forget()
        if self._clock.now() - begun < _QUICK_S:
            self._clock.follow(beat.at)
        await self._follow(beat)

    async def run(self) -> None:
        """Beat, and fetch what others leave, for ever."""
        self._shared.listen(self._news.set)
        while True:
            next_at = self._clock.now() + self._shared.every_s
            try:
                await self.beat()
                await self._fetch()
                for look_at in (next_at - self._shared.every_s / 2, next_at):
                    self._timers.fire_late(await self._shared.late_timers(before=self._clock.now() - _LATE_S))
                    await self._listen_until(look_at)
            except StoreUnavailable as error:
                self._trouble(str(error))
                await self._clock.sleep_until(next_at)

    async def _listen_until(self, when: float) -> None:
        """Fetch what others leave as soon as they say so, until *when*."""
        sleeper = asyncio.ensure_future(self._clock.sleep_until(when))
        try:
            while not sleeper.done():
                news = asyncio.ensure_future(self._news.wait())
                await asyncio.wait((sleeper, news), return_when=asyncio.FIRST_COMPLETED)
                news.cancel()
                if self._news.is_set():
                    await self._fetch()
        finally:
            sleeper.cancel()

    async def _fetch(self) -> None:
        """Bring the outbox in line with the store."""
        self._news.clear()
        asked_at = self._clock.now()
        unknown = self._outbox.differs(await self._shared.held(), asked_at=asked_at)
        if unknown:
            self._outbox.start(await self._shared.commands(unknown))
