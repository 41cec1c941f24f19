"""Stand-ins for clock, store and carrier, for the tests of ringflow and of those who build on it."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from engine.core.answer import Answer
from engine.core.change import Change, JournalEntry, Row, Timer, is_failure
from engine.core.command import Command, OutboxRow
from engine.core.mentions import Number
from engine.errors import CarrierError, StoreUnavailable
from engine.ports import PINNED, Forgotten, Loaded, Outstanding
from engine.store.forgetting import Line, fates_of, masked_lines
from engine.store.refusal import is_taken, refused_runs
from engine.store.rows import json_text, outbox_values

_ROUNDS = 60  # more turns of the event loop than any chain of callbacks in ringflow is long


async def settle() -> None:
    """Let everything run that can run without time passing or another thread answering."""
    for _ in range(_ROUNDS):
        await asyncio.sleep(0)


class FakeClock:
    """A clock that stands still until it is told to go on."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self._now = now
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> float:
        return self._now

    async def sleep_until(self, when: float) -> None:
        if when <= self._now:
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (when, next(self._order), woken))
        await woken

    async def advance(self, seconds: float) -> None:
        """Let *seconds* pass: wake each sleeper at its time, in order, and let it work before the next one."""
        await settle()
        end = self._now + seconds
        while self._sleepers and self._sleepers[0][0] <= end:
            when, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                self._now = max(self._now, when)
                woken.set_result(None)
                await settle()
        self._now = end
        await settle()

    def set_back(self, seconds: float) -> None:
        """Put the clock back, as an operator or a time server may."""
        self._now -= seconds


