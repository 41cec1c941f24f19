"""Carries out what ``core.delivery`` decides: commands go out chain by chain, and every one comes to an outcome."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
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
from engine.core.event import ACCEPTED, Event
from engine.errors import CarrierSilent, CarrierUnreached, StoreUnavailable
from engine.ports import Carrier, Clock, Log, Meter, Outside, Shared, Store
from engine.runtime.attempts import FirstAttempts
from engine.runtime.chain import Chain, Entry, chain_name
from engine.runtime.clock import Alarms
from engine.runtime.told import Told
from engine.runtime.turnstile import Turn, Turnstile

_STORE_PAUSE_S = 0.5
_LEASE_PAUSE_S = 0.2  # before the lease is looked at again
_REMEMBERED_S = 30.0  # longer than a question to the store may take

Post = Callable[..., asyncio.Future[None]]


class Outbox:
    """
    Sends the commands of committed changes. *post* puts an event into the inbox (``Inbox.post``).

    Each chain has a task of its own; at most *max_under_way* commands are under way, and some more hang-ups. When each
    may go, ``turnstile`` says.
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
        meter: Meter = Meter(),  # noqa: B008 (it has no state)
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
        self._told = Told(log=log, meter=meter)
        self.turnstile = Turnstile(clock=clock, alarms=alarms, max_under_way=max_under_way)
        self._entries: dict[str, Entry] = {}
        self._chains: dict[str, Chain] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self._resting = 0
        self._gone: dict[str, float] = {}  # commands that came to their end here, by when: oldest first

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
    def key_problem(self) -> str | None:
        """Why Telnyx takes no commands from us, for readiness."""
        return self._told.key_problem

    @key_problem.setter
    def key_problem(self, problem: str | None) -> None:
        self._told.key_problem = problem

    @property
    def waiting(self) -> int:
        return len(self._entries)

    @property
    def oldest_at(self) -> float | None:
        """When the oldest of those waiting was committed, in epoch seconds; a notify may take its ten minutes."""
        rows = (entry.row for entry in self._entries.values())  # in the order in which they were committed
        return next((row.created_at for row in rows if row.command.operation != NOTIFY), None)

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
        entry = self._entries[row.command_id] = Entry(row, self._clock.now(), restarted)
        name = chain_name(row)
        chain = self._chains.get(name)
        if chain is not None:
            chain.entries.append(entry)
            self._guard(chain)
            return
        chain = self._chains[name] = Chain(name, deque((entry,)))
        if self._tasks is not None:
            self._tasks.create_task(self._work(chain))

    def _drop(self, entry: Entry) -> None:
        """Forget *entry*; a request that is under way is not waited for."""
        self._leave(entry)
        entry.is_dropped = True
        chain = self._chains.get(chain_name(entry.row))
        if chain is not None and chain.entries and chain.entries[0] is not entry:
            with suppress(ValueError):
                chain.entries.remove(entry)
        entry.wake()

    def _leave(self, entry: Entry) -> None:
        """*entry* has come to its end; what the store still says of it, for a moment, does not bring it back."""
        self._entries.pop(entry.row.command_id, None)
        if self._shared is not None:
            self._gone[entry.row.command_id] = self._clock.now()

    # -- one chain --------------------------------------------------------------------------------------------

    async def _work(self, chain: Chain) -> None:
        """Bring the commands of *chain* to their outcomes, one after another."""
        chain.is_worked = True
        while chain.entries:
            entry = chain.entries[0]
            chain.head_since = self._clock.now()
            self._guard(chain)
            try:
                await self._deliver(entry)
            except Exception as error:
                self._told.defect(entry.row, error)
                await self._settle(entry, refusal(entry.row, code="defect", title="A defect of ringflow"))
            chain.entries.popleft()
        if chain.alarm is not None:
            chain.alarm.cancel()
        del self._chains[chain.name]

    def _guard(self, chain: Chain) -> None:
        """See to it that nothing waits behind the head for longer than the patience (runtime.md, "Commands", 4)."""
        if len(chain.entries) < 2 or chain.alarm is not None:
            return
        behind = chain.entries[1]
        if behind.row.urgent or behind.row.command.operation == TELL:
            return
        due = max(chain.head_since, behind.since) + PATIENCE_S
        chain.alarm = self._alarms.set(due, partial(self._give_up_behind, chain))

    def _give_up_behind(self, chain: Chain) -> None:
        now = self._clock.now()
        chain.alarm = None
        for entry in list(chain.entries)[1:]:
            if max(chain.head_since, entry.since) + PATIENCE_S <= now:
                self._drop(entry)
                outcome = in_doubt(entry.row) if entry.restarted else blocked(entry.row)
                self._post(outcome, settles=(entry.row.command_id,))
                self._told.outcome(entry.row, outcome)
        self._guard(chain)

    # -- one command ------------------------------------------------------------------------------------------

    async def _deliver(self, entry: Entry) -> None:
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
            else:
                await self._take_turn(entry)

    def _next_step(self, entry: Entry) -> Step:
        """Return what to do about *entry* now; without a lease nothing is sent."""
        step = next_step(
            entry.row,
            terms_of(entry.row, self._catalogue),
            entry.attempts,
            questions=entry.questions,
            restarted=entry.restarted,
            now=self._clock.now(),
        )
        return step if self._may_act or not isinstance(step, Send | Ask) else Wait(self._clock.now() + _LEASE_PAUSE_S)

    @property
    def _may_act(self) -> bool:
        """True while nobody else can have taken the commands of this process."""
        return self._shared is None or self._shared.is_held

    async def _tell(self, entry: Entry) -> None:
        row = entry.row
        message = row.command.parameters
        event = Event(id=row.command_id, type=message["type"], payload=message["payload"], run=row.command.path["run"])
        if self._shared is not None and not await self._is_next(entry):
            return
        if not entry.is_dropped:
            entry.is_trying = True
            await self._post(event, settles=(row.command_id,))
            self._leave(entry)

    async def _is_next(self, entry: Entry) -> bool:
        """Return whether the message *entry* is this process's to deliver now, once the store can say so."""
        while not entry.is_dropped:
            try:
                return await self._may_send(entry)
            except StoreUnavailable:
                await self._wait(entry, self._clock.now() + _STORE_PAUSE_S)
        return False

    async def _wait(self, entry: Entry, until: float = math.inf) -> None:
        """Return at *until*, or earlier when it is the entry's turn, an attempt has ended or the entry was dropped."""
        entry.waker = asyncio.get_running_loop().create_future()
        alarm = None if until == math.inf else self._alarms.set(until, entry.wake)
        rests = entry.rests
        self._resting += rests
        await entry.waker
        self._resting -= rests
        if alarm is not None:
            alarm.cancel()

    async def _take_turn(self, entry: Entry) -> None:
        """Wait for a turn, and do what is to be done then: the id may be too old, or an answer may have come."""
        row = entry.row
        turn = self.turnstile.ask(entry.kind, flow=row.flow, since=row.created_at, ring=entry.wake)
        if turn.granted_at is None:
            await self._wait(entry)
        step: Step | None = None
        try:
            if turn.granted_at is not None and not entry.is_dropped:
                step = self._next_step(entry)
        finally:
            if not isinstance(step, Send | Ask):
                self.turnstile.leave(turn, is_used=False)
        if isinstance(step, Send):
            await self._try(entry, turn)
        elif isinstance(step, Ask):
            entry.questions.append(await self._request(entry.row, step.question, "", turn, at=self._clock.now()))

    async def _try(self, entry: Entry, turn: Turn) -> None:
        """Begin one attempt, once the store knows of it; unless it is no longer to be sent."""
        is_wanted, pause_s = False, 0.0
        try:
            is_wanted = await self._may_send(entry) and isinstance(self._next_step(entry), Send)  # that took a while
        except StoreUnavailable:
            entry.is_trying, pause_s = False, _STORE_PAUSE_S
        finally:
            if not is_wanted:
                self.turnstile.leave(turn, is_used=False)
        if is_wanted:
            assert self._tasks is not None
            entry.attempts.append(Attempt(at=self._clock.now()))
            self._tasks.create_task(self._attempt(entry, len(entry.attempts) - 1, turn))
        elif pause_s:
            await self._wait(entry, self._clock.now() + pause_s)

    async def _may_send(self, entry: Entry) -> bool:
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

    async def _attempt(self, entry: Entry, index: int, turn: Turn) -> None:
        """Make one attempt and write down how it ended."""
        row, at = entry.row, entry.attempts[index].at
        entry.attempts[index] = await self._request(row, row.command, row.command_id, turn, at=at)
        entry.wake()

    async def _request(self, row: OutboxRow, command: Command, command_id: str, turn: Turn, *, at: float) -> Attempt:
        """Ask once for *command*, which is that of *row* or a question about it, and return how it ended."""
        others = {NOTIFY: self._outside.notify, HTTP: self._outside.http}
        send = others.get(command.operation, self._carrier.send)
        answer: Answer | None = None
        failure: Failure | None = None
        try:
            answer = await send(command, command_id=command_id)
            if command.operation not in others:
                self._look_at(answer, begun_at=at)
        except CarrierUnreached:
            failure = "unreached"
        except CarrierSilent:
            failure = "silent"
        except Exception as error:
            self._told.defect(row, error)
            answer = not_sent("a defect of ringflow")
        finally:
            self.turnstile.leave(turn, is_used=True)
        return Attempt(at=at, ended_at=self._clock.now(), answer=answer, failure=failure)

    def _look_at(self, answer: Answer, *, begun_at: float) -> None:
        """Learn from an answer what holds for all commands: a pause, a refused key."""
        if self.turnstile.look_at(answer, begun_at=begun_at):
            self._told.pause(self.turnstile.paused_until - self._clock.now(), answer.code)
        self._told.key(answer)

    async def _settle(self, entry: Entry, outcome: Event) -> None:
        """Report *outcome*; what is behind a command that failed waits until the run has said what becomes of it."""
        self._leave(entry)
        self._told.outcome(entry.row, outcome)
        done = self._post(outcome, settles=(entry.row.command_id,))
        if outcome.type != ACCEPTED:
            await asyncio.wait((done,))
