"""
The outbox of the stage: commands on their way to the simulated Telnyx, by the service's own delivery policy.

One command of a chain at a time, hang-ups before all; a head that waits too long gives up those behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace

import orjson

from engine.core.answer import Answer, answer_from
from engine.core.catalogue import Catalogue, flat_query
from engine.core.command import HTTP, NOTIFY, TELL, Command, OutboxRow
from engine.core.delivery import (
    PATIENCE_S,
    Ask,
    Attempt,
    Failure,
    Send,
    Settle,
    Step,
    Terms,
    blocked,
    next_step,
    terms_of,
)
from engine.core.event import Event
from engine.scenario.outside import Outside
from engine.simulator.world import World

ANSWER_TIME_S = 0.05  # between a request and its answer
_LONGEST_ATTEMPT_S = 5.0  # as the service's HTTP client waits (runtime.md, Stores, Owner)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """
    What the attempt *index* of a command will have come to at *at*: an answer, or a failure. *is_question*: the
    question *index* whether it was done.
    """

    at: float
    index: int = 0
    is_question: bool = False
    answer: Answer | None = None
    failure: Failure | None = None


@dataclass(slots=True)
class Flight:
    """A command that is being sent since *since*. *wake_at* is when to ask the policy again, whatever arrives."""

    row: OutboxRow
    since: float
    attempts: list[Attempt] = field(default_factory=list)
    questions: list[Attempt] = field(default_factory=list)
    arrivals: list[Arrival] = field(default_factory=list)
    wake_at: float = 0.0

    @property
    def due(self) -> float:
        """When something happens to it next, in epoch seconds."""
        return min([self.wake_at, *(arrival.at for arrival in self.arrivals)])

    def land(self, now: float) -> list[Answer]:
        """Take what has arrived by *now*, and return the answers."""
        here = [arrival for arrival in self.arrivals if arrival.at <= now]
        for arrival in here:
            self.arrivals.remove(arrival)
            those = self.questions if arrival.is_question else self.attempts
            those[arrival.index] = replace(
                those[arrival.index], ended_at=now, answer=arrival.answer, failure=arrival.failure
            )
        return [arrival.answer for arrival in here if arrival.answer is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Telnyx refuses the next *times* requests of *operations* with an HTTP *status* and an error *code*."""

    operations: tuple[str, ...]
    status: int
    code: str
    times: int = 1


