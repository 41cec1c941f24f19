"""Every event's way into the store: queue, batch, decide, one commit, then whoever waits is told."""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from engine.core import fault
from engine.core.change import Change, JournalEntry, Row
from engine.core.event import TIMER, Event
from engine.errors import DefectError, RunTooNew, StoreInDoubt, StoreUnavailable
from engine.ports import Clock, Loaded, Log, Meter, Store
from engine.runtime.doubt import standing_runs

_BATCH = 64
_BUSY_BATCH = 4  # a last batch of this size opens a window, so that more events share the next commit
_WINDOW_S = 0.001
_TRIES = 3  # for runs that something else changed between load and commit
_TRIES_AMONG_MANY = 60  # where other processes may be at the same run
_GAP_S = 0.002  # before each try after the third, once more for each, up to _LONGEST_GAP_S
_LONGEST_GAP_S = 0.05
_FIRST_PAUSE_S = 0.1  # before the database is tried again, doubled up to the last
_LAST_PAUSE_S = 1.0
_MOST_FAULTS = 2
_ALONE_PAUSE_S = 1.0  # before it is seen again whether a newer process has gone on
_NEW_CALL = "call.initiated"


class Route(Protocol):
    """Where an event belongs: *keys* to try in order, and the run for when none is known ("": none)."""

    @property
    def keys(self) -> tuple[str, ...]: ...

    @property
    def run(self) -> str: ...


class Core(Protocol):
    """The pure heart, with the flows it knows: what ``engine.core.intake`` does."""

    def route(self, event: Event) -> Route: ...

    def decide(self, event: Event, row: Row | None, *, run: str, now: float) -> Change: ...

    def after_defect(self, event: Event, row: Row | None, *, run: str, now: float, error: str) -> Change: ...


@dataclass(eq=False, slots=True)
class _Entry:
    """
    An event that is not committed yet. *is_ours*: no one would send it again, so it is kept until it is.

    *faults*: our defects that it has met. After one its run takes the error exit, after two it is only noted.
    """

    event: Event
    done: asyncio.Future[None]
    settles: tuple[str, ...] = ()
    is_ours: bool = False
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Nowhere:
    """The route of an event that could not be routed."""

    keys: tuple[str, ...] = ()
    run: str = ""


