"""
The service and the simulated Telnyx as one value, in virtual time: the same intake, step and delivery, no I/O.

A wait of fifteen minutes takes milliseconds. Whatever is due happens in order; nothing depends on chance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.core.catalogue import flat_query
from engine.core.change import Change, JournalEntry, Row, Timer
from engine.core.command import NOTIFY, TELL, Command, OutboxRow
from engine.core.event import ACCEPTED, REFUSED, TIMER, Event
from engine.core.intake import decide, route
from engine.core.leg import Leg
from engine.core.program import Library
from engine.simulator.values import Webhook
from engine.simulator.world import World

ANSWER_TIME_S = 0.05  # between a request and its answer


@dataclass(slots=True)
class Answering:
    """An answer that is on its way back."""

    at: float
    event: Event


@dataclass(slots=True, kw_only=True)
class Stage:
    """
    One engine and one world, sharing a clock. *now* is in epoch seconds and moves only in :meth:`run_until`.

    *journal* is the engine's history, *sent* every command that reached Telnyx, *notified* every notify.
    """

    library: Library
    world: World
    now: float
    rows: dict[str, Row] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    outbox: list[OutboxRow] = field(default_factory=list)
    busy: dict[str, str] = field(default_factory=dict)
    answers: list[Answering] = field(default_factory=list)
    timers: dict[str, Timer] = field(default_factory=dict)
    journal: list[JournalEntry] = field(default_factory=list)
    notified: list[Command] = field(default_factory=list)

    # -- what one can see --------------------------------------------------------------------------------------

    def leg(self, run: str) -> Leg | None:
        """Return the session of a leg's run, None when there is none."""
        row = self.rows.get(run)
        return Leg.decode(row.state) if row is not None else None

    def run_of(self, call_control_id: str) -> str:
        """Return the run of a call, "" when the engine has none."""
        return self.keys.get(f"ccid:{call_control_id}", "")

    # -- time --------------------------------------------------------------------------------------------------

    def next_due(self) -> float | None:
        """Return when something happens next, in epoch seconds; None when everything waits for people."""
        dues = [timer.due for timer in self.timers.values()] + [answer.at for answer in self.answers]
        world = self.world.next_due()
        return min([*dues, world] if world is not None else dues, default=None)

    def run_until(self, until: float) -> None:
        """Let everything that is due up to *until* happen, in order."""
        self._flush()
        while (due := self.next_due()) is not None and due <= until:
            self.tick()
        self.now = max(self.now, until)

    def tick(self) -> bool:
        """Go to the next thing that is due and let it happen; False when nothing is."""
        self._flush()
        due = self.next_due()
        if due is None:
            return False
        self.now = max(self.now, due)
        for webhook in self.world.advance(self.now):
            self.receive(event_of(webhook))
        for answer in [answer for answer in self.answers if answer.at <= self.now]:
            self.answers.remove(answer)
            self.busy = {chain: cid for chain, cid in self.busy.items() if cid != answer.event.payload["command_id"]}
            self.receive(answer.event)
        for timer in sorted(self.timers.values(), key=lambda timer: (timer.due, timer.run)):
            if timer.due <= self.now and self.timers.get(timer.run) == timer:
                del self.timers[timer.run]
                self.receive(
                    Event(id=f"timer:{timer.run}:{timer.gen}", type=TIMER, run=timer.run, payload={"gen": timer.gen})
                )
        self._flush()
        return True

    # -- events ------------------------------------------------------------------------------------------------

    def receive(self, event: Event) -> None:
        """Take one event as the service does: known ids change nothing."""
        if event.id in self.seen:
            return
        where = route(event, install=self.library.install)
        run = next((self.keys[key] for key in where.keys if key in self.keys), where.run)
        self._commit(decide(event, self.rows.get(run), self.library, run=run, now=self.now))

    def _commit(self, change: Change) -> None:
        if change.event_id:
            self.seen.add(change.event_id)
        self.journal.extend(change.journal)
        gone = {*change.abandoned, *change.settled}
        gone.update(cid for cid in change.withdrawn if cid not in self.busy.values())
        self.outbox = [row for row in self.outbox if row.command_id not in gone]
        self.outbox.extend(change.commands)
        if change.row is None:
            return
        run = change.row.run
        self.rows[run] = change.row
        self.keys.update(dict.fromkeys(change.keys, run))
        self.timers.pop(run, None)
        if change.timer is not None:
            self.timers[run] = change.timer

    # -- commands ----------------------------------------------------------------------------------------------

    def _flush(self) -> None:
        """Send what may be sent now: the head of each chain, hang-ups before all."""
        while (row := self._next_row()) is not None:
            command = row.command
            if command.operation == TELL:
                self.outbox.remove(row)
                self.receive(
                    Event(
                        id=row.command_id,
                        type=command.parameters["type"],
                        payload=command.parameters["payload"],
                        run=command.path["run"],
                    )
                )
            elif command.operation == NOTIFY:
                self.outbox.remove(row)
                self.notified.append(command)
            else:
                self.busy[row.chain] = row.command_id
                self._send(row)

    def _next_row(self) -> OutboxRow | None:
        urgent = [row for row in self.outbox if row.urgent and row.command_id not in self.busy.values()]
        if urgent:
            return urgent[0]
        blocked: set[str] = set(self.busy)
        for row in self.outbox:
            if row.command.operation in (TELL, NOTIFY) or row.chain not in blocked:
                return row
            blocked.add(row.chain)
        return None

    def _send(self, row: OutboxRow) -> None:
        operation = self.library.catalogue.operations[row.command.operation]
        body = dict(row.command.parameters)
        if operation.takes_command_id:
            body["command_id"] = row.command_id
        response = self.world.request(
            operation.method,
            operation.url_path(row.command.path),
            query=dict(flat_query(row.command.query)),
            body=body,
            now=self.now,
        )
        payload: dict[str, Any] = {"command_id": row.command_id, "operation": operation.name, "status": response.status}
        if response.status < 300:
            payload["body"] = response.body
        else:
            first: Mapping[str, Any] = (response.body.get("errors") or [{}])[0]
            payload |= {"code": first.get("code"), "title": first.get("title"), "detail": first.get("detail")}
        kind = ACCEPTED if response.status < 300 else REFUSED
        self.answers.append(
            Answering(
                self.now + ANSWER_TIME_S, Event(id=f"{row.command_id}:outcome", type=kind, run=row.run, payload=payload)
            )
        )


def event_of(webhook: Webhook) -> Event:
    """Return the event in a webhook, as the service's decoder would."""
    return Event(id=webhook.id, type=webhook.event_type, payload=webhook.payload)
