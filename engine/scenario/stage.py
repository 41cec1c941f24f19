"""
The service and the simulated Telnyx as one value, in virtual time: the same intake, step and delivery, no I/O.

A wait of fifteen minutes takes milliseconds. Whatever is due happens in order; nothing depends on chance.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from engine.core.change import Change, JournalEntry, Row, Timer
from engine.core.event import TIMER, Event
from engine.core.intake import after_defect, decide, route
from engine.core.leg import Leg
from engine.core.program import Library
from engine.scenario.sending import Outbox
from engine.simulator.values import Webhook
from engine.simulator.world import World


@dataclass(slots=True, kw_only=True)
class Stage:
    """
    One engine and one world, sharing a clock. *now* is in epoch seconds and moves only in :meth:`run_until`.

    *journal* is the engine's history; ``outbox.sent`` has every command that was tried, ``notify`` included.
    """

    library: Library
    world: World
    now: float
    rows: dict[str, Row] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    timers: dict[str, Timer] = field(default_factory=dict)
    journal: list[JournalEntry] = field(default_factory=list)
    outbox: Outbox = field(init=False)

    def __post_init__(self) -> None:
        self.outbox = Outbox(catalogue=self.library.catalogue, world=self.world)

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
        dues = [timer.due for timer in self.timers.values()]
        others = (self.world.next_due(), self.outbox.next_due())
        return min([*dues, *(due for due in others if due is not None)], default=None)

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
        self.outbox.tick(self.now, self.receive)
        for timer in sorted(self.timers.values(), key=lambda timer: (timer.due, timer.run)):
            if timer.due <= self.now and self.timers.get(timer.run) == timer:
                del self.timers[timer.run]
                self.receive(
                    Event(id=f"timer:{timer.run}:{timer.gen}", type=TIMER, run=timer.run, payload={"gen": timer.gen})
                )
        self._flush()
        return True

    def _flush(self) -> None:
        self.outbox.flush(self.now, self.receive)

    # -- events ------------------------------------------------------------------------------------------------

    def receive(self, event: Event) -> None:
        """Take one event as the service does: known ids change nothing, a defect of ours goes to the error exit."""
        if event.id in self.seen:
            return
        where = route(event, install=self.library.install)
        run = next((self.keys[key] for key in where.keys if key in self.keys), where.run)
        row = self.rows.get(run)
        try:
            change = decide(event, row, self.library, run=run, now=self.now)
        except Exception as defect:
            error = f"{type(defect).__name__}: {defect}"
            change = after_defect(event, row, self.library, run=run, now=self.now, error=error)
        self._commit(change)

    def _commit(self, change: Change) -> None:
        if change.event_id:
            self.seen.add(change.event_id)
        self.journal.extend(change.journal)
        self.outbox.forget(withdrawn=change.withdrawn, abandoned=change.abandoned, settled=change.settled)
        self.outbox.add(change.commands)
        if change.row is None:
            return
        run = change.row.run
        self.rows[run] = change.row
        self.keys.update(dict.fromkeys(change.keys, run))
        self.timers.pop(run, None)
        if change.timer is not None:
            self.timers[run] = change.timer


def event_of(webhook: Webhook) -> Event:
    """Return the event in a webhook, as the service's decoder would."""
    envelope = webhook.body.get("data", webhook.body)
    at = envelope.get("occurred_at") or webhook.payload.get("occurred_at")
    return Event(
        id=webhook.id,
        type=webhook.event_type,
        payload=webhook.payload,
        occurred_at=datetime.fromisoformat(at).timestamp() if at else None,
    )