class Inbox:
    """
    Takes events and commits what the core makes of them, in batches, in order.

    *follow* is called with each committed Change, in order, before those who wait are told. *learn* gets the versions
    of the runs of each batch, before the core decides. *max_waiting* bounds the queue: from half of it on new calls are
    shed, then everything. *commit_within_s*: how long ``submit`` waits.
    """

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        core: Core,
        follow: Callable[[Change], None],
        log: Log,
        learn: Callable[[Collection[str]], Awaitable[None]] | None = None,
        meter: Meter = Meter(),  # noqa: B008 (it has no state)
        max_waiting: int = 2000,
        commit_within_s: float = 1.5,
    ) -> None:
        self._store = store
        self._clock = clock
        self._core = core
        self._follow = follow
        self._log = log
        self._learn = learn
        self._meter = meter
        self._max_waiting = max_waiting
        self._commit_within_s = commit_within_s
        self._queue: deque[_Entry] = deque()
        self._in_flight: dict[str, _Entry] = {}
        self._in_doubt: list[tuple[Sequence[_Entry], Sequence[Change]]] = []
        self._wake = asyncio.Event()
        self._is_closed = False
        self._last_size = 0
        self.trouble: str | None = None  # why the database cannot be used right now, for readiness

    # -- the way in -------------------------------------------------------------------------------------------

    async def submit(self, event: Event) -> bool:
        """
        Return True once *event* is committed (for a duplicate: once its first copy is), False when it is not taken.

        Raises:
            StoreUnavailable: the database is away; the event is forgotten and has to be sent again.
            TimeoutError: it is not committed yet; it stays in, and the next copy is a duplicate.
        """
        if self.trouble is not None:
            raise StoreUnavailable(self.trouble)
        entry = self._in_flight.get(event.id)
        if entry is None:
            if self._is_closed or self._is_full(is_new_call=event.type == _NEW_CALL):
                return False
            entry = self._put(_Entry(event, asyncio.get_running_loop().create_future()))
        async with asyncio.timeout(self._commit_within_s):
            await asyncio.shield(entry.done)
        return True

    def post(self, event: Event, *, settles: tuple[str, ...] = ()) -> asyncio.Future[None]:
        """
        Take an event of the engine's own; it is kept until it is committed. The result is set when it is.

        *settles* are commands that leave the outbox in the same commit.
        """
        entry = _Entry(event, asyncio.get_running_loop().create_future(), settles, is_ours=True)
        return self._put(entry).done

    def sheds(self, raw: bytes) -> bool:
        """True when there is no room for the webhook in *raw*; it is neither verified nor parsed for this."""
        return self._is_full(is_new_call=_NEW_CALL.encode() in raw)

    def close(self) -> None:
        """Take no more webhooks; the engine's own events still go through."""
        self._is_closed = True

    def note_trouble(self, problem: str) -> None:
        """Take no webhooks, because of *problem*, until the database can be written again."""
        if self.trouble is None:
            self.trouble = problem
            self._wake.set()

    @property
    def is_idle(self) -> bool:
        """True when nothing is queued or being committed."""
        return not self._in_flight

    @property
    def waiting(self) -> int:
        return len(self._queue)

    def _is_full(self, *, is_new_call: bool) -> bool:
        return len(self._queue) >= (self._max_waiting // 2 if is_new_call else self._max_waiting)

    def _put(self, entry: _Entry) -> _Entry:
        self._in_flight[entry.event.id] = entry
        self._queue.append(entry)
        self._wake.set()
        return entry

    # -- batches ----------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Commit what comes, for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self._wait_for_store()
            while self._queue:
                if self._last_size >= _BUSY_BATCH:
                    await asyncio.sleep(_WINDOW_S)
                batch = [self._queue.popleft() for _ in range(min(_BATCH, len(self._queue)))]
                self._last_size = len(batch)
                self._postpone(await self._commit(batch))
                await self._wait_for_store()
            self._last_size = 0

    async def _commit(self, batch: Sequence[_Entry]) -> Sequence[_Entry]:
        """
        Commit *batch*, whatever defects it meets; return what is left because the database went away.

        What may have been committed is in doubt and stays with us, until the database says what became of it.
        """
        rest = list(batch)
        try:
            for number in range(_TRIES if self._store.shared is None else _TRIES_AMONG_MANY):
                if number >= _TRIES:
                    await asyncio.sleep(random.uniform(0.0, min(_GAP_S * number, _LONGEST_GAP_S)))
                rest = await self._apply(rest)
                if not rest:
                    return ()
            raise DefectError("something else keeps changing the same run")
        except StoreInDoubt as error:
            self.trouble = str(error)
        except StoreUnavailable as error:
            self.trouble = str(error)
            return rest
        except Exception as error:
            return await self._commit_alone(rest, error)
        return ()

    async def _apply(self, batch: Sequence[_Entry]) -> list[_Entry]:
        """Decide and commit; return the entries whose runs were refused."""
        routes = [self._route(entry) for entry in batch]
        loaded = await self._store.load(
            event_ids=[entry.event.id for entry in batch],
            keys=list({key for route in routes for key in route.keys}),
            runs=list({route.run for route in routes} - {""}),
        )
        if self._learn is not None:
            asked = {str(entry.event.payload.get("version", "")) for entry in batch if entry.is_ours}  # of a new leg
            await self._learn(asked | {row.version for row in loaded.rows.values()})
        decided = list(zip(batch, self._decide_all(batch, routes, loaded), strict=True))
        for entry, change in decided:
            if change is None:
                self._leave_alone(entry)
        batch = [entry for entry, change in decided if change is not None]
        changes = [change for _, change in decided if change is not None]
        begun_at = time.perf_counter()
        try:
            refused = await self._store.apply(changes)
            self._meter.committed(time.perf_counter() - begun_at)
        except StoreInDoubt:
            self._in_doubt.append((batch, changes))
            raise
        return self._conclude(batch, changes, refused)

    def _conclude(self, batch: Iterable[_Entry], changes: Iterable[Change], refused: Collection[str]) -> list[_Entry]:
        """Tell everybody what is committed; return the entries whose runs were refused."""
        again = []
        for entry, change in zip(batch, changes, strict=True):
            if change.row is not None and change.row.run in refused:
                again.append(entry)
                continue
            self._tell_followers(entry.event, change)
            self._finish(entry, None)
        return again

    def _tell_followers(self, event: Event, change: Change) -> None:
        """*change* is committed: whatever goes wrong now must not keep the others of its batch from being followed."""
        try:
            self._follow(change)
        except Exception as error:
            self._report(event, error, change.row.run if change.row else "")

    def _route(self, entry: _Entry) -> Route:
        try:
            return self._core.route(entry.event)
        except Exception as error:
            self._note_fault(entry, error, "")
            self._note_fault(entry, error, "")
            return _Nowhere()

    def _decide_all(self, batch: Sequence[_Entry], routes: Iterable[Route], loaded: Loaded) -> list[Change | None]:
        """Return one change for each entry, decided on what the ones before it left; None: it is not for us."""
        runs, rows, now = dict(loaded.runs), dict(loaded.rows), self._clock.now()
        changes: list[Change | None] = []
        for entry, route in zip(batch, routes, strict=True):
            if entry.event.id in loaded.seen:
                changes.append(Change(event_id="", at=now, settled=entry.settles))
                continue
            run = next((runs[key] for key in route.keys if key in runs), route.run)
            begun_at = time.perf_counter()
            try:
                change = self._decide(entry, rows.get(run), run, now)
            except RunTooNew:
                changes.append(None)
                continue
            self._meter.decided(time.perf_counter() - begun_at)
            if change.row is not None:
                rows[change.row.run] = change.row
                runs.update(dict.fromkeys(change.keys, change.row.run))
            if not set(entry.settles) <= set(change.settled):
                change = replace(change, settled=(*change.settled, *entry.settles))
            changes.append(change)
        return changes

    def _decide(self, entry: _Entry, row: Row | None, run: str, now: float) -> Change:
        """Return the core's change; a defect of ours harms this event and its run only."""
        event, faults = entry.event, entry.faults
        if not faults:
            try:
                return self._core.decide(event, row, run=run, now=now)
            except RunTooNew:
                raise
            except Exception as error:
                self._note_fault(entry, error, run)
        if len(faults) == 1:
            try:
                return self._core.after_defect(event, row, run=run, now=now, error=faults[0])
            except Exception as error:
                self._note_fault(entry, error, run)
        failed = JournalEntry(run=run, at=now, kind="failed", record={"event": event.type, "error": faults[0]})
        return Change(event_id=event.id, at=now, journal=(failed,))

    def _leave_alone(self, entry: _Entry) -> None:
        """Leave an event to a newer process: Telnyx sends it again, timers are fired there, ours are kept a while."""
        if entry.is_ours and entry.event.type != TIMER:
            asyncio.get_running_loop().call_later(_ALONE_PAUSE_S, self._put_back, entry)
        else:
            self._finish(entry, StoreUnavailable("a newer version of ringflow goes on with this call"))

    def _put_back(self, entry: _Entry) -> None:
        self._queue.append(entry)
        self._wake.set()

    async def _commit_alone(self, entries: Sequence[_Entry], error: Exception) -> Sequence[_Entry]:
        """Find the one event of a batch that cannot be committed, a defect of ours; it harms its own run only."""
        if len(entries) > 1:
            for number, entry in enumerate(entries):
                left = await self._commit([entry])
                if self.trouble is not None:
                    return [*left, *entries[number + 1 :]]
            return ()
        self._note_fault(entries[0], error, "")
        if len(entries[0].faults) <= _MOST_FAULTS:
            return await self._commit(entries)
        self._finish(entries[0], error)
        return ()

    def _note_fault(self, entry: _Entry, error: Exception, run: str) -> None:
        entry.faults.append(fault.named(error).encode("utf-8", "backslashreplace").decode())  # fit for any journal
        self._report(entry.event, error, run)

    def _report(self, event: Event, error: Exception, run: str) -> None:
        self._meter.defect("event")
        self._log.error(
            "event_failed", event_id=event.id, event_type=event.type, run=run, exception=fault.traced(error)
        )

    def _postpone(self, entries: Sequence[_Entry]) -> None:
        """Tell those who can send again, and put our own events back in front of the queue."""
        for entry in entries:
            if not entry.is_ours:
                self._finish(entry, StoreUnavailable(self.trouble or ""))
        self._queue.extendleft(entry for entry in reversed(entries) if entry.is_ours)

    def _finish(self, entry: _Entry, error: Exception | None) -> None:
        if self._in_flight.get(entry.event.id) is entry:
            del self._in_flight[entry.event.id]
        if entry.done.done():
            return
        if error is None:
            entry.done.set_result(None)
        else:
            entry.done.set_exception(error)
            entry.done.exception()  # whoever waited may have gone; an error that nobody reads is no news

    async def _wait_for_store(self) -> None:
        """Return when the database can be written again. Each reason is told once."""
        pause_s = 0.0 if self._in_doubt else _FIRST_PAUSE_S  # a single connection that broke keeps nobody waiting
        told = ""
        while self.trouble is not None:
            if self.trouble != told:
                self._log.error("database_away", problem=self.trouble)
                told = self.trouble
            await self._clock.sleep_until(self._clock.now() + pause_s)
            pause_s = min(max(pause_s * 2, _FIRST_PAUSE_S), _LAST_PAUSE_S)
            try:
                await self._store.try_out()
                await self._settle_doubts()
            except StoreUnavailable as error:
                self.trouble = str(error)
            else:
                self.trouble = None
        if told:
            self._log.info("database_back")

    async def _settle_doubts(self) -> None:
        """
        Commit again what may not have been committed; what had been is followed now.

        Raises StoreUnavailable: what is still in doubt stays so.
        """
        while self._in_doubt:
            batch, changes = self._in_doubt[0]
            try:
                refused = await self._store.apply(changes)
                if refused:
                    ids = [change.event_id for change in changes if change.event_id]
                    loaded = await self._store.load(event_ids=ids, keys=(), runs=list(refused))
                    refused -= standing_runs(changes, loaded)
            except StoreUnavailable:
                raise
            except Exception as error:
                again = await self._commit_alone(batch, error)
            else:
                again = self._conclude(batch, changes, refused)
            del self._in_doubt[0]
            self._queue.extendleft(reversed(again))
