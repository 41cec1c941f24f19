"""What the outbox tells people: refusals, defects, pauses, and whether Telnyx takes our key."""

from __future__ import annotations

from engine.core import fault
from engine.core.answer import Answer
from engine.core.command import OutboxRow
from engine.core.event import ACCEPTED, REFUSED, Event
from engine.ports import Log, Meter

_KEY_REFUSED = "Telnyx refuses the API key; set TELNYX_API_KEY"
_KEY_MAY_NOT = "Telnyx says that the API key may not control calls (403); give it the right to, or set another"


class Told:
    """Writes into *log* and counts. *key_problem* is why Telnyx takes no commands from us, None while it does."""

    def __init__(self, *, log: Log, meter: Meter) -> None:
        self._log = log
        self._meter = meter
        self.key_problem: str | None = None

    def outcome(self, row: OutboxRow, outcome: Event) -> None:
        """A command has come to its *outcome*."""
        self._meter.settled(row.command.operation, outcome.type)
        if outcome.type == ACCEPTED:
            return
        told = {name: outcome.payload[name] for name in ("status", "code", "title") if name in outcome.payload}
        name = "command_refused" if outcome.type == REFUSED else "command_in_doubt"
        self._log.warning(name, run=row.run, operation=row.command.operation, command_id=row.command_id, **told)

    def defect(self, row: OutboxRow, error: Exception) -> None:
        """Our own fault has kept a command from being sent."""
        self._meter.defect("command")
        self._log.error("command_failed", run=row.run, operation=row.command.operation, exception=fault.traced(error))

    def pause(self, seconds: float, code: str | None) -> None:
        """Telnyx wants no commands for so long."""
        self._log.warning("account_paused", seconds=round(seconds, 1), code=code)

    def key(self, answer: Answer) -> None:
        """Note whether Telnyx takes our key, and say it once when that changes."""
        if answer.refuses_key:
            problem = _KEY_REFUSED if answer.status == 401 else _KEY_MAY_NOT
            if self.key_problem is None:
                self._log.error("key_refused", problem=problem)
            self.key_problem = problem
        elif answer.ok:
            self.key_problem = None