class MemoryStore:
    """A Store that forgets everything with the process. While *is_away* is true it raises StoreUnavailable."""

    shared = None

    def __init__(self) -> None:
        self.is_away = False
        self.rows: dict[str, Row] = {}
        self.keys: dict[str, str] = {}
        self.inbox: dict[str, tuple[str, float]] = {}
        self.outbox: dict[str, OutboxRow] = {}
        self.timers: dict[str, Timer] = {}
        self.journal: list[JournalEntry] = []
        self.notes: dict[str, str] = {}
        self.kept: dict[str, dict[str, bytes]] = {}
        self.commits = 0

    async def open(self) -> None:
        self._check()

    async def close(self) -> None:
        pass

    async def load(self, *, event_ids: Sequence[str], keys: Sequence[str], runs: Sequence[str]) -> Loaded:
        self._check()
        by_key = {key: self.keys[key] for key in keys if key in self.keys}
        wanted = {*runs, *by_key.values()}
        return Loaded(
            seen=frozenset(event_id for event_id in event_ids if event_id in self.inbox),
            runs=by_key,
            rows={run: self.rows[run] for run in wanted if run in self.rows},
        )

    async def apply(self, changes: Sequence[Change]) -> frozenset[str]:
        self._check()
        vers = {run: row.ver for run, row in self.rows.items()}
        seen = set(self.inbox)
        refused = refused_runs(changes, seen=seen, vers=vers)
        for change in changes:
            if is_taken(change, seen=seen, refused=refused):
                self._write(change)
        self.commits += 1
        return refused

    async def try_out(self) -> None:
        self._check()

    async def attempt(self, command_ids: Sequence[str], *, at: float) -> frozenset[str]:
        self._check()
        there = frozenset(command_ids) & self.outbox.keys()
        for command_id in there:
            row = self.outbox[command_id]
            if row.first_attempt_at is None:
                self.outbox[command_id] = replace(row, first_attempt_at=at)
        return there

    async def outstanding(self) -> Outstanding:
        self._check()
        rows = sorted(self.outbox.values(), key=lambda row: (row.created_at, row.chain, row.seq))
        timers = sorted(self.timers.values(), key=lambda timer: (timer.due, timer.run))
        return Outstanding(outbox=tuple(rows), timers=tuple(timers))

    async def keep_version(self, version: str, files: Mapping[str, bytes]) -> None:
        self._check()
        self.kept.pop(version, None)
        self.kept[version] = dict(files)

    async def versions(self) -> Mapping[str, Mapping[str, bytes]]:
        self._check()
        return dict(self.kept)

    async def note(self, name: str) -> str | None:
        self._check()
        return self.notes.get(name)

    async def first_note(self, name: str, value: str) -> str:
        self._check()
        return self.notes.setdefault(name, value)

    async def put_note(self, name: str, value: str) -> None:
        self._check()
        self.notes[name] = value

    async def prune(
        self, *, before: float, failed_before: float | None = None, ids_before: float | None = None, limit: int = 500
    ) -> int:
        self._check()
        failed_before, ids_before = [before if given is None else given for given in (failed_before, ids_before)]
        failed = {entry.run for entry in self.journal if is_failure(entry)}
        ends = {run: row.ended_at for run, row in self.rows.items() if row.ended_at is not None}
        over = {run for run, at in ends.items() if at < (failed_before if run in failed else before)}
        ended = set(sorted(over)[:limit])
        lasting = {run for run, row in self.rows.items() if not row.version and row.ended_at is None} | {""}
        under_way = self.rows.keys() - ends.keys() - lasting
        size = self._size()
        self.inbox = {name: (run, at) for name, (run, at) in self.inbox.items() if at >= ids_before or run in under_way}
        self.journal = [
            entry for entry in self.journal if not (entry.run in ended or (entry.run in lasting and entry.at < before))
        ]
        for run in ended:
            self._drop(run)
        used = {row.version for row in self.rows.values()} | {self.notes.get(PINNED)}
        for version in list(self.kept)[:-10]:
            if version not in used:
                del self.kept[version]
        return size - self._size()

    async def forget(self, number: Number, *, now: float, place: str = "", limit: int = 500) -> Forgotten:
        self._check()
        fates = fates_of(self.rows.values(), number, now=now)
        for row in fates.gone:
            keys = {key: run for key, run in self.keys.items() if run == row.run}
            self._drop(row.run)
            self.keys |= keys if row in fates.emptied else {}
        gone = {row.run for row in fates.gone}
        self.journal = [entry for entry in self.journal if entry.run not in gone]
        self.rows |= {row.run: row for row in (*fates.emptied, *fates.masked)}
        open_runs = {run for run, row in self.rows.items() if row.ended_at is None}
        commands = [Line(name, row.run, outbox_values(row)[4]) for name, row in self.outbox.items()]
        history = [Line(index, entry.run, json_text(entry.record)) for index, entry in enumerate(self.journal)]
        outbox, left = masked_lines(
            [line for line in commands if number.is_in(line.text)], number, open_runs, is_history=False
        )
        journal, left_too = masked_lines(
            [line for line in history if number.is_in(line.text)], number, open_runs, is_history=True
        )
        for body, name in outbox:
            self.outbox[name] = replace(self.outbox[name], command=Command(**orjson.loads(body)))
        for record, index in journal:
            self.journal[index] = replace(self.journal[index], record=orjson.loads(record))
        live = dict.fromkeys([*fates.live, *left, *left_too])
        mentions = len(fates.masked) + len(outbox) + len(journal)
        return Forgotten(calls=len(gone), mentions=mentions, live=tuple(live))

    async def compact(self) -> None:
        self._check()

    def _drop(self, run: str) -> None:
        """Forget a run, and all that is its own but for its history."""
        del self.rows[run]
        self.timers.pop(run, None)
        self.keys = {key: other for key, other in self.keys.items() if other != run}
        self.outbox = {name: row for name, row in self.outbox.items() if row.run != run}

    def _size(self) -> int:
        tables = (self.rows, self.keys, self.inbox, self.outbox, self.timers, self.journal, self.kept)
        return sum(len(table) for table in tables)

    def _check(self) -> None:
        if self.is_away:
            raise StoreUnavailable("the database is away")

    def _write(self, change: Change) -> None:
        run = ""
        if change.row is not None:
            run = change.row.run
            self.rows[run] = change.row
            self.timers.pop(run, None)
            if change.timer is not None:
                self.timers[run] = change.timer
        if change.event_id:
            self.inbox[change.event_id] = (run, change.at)
        self.keys.update(dict.fromkeys(change.keys, run))
        self.outbox.update({row.command_id: row for row in change.commands})
        for command_id in change.withdrawn:
            if command_id in self.outbox and self.outbox[command_id].first_attempt_at is None:
                del self.outbox[command_id]
        for command_id in (*change.abandoned, *change.settled):
            self.outbox.pop(command_id, None)
        self.journal.extend(change.journal)


@dataclass(frozen=True, slots=True)
class Sending:
    """One attempt that a RecordingCarrier saw."""

    command: Command
    command_id: str
    at: float


# What a carrier does with the n-th attempt (from 1) of a command: an answer, an error to raise, or either later.
Reply = Answer | CarrierError | Awaitable[Answer]
ACCEPT = Answer(status=200, body={"data": {"result": "ok"}})


class RecordingCarrier:
    """A Carrier (and Outside) that writes down what it is asked to send, and answers as *reply* says."""

    def __init__(
        self,
        reply: Callable[[Command, int], Reply] = lambda command, attempt: ACCEPT,
        *,
        now: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.reply = reply
        self.sent: list[Sending] = []
        self._now = now

    async def send(self, command: Command, *, command_id: str) -> Answer:
        self.sent.append(Sending(command, command_id, self._now()))
        attempt = sum(1 for sending in self.sent if sending.command_id == command_id)
        reply: Any = self.reply(command, attempt)
        if isinstance(reply, CarrierError):
            raise reply
        return reply if isinstance(reply, Answer) else await reply

    async def notify(self, command: Command, *, command_id: str) -> Answer:
        return await self.send(command, command_id=command_id)

    async def http(self, command: Command, *, command_id: str) -> Answer:
        return await self.send(command, command_id=command_id)

    @property
    def operations(self) -> list[str]:
        """The operations of all attempts, in order."""
        return [sending.command.operation for sending in self.sent]
