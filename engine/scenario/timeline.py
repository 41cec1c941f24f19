"""What happened on the stage, read as it comes: what was heard, what was done, which rules were used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.core.change import JournalEntry
from engine.core.command import HTTP, NOTIFY, OutboxRow
from engine.core.event import ACCEPTED, IN_DOUBT, REFUSED
from engine.core.flow import Action
from engine.core.names import is_leg
from engine.core.verbs import VERBS
from engine.scenario.stage import Stage
from engine.simulator.values import Entry

_TELLS_ONLY_RUNS = frozenset({"call_later", "tell", "run"})  # steps that ask Telnyx for nothing themselves
_OUTCOMES = frozenset({ACCEPTED, REFUSED, IN_DOUBT})


@dataclass(slots=True, kw_only=True)
class Begun:
    """A step of the flow that has begun; *done* are the operations that it has sent."""

    serial: int
    run: str
    role: str
    block: str
    action: Action
    done: set[str] = field(default_factory=set)

    @property
    def operations(self) -> tuple[str, ...]:
        verb = VERBS[self.action.verb]
        if verb.name in _TELLS_ONLY_RUNS:
            return ()
        if verb.name == "telnyx":
            return (self.action.options["operation"],)
        return verb.operations or ((verb.name,) if verb.name in (NOTIFY, HTTP) else ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """
    Something that the flow did on *leg* (a call_control_id, "" for none): a command to Telnyx, a notify, or a step
    that sends nothing (*operation* ""). *step* is the author's step behind it, None where the engine did it by itself.
    """

    at: float
    leg: str
    operation: str
    parameters: Mapping[str, Any]
    step: Begun | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A leg's run entered a state."""

    at: float
    leg: str
    flow: str
    role: str
    state: str


@dataclass(slots=True, kw_only=True)
class Timeline:
    """
    The history of one scenario, brought up to date by :meth:`read`. *used* are journal lines of rules and states,
    *restless* counts the commands of each leg since its last webhook or timer, *broken* are defects and budgets.
    """

    stage: Stage
    heard: list[Entry] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)
    used: list[JournalEntry] = field(default_factory=list)
    broken: list[JournalEntry] = field(default_factory=list)
    restless: dict[str, int] = field(default_factory=dict)
    _begun: list[Begun] = field(default_factory=list)
    _records: int = 0
    _journal: int = 0
    _sent: int = 0

    def read(self) -> list[Entry]:
        """Take in what is new; returns the new lines of the world's record."""
        record, journal, sent = self.stage.world.record, self.stage.journal, self.stage.outbox.sent
        entries = record[self._records :]
        self.heard += [entry for entry in entries if entry.kind == "hears"]
        for line in journal[self._journal :]:
            self._line(line)
        for at, row in sent[self._sent :]:
            self._command(at, row)
        self._records, self._journal, self._sent = len(record), len(journal), len(sent)
        return entries

    # -- the engine's history ----------------------------------------------------------------------------------

    def _line(self, line: JournalEntry) -> None:
        match line.kind:
            case "step":
                self._step(line)
            case "log" if self.done:
                self._log(line)
            case "state":
                self.used.append(line)
                self.moved.append(
                    Moved(
                        at=line.at,
                        leg=self._leg_of(line.run),
                        flow=line.record["flow"],
                        role=line.record["role"],
                        state=line.record["state"],
                    )
                )
            case "rule":
                self.used.append(line)
            case "failed" | "budget":
                self.broken.append(line)
            case "event" if line.record.get("type") not in _OUTCOMES:
                self.restless[line.run] = 0

    def _step(self, line: JournalEntry) -> None:
        row = self.stage.rows[line.run]
        role = self.stage.library.program(row.version, line.record["flow"]).role(line.record["role"])
        action = role.block(line.record["block"]).action(line.record["number"])
        step = Begun(serial=len(self._begun), run=line.run, role=role.name, block=line.record["block"], action=action)
        self._begun.append(step)
        if (VERBS[action.verb].silent and action.verb != NOTIFY) or action.verb in _TELLS_ONLY_RUNS:
            self._add(line.at, self._leg_of(line.run), "", action.options, step)

    def _log(self, line: JournalEntry) -> None:
        """The text of a log step, filled in."""
        last = self.done[-1]
        if last.step is not None and last.step.action.verb == "log" and last.step.run == line.run:
            self.done[-1] = Done(
                at=last.at, leg=last.leg, operation="", parameters={"text": line.record["text"]}, step=last.step
            )

    # -- commands ----------------------------------------------------------------------------------------------

    def _command(self, at: float, row: OutboxRow) -> None:
        command = row.command
        leg = str(
            command.path.get("call_control_id") or command.parameters.get("call_control_id") or self._leg_of(row.run)
        )
        parameters = {**command.path, **command.query, **command.parameters}
        if row.run.startswith("room:"):
            parameters.setdefault("room", row.run.removeprefix("room:"))
            leg = self._asker(command.operation) or leg
        run = self.stage.run_of(leg) or row.run
        self.restless[run] = self.restless.get(run, 0) + 1
        step = self._step_behind(run, command.operation)
        self._add(at, leg, command.operation, parameters, step)

    def _asker(self, operation: str) -> str:
        """Return the leg whose step the run of a room carries out with *operation*: of those who asked, the first."""
        for step in self._begun:
            if VERBS[step.action.verb].in_room and operation in step.operations and operation not in step.done:
                return self._leg_of(step.run)
        return ""

    def _step_behind(self, run: str, operation: str) -> Begun | None:
        """Return the latest step of *run* that sends *operation* and has not done so yet."""
        for step in reversed(self._begun):
            if step.run == run and operation in step.operations:
                if operation in step.done:
                    return None
                step.done.add(operation)
                return step
        return None

    def _add(self, at: float, leg: str, operation: str, parameters: Mapping[str, Any], step: Begun | None) -> None:
        self.done.append(Done(at=at, leg=leg, operation=operation, parameters=parameters, step=step))

    def _leg_of(self, run: str) -> str:
        session = self.stage.leg(run) if run in self.stage.rows and is_leg(run) else None
        return session.call_control_id if session is not None else ""
