"""Carries out what ``core.delivery`` decides: commands go out chain by chain, and every one comes to an outcome."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

from engine.core.answer import Answer, not_sent
from engine.core.catalogue import Catalogue
from engine.core.change import Change
from engine.core.command import HTTP, NOTIFY, TELL, Command, OutboxRow
from engine.core.delivery import (
    PATIENCE_S,
    Ask,
    Attempt,
    Failure,
    Send,
    Settle,
    Step,
    Wait,
    blocked,
    in_doubt,
    next_step,
    refusal,
    terms_of,
)
from engine.core.event import ACCEPTED, REFUSED, Event
from engine.errors import CarrierSilent, CarrierUnreached, StoreUnavailable
from engine.ports import Carrier, Clock, Log, Outside, Shared, Store
from engine.runtime.attempts import FirstAttempts
from engine.runtime.clock import Alarm, Alarms
from engine.runtime.pace import DialPace

_URGENT_SLOTS = 20  # hang-ups never wait for what else is under way
_STORE_PAUSE_S = 0.5
_LEASE_PAUSE_S = 0.2  # before the lease is looked at again
_REMEMBERED_S = 30.0  # longer than a question to the store may take
_LONGEST_PAUSE_S = 60.0
_KEY_REFUSED = "Telnyx refuses the API key; set TELNYX_API_KEY"
_KEY_MAY_NOT = "Telnyx says that the API key may not control calls (403); give it the right to, or set another"
_DIAL = "dial"
_DIALS_PER_SECOND = "90103"  # concerns dials only, not the account

Post = Callable[..., asyncio.Future[None]]


@dataclass(eq=False, slots=True)
class _Entry:
    """A command on its way. *restarted*: an earlier process tried it. *is_trying*: it can no longer be withdrawn."""

    row: OutboxRow
    since: float
    restarted: bool = False
    attempts: list[Attempt] = field(default_factory=list)
    questions: list[Attempt] = field(default_factory=list)
    is_trying: bool = False
    is_dropped: bool = False
    waker: asyncio.Future[None] | None = None

    def wake(self) -> None:
        if self.waker is not None and not self.waker.done():
            self.waker.set_result(None)


@dataclass(eq=False, slots=True)
class _Chain:
    """Commands that go one after another; the first one is being worked on, since *head_since*."""

    name: str
    entries: deque[_Entry] = field(default_factory=deque)
    is_worked: bool = False
    head_since: float = 0.0
    alarm: Alarm | None = None


class Outbox:
    """
    Sends the commands of committed changes. *post* puts an event into the inbox (``Inbox.post``).

    Each chain has a task of its own; at most *max_under_way* requests are open, and some more for hang-ups.
    """

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        alarms: Alarms,
        carrier: Carrier,
        outside: Outside,
        post: Post,
        catalogue: Catalogue,
        log: Log,
        count: Callable[[str, str], None] = lambda metric, label: None,
        max_under_way: int = 80,
    ) -> None:
        self._first_attempts = FirstAttempts(store=store, clock=clock)
        self._shared: Shared | None = store.shared
        self._clock = clock
        self._alarms = alarms
        self._carrier = carrier
        self._outside = outside
        self._post = post
        self._catalogue = catalogue
        self._log = log
        self._count = count
        self._slots = asyncio.Semaphore(max_under_way)
        self._urgent_slots = asyncio.Semaphore(_URGENT_SLOTS)
        self._entries: dict[str, _Entry] = {}
        self._chains: dict[str, _Chain] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self._paused_until = 0.0
        self._dial_pace = DialPace()
        self._resting = 0
        self._gone: dict[str, float] = {}  # commands that came to their end here, by when: oldest first
        self.key_problem: str | None = None  # why Telnyx takes no commands from us, for readiness

    # -- what comes in ----------------------------------------------------------------------------------------

    def start(self, rows: Iterable[OutboxRow]) -> None:
        """Go on with the commands that another process left, oldest first."""
        for row in rows:
            self._add(row, restarted=row.first_attempt_at is not None)
        for chain in self._chains.values():  # the clock that wrote created_at may have been set back meanwhile
            head = [chain.entries.popleft()] if chain.is_worked and chain.entries else []
            chain.entries = deque([*head, *sorted(chain.entries, key=lambda entry: entry.row.seq)])

    def forget(self) -> None:
        """Let go of everything: others have taken it, and send it from now on."""
        for entry in list(self._entries.values()):
            self._drop(entry)
        self._gone.clear()

    def differs(self, held: frozenset[str], *, asked_at: float) -> frozenset[str]:
        """
        Drop what is not among *held*, the commands that were this process's to send after *asked_at*.

        Return those of *held* that are not known here: another process has left them to this one.
        """
        for entry in list(self._entries.values()):
            if entry.since < asked_at and entry.row.command_id not in held:
                self._drop(entry)
        while self._gone and next(iter(self._gone.values())) < asked_at - _REMEMBERED_S:
            del self._gone[next(iter(self._gone))]
        return held - self._entries.keys() - self._gone.keys()

    def follow(self, change: Change) -> None:
        """Take over the commands of a committed *change*, and let go of those that it withdraws or settles."""
        for row in change.commands:
            self._add(row)
        for command_id in change.withdrawn:
            entry = self._entries.get(command_id)
            if entry is not None and not (entry.is_trying or entry.restarted):
                self._drop(entry)
        for command_id in (*change.abandoned, *change.settled):
            entry = self._entries.get(command_id)
            if entry is not None:
                self._drop(entry)

    @property
    def is_idle(self) -> bool:
        """True when nothing is under way: each chain has come to its end, or rests until a time."""
        return len(self._chains) == self._resting

    @property
    def waiting(self) -> int:
        return len(self._entries)

    @property
    def paused_until(self) -> float:
        """Until when Telnyx wants no commands of this account, epoch seconds."""
        return self._paused_until

    @paused_until.setter
    def paused_until(self, until: float) -> None:
        self._paused_until = max(self._paused_until, min(until, self._clock.now() + _LONGEST_PAUSE_S))

    async def run(self) -> None:
        """Send what comes, for ever."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            for chain in self._chains.values():
                tasks.create_task(self._work(chain))
            await asyncio.get_running_loop().create_future()

    def _add(self, row: OutboxRow, *, restarted: bool = False) -> None:
        if row.command_id in self._entries or row.command_id in self._gone:
            return
        entry = self._entries[row.command_id] = _Entry(row, self._clock.now(), restarted)
        name = _chain_name(row)
        chain = self._chains.get(name)
        if chain is not None:
            chain.entries.append(entry)
            self._guard(chain)
            return
        chain = self._chains[name] = _Chain(name, deque((entry,)))
        if self._tasks is not None:
            self._tasks.create_task(self._work(chain))

    def _drop(self, entry: _Entry) -> None:
        """Forget *entry*; a request that is under way is not waited for."""
        self._leave(entry)
        entry.is_dropped = True
        chain = self._chains.get(_chain_name(entry.row))
        if chain is not None and chain.entries and chain.entries[0] is not entry:
            with suppress(ValueError):
                chain.entries.remove(entry)
        entry.wake()

    def _leave(self, entry: _Entry) -> None:
        """*entry* has come to its end; what the store still says of it, for a moment, does not bring it back."""
        self._entries.pop(entry.row.command_id, None)
        if self._shared is not None:
            self._gone[entry.row.command_id] = self._clock.now()

    # -- one chain --------------------------------------------------------------------------------------------

    async def _work(self, chain: _Chain) -> None:
        """Bring the commands of *chain* to their outcomes, one after another."""
        chain.is_worked = True
        while chain.entries:
            entry = chain.entries[0]
            chain.head_since = self._clock.now()
            self._guard(chain)
            try:
                await self._deliver(entry)
            except Exception as error:
                self._report(entry, error)
                await self._settle(entry, refusal(entry.row, code="defect", title="A defect of ringflow"))
            chain.entries.popleft()
        if chain.alarm is not None:
            chain.alarm.cancel()
        del self._chains[chain.name]

    def _guard(self, chain: _Chain) -> None:
        """See to it that nothing waits behind the head for longer than the patience (runtime.md, "Commands", 4)."""
        if len(chain.entries) < 2 or chain.alarm is not None:
            return
        behind = chain.entries[1]
        if behind.row.urgent or behind.row.command.operation == TELL:
            return
        due = max(chain.head_since, behind.since) + PATIENCE_S
        chain.alarm = self._alarms.set(due, partial(self._give_up_behind, chain))

    def _give_up_behind(self, chain: _Chain) -> None:
        now = self._clock.now()
        chain.alarm = None
        for entry in list(chain.entries)[1:]:
            if max(chain.head_since, entry.since) + PATIENCE_S <= now:
                self._drop(entry)
                outcome = in_doubt(entry.row) if entry.restarted else blocked(entry.row)
                self._post(outcome, settles=(entry.row.command_id,))
                self._note_outcome(entry, outcome)
        self._guard(chain)

    # -- one command ------------------------------------------------------------------------------------------

    async def _deliver(self, entry: _Entry) -> None:
        """Return when *entry* has come to its outcome or was dropped."""
        if entry.row.command.operation == TELL:
            await self._tell(entry)
            return
        while not entry.is_dropped:
            step = self._next_step(entry)
            if isinstance(step, Settle):
                await self._settle(entry, step.outcome)
                return
            if isinstance(step, Wait):
                await self._wait(entry, step.until)
            elif isinstance(step, Ask):
                await self._ask(entry, step.question)
            else:
                await self._try(entry)

    def _next_step(self, entry: _Entry) -> Step:
        """Return what to do about *entry* now; where Telnyx wants no commands, a Send becomes a Wait."""
        now = self._clock.now()
        step = next_step(
            entry.row,
            terms_of(entry.row, self._catalogue),
            entry.attempts,
            questions=entry.questions,
            restarted=entry.restarted,
            now=now,
        )
        until = self._held_until(entry)
        return Wait(until) if isinstance(step, Send | Ask) and until > now else step

    async def _tell(self, entry: _Entry) -> None:
        row = entry.row
        message = row.command.parameters
        event = Event(id=row.command_id, type=message["type"], payload=message["payload"], run=row.command.path["run"])
        if self._shared is not None and not await self._is_next(entry):
            return
        if not entry.is_dropped:
            entry.is_trying = True
            await self._post(event, settles=(row.command_id,))
            self._leave(entry)

    async def _is_next(self, entry: _Entry) -> bool:
        """Return whether the message *entry* is this process's to deliver now, once the store can say so."""
        while not entry.is_dropped:
            try:
                return await self._may_send(entry)
            except StoreUnavailable:
                await self._wait(entry, self._clock.now() + _STORE_PAUSE_S)
        return False

    def _held_until(self, entry: _Entry) -> float:
        """Return until when nothing may be sent; Telnyx's own pauses let hang-ups and messages to others through."""
        operation = entry.row.command.operation
        if self._shared is not None and not self._shared.is_held:
            return self._clock.now() + _LEASE_PAUSE_S
        if entry.row.urgent or operation in (NOTIFY, HTTP):
            return 0.0
        dial_at = self._dial_pace.free_at(self._clock.now()) if operation == _DIAL else 0.0
        return max(self._paused_until, dial_at)

    async def _wait(self, entry: _Entry, until: float) -> None:
        """Return at *until*, or earlier when an attempt has ended or the entry was dropped."""
        entry.waker = asyncio.get_running_loop().create_future()
        alarm = self._alarms.set(until, entry.wake)
        rests = all(attempt.ended_at is not None for attempt in entry.attempts)
        self._resting += rests
        await entry.waker
        self._resting -= rests
        alarm.cancel()

    async def _try(self, entry: _Entry) -> None:
        """Begin one attempt, once there is a place and the store knows of it; unless it is no longer to be sent."""
        slots = self._urgent_slots if entry.row.urgent else self._slots
        await slots.acquire()  # this may take long: the id may be too old meanwhile, or an answer may have come
        is_wanted, pause_s = False, 0.0
        try:
            if isinstance(self._next_step(entry), Send):
                if entry.row.command.operation == _DIAL:  # before others are let in: all who wait ask at one instant
                    self._dial_pace.begin(self._clock.now())
                is_wanted = await self._may_send(entry)
        except StoreUnavailable:
            entry.is_trying, pause_s = False, _STORE_PAUSE_S
        finally:
            if not is_wanted:
                slots.release()
        if is_wanted:
            assert self._tasks is not None
            entry.attempts.append(Attempt(at=self._clock.now()))
            self._tasks.create_task(self._attempt(entry, len(entry.attempts) - 1, slots))
        elif pause_s:
            await self._wait(entry, self._clock.now() + pause_s)

    async def _ask(self, entry: _Entry, question: Command) -> None:
        """Ask Telnyx whether *entry* was done, and write down what it says."""
        at = self._clock.now()
        answer: Answer | None = None
        failure: Failure | None = None
        try:
            async with self._slots:
                answer = await self._carrier.send(question, command_id="")
            self._look_at(answer)
        except CarrierUnreached:
            failure = "unreached"
        except CarrierSilent:
            failure = "silent"
        entry.questions.append(Attempt(at=at, ended_at=self._clock.now(), answer=answer, failure=failure))

    async def _may_send(self, entry: _Entry) -> bool:
        """Note the first attempt durably; False when the command was withdrawn or given up meanwhile."""
        if entry.row.first_attempt_at is None and not entry.is_dropped:
            assert self._tasks is not None
            entry.is_trying = True
            at = await self._first_attempts.note(entry.row.command_id, self._tasks)
            if at is None:
                self._drop(entry)
                self._gone.pop(entry.row.command_id, None)  # another's, or not its turn: the store will say so
            entry.row = replace(entry.row, first_attempt_at=at)
        return not entry.is_dropped

    async def _attempt(self, entry: _Entry, index: int, slots: asyncio.Semaphore) -> None:
        """Make one attempt and write down how it ended."""
        row = entry.row
        others = {NOTIFY: self._outside.notify, HTTP: self._outside.http}
        send = others.get(row.command.operation, self._carrier.send)
        answer: Answer | None = None
        failure: Failure | None = None
        try:
            answer = await send(row.command, command_id=row.command_id)
            if row.command.operation not in others:
                self._look_at(answer)
        except CarrierUnreached:
            failure = "unreached"
        except CarrierSilent:
            failure = "silent"
        except Exception as error:
            self._report(entry, error)
            answer = not_sent("a defect of ringflow")
        finally:
            slots.release()
        begun_at = entry.attempts[index].at
        entry.attempts[index] = Attempt(at=begun_at, ended_at=self._clock.now(), answer=answer, failure=failure)
        entry.wake()

    def _look_at(self, answer: Answer) -> None:
        """Learn from an answer what holds for all commands: a pause, a refused key."""
        if answer.is_throttled and answer.retry_after_s is not None and answer.code != _DIALS_PER_SECOND:
            pause_s = min(answer.retry_after_s, _LONGEST_PAUSE_S)
            self._paused_until = max(self._paused_until, self._clock.now() + pause_s)
        if answer.refuses_key:
            self._note_key(_KEY_REFUSED if answer.status == 401 else _KEY_MAY_NOT)
        elif answer.ok:
            self._note_key(None)

    def _note_key(self, problem: str | None) -> None:
        """Remember whether Telnyx takes our key, and say it once when that changes."""
        if problem is not None and self.key_problem is None:
            self._log.error("key_refused", problem=problem)
        self.key_problem = problem

    async def _settle(self, entry: _Entry, outcome: Event) -> None:
        """Report *outcome*; what is behind a command that failed waits until the run has said what becomes of it."""
        self._leave(entry)
        self._note_outcome(entry, outcome)
        done = self._post(outcome, settles=(entry.row.command_id,))
        if outcome.type != ACCEPTED:
            await asyncio.wait((done,))

    def _note_outcome(self, entry: _Entry, outcome: Event) -> None:
        row = entry.row
        self._count("commands", outcome.type)
        if outcome.type == ACCEPTED:
            return
        told = {name: outcome.payload[name] for name in ("status", "code", "title") if name in outcome.payload}
        name = "command_refused" if outcome.type == REFUSED else "command_in_doubt"
        self._log.warning(name, run=row.run, operation=row.command.operation, command_id=row.command_id, **told)

    def _report(self, entry: _Entry, error: Exception) -> None:
        row = entry.row
        self._count("defects", row.command.operation)
        self._log.error("command_failed", run=row.run, operation=row.command.operation, exc_info=error)


def _chain_name(row: OutboxRow) -> str:
    """Return the chain to work in: hang-ups overtake theirs."""
    return f"{row.chain}!" if row.urgent else row.chain