@dataclass(slots=True, kw_only=True)
class Outbox:
    """
    The commands that are committed and not settled. *sent* is every command when it was first tried, and every
    lookup, oldest first, with the time in epoch seconds. *outside* answers what is looked up. *faults* are used up as
    requests meet them.
    *paused_until*: when Telnyx, having answered 429, takes commands again.
    """

    catalogue: Catalogue
    world: World
    rows: list[OutboxRow] = field(default_factory=list)
    flights: dict[str, Flight] = field(default_factory=dict)
    sent: list[tuple[float, OutboxRow]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    outside: Outside = field(default_factory=Outside)
    paused_until: float = 0.0

    def add(self, rows: Collection[OutboxRow]) -> None:
        self.rows.extend(rows)

    def forget(self, *, withdrawn: Collection[str], abandoned: Collection[str], settled: Collection[str]) -> None:
        """Take rows out: withdrawn ones if they were never tried; nobody waits for those under way."""
        gone = {*abandoned, *settled, *(cid for cid in withdrawn if cid not in self.flights)}
        self.rows = [row for row in self.rows if row.command_id not in gone]
        for command_id in gone & self.flights.keys():
            del self.flights[command_id]

    def next_due(self) -> float | None:
        """Return when an answer arrives, or a command is to be sent again or given up, in epoch seconds."""
        dues = [flight.due for flight in self.flights.values()]
        dues += [_patience(flight, row) for flight in self.flights.values() for row in self._behind(flight)]
        return min(dues, default=None)

    def flush(self, now: float, receive: Callable[[Event], None]) -> None:
        """Send what may be sent now, and hand messages between runs to *receive*."""
        while (row := self._next_row()) is not None:
            operation = row.command.operation
            if operation in (TELL, NOTIFY):
                self.rows.remove(row)
            if operation == TELL:
                parameters = row.command.parameters
                receive(
                    Event(
                        id=row.command_id,
                        type=parameters["type"],
                        payload=parameters["payload"],
                        run=row.command.path["run"],
                    )
                )
            elif operation == NOTIFY:
                self.sent.append((now, row))
            else:
                self.flights[row.command_id] = Flight(row, now)
                self._go_on(self.flights[row.command_id], now, receive)

    def tick(self, now: float, receive: Callable[[Event], None]) -> None:
        """Take the answers that are due, send again what the policy says, give up what waited behind them too long."""
        for flight in [flight for flight in self.flights.values() if flight.due <= now]:
            answers = flight.land(now)
            if flight.row.command.operation != HTTP:
                waits = [answer.retry_after_s or 0.0 for answer in answers if answer.is_throttled]
                self.paused_until = max([self.paused_until, *(now + wait_s for wait_s in waits)])
            if flight.row.command_id in self.flights:
                self._go_on(flight, now, receive)
        for flight in list(self.flights.values()):
            for row in self._behind(flight):
                if _patience(flight, row) <= now and row in self.rows:
                    self.rows.remove(row)
                    receive(blocked(row))

    def _go_on(self, flight: Flight, now: float, receive: Callable[[Event], None]) -> None:
        """Ask the delivery policy about one command, and do it."""
        row, terms = flight.row, terms_of(flight.row, self.catalogue)
        while isinstance(step := self._next_step(flight, terms, now), Send | Ask):
            if self.paused_until > now and not row.urgent and row.command.operation != HTTP:
                flight.wake_at = self.paused_until
                return
            if isinstance(step, Ask):
                flight.questions.append(Attempt(at=now))
                arrival = self._request(step.question, "", now)
                flight.arrivals.append(replace(arrival, index=len(flight.questions) - 1, is_question=True))
            else:
                self._send(flight, now)
        if isinstance(step, Settle):
            del self.flights[row.command_id]
            self.rows.remove(row)
            receive(step.outcome)
        else:
            flight.wake_at = step.until

    def _next_step(self, flight: Flight, terms: Terms, now: float) -> Step:
        return next_step(flight.row, terms, flight.attempts, questions=flight.questions, restarted=False, now=now)

    def _send(self, flight: Flight, now: float) -> None:
        row = flight.row
        is_lookup = row.command.operation == HTTP
        if is_lookup or not flight.attempts:  # whoever is asked notices each time; Telnyx takes a repeated id for one
            self.sent.append((now, row))
        flight.attempts.append(Attempt(at=now))
        arrival = self._look_up(row, now) if is_lookup else self._request(row.command, row.command_id, now)
        flight.arrivals.append(replace(arrival, index=len(flight.attempts) - 1))

    def _look_up(self, row: OutboxRow, now: float) -> Arrival:
        answer = self.outside.ask(row.command, now=now)
        if answer is None:
            return Arrival(at=now + row.command.parameters["timeout_s"], failure="silent")
        return Arrival(at=now + ANSWER_TIME_S, answer=answer)

    def _request(self, command: Command, command_id: str, now: float) -> Arrival:
        operation = self.catalogue.operations[command.operation]
        self._arm(operation.name)
        body = dict(command.parameters)
        if operation.takes_command_id:
            body["command_id"] = command_id
        response = self.world.request(
            operation.method,
            operation.url_path(command.path),
            query=dict(flat_query(command.query)),
            body=body,
            now=now,
        )
        takes_s = ANSWER_TIME_S + response.late_s
        if response.is_cut or takes_s > _LONGEST_ATTEMPT_S:
            return Arrival(at=now + min(takes_s, _LONGEST_ATTEMPT_S), failure="silent")
        answer = answer_from(response.status, response.headers, orjson.dumps(response.body), now=now)
        return Arrival(at=now + takes_s, answer=answer)

    def _arm(self, operation: str) -> None:
        """Let a fault of a scenario meet this request; one fault may wait for any of several operations."""
        fault = next((fault for fault in self.faults if operation in fault.operations), None)
        if fault is None:
            return
        self.world.fail_next(operation, fault.status, fault.code)
        place = self.faults.index(fault)
        self.faults[place : place + 1] = [replace(fault, times=fault.times - 1)] if fault.times > 1 else []

    def _next_row(self) -> OutboxRow | None:
        waiting = [row for row in self.rows if row.command_id not in self.flights]
        urgent = next((row for row in waiting if row.urgent), None)
        if urgent is not None:
            return urgent
        blocked_chains = {flight.row.chain for flight in self.flights.values() if not flight.row.urgent}
        for row in waiting:
            if row.command.operation in (TELL, NOTIFY) or row.chain not in blocked_chains:
                return row
        return None

    def _behind(self, flight: Flight) -> list[OutboxRow]:
        """Return the rows that wait for *flight*, because they are in its chain."""
        if flight.row.urgent:
            return []
        chain = flight.row.chain
        return [row for row in self.rows if row.chain == chain and row is not flight.row and not row.urgent]


def _patience(flight: Flight, row: OutboxRow) -> float:
    """Return until when *row* waits behind *flight*."""
    return max(flight.since, row.created_at) + PATIENCE_S
