"""What happened, told in lines for a person: who heard, pressed and did what, with times."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from engine.core.command import HTTP, NOTIFY
from engine.core.leg import Leg
from engine.core.turn import AUDIO_OPERATIONS
from engine.scenario.cast import Cast
from engine.scenario.timeline import Done, Timeline
from engine.simulator.values import Entry

MOST_LINES = 25
_UNTOLD = frozenset(
    {
        "call_control_id",
        "client_state",
        "target_leg_client_state",
        "command_id",
        "webhook_retries_policies",
        "voice",
        "language",
        "payload",
        "id",
    }
)


@dataclass(slots=True, kw_only=True)
class Story:
    """Tells what happened since :meth:`begin_anew` was last called. *start* is when the scenario began."""

    cast: Cast
    timeline: Timeline
    start: float
    _from: dict[str, int] = field(default_factory=dict)

    def begin_anew(self) -> None:
        """A check was true: what came before it needs no telling."""
        self._from = {
            "record": len(self.cast.stage.world.record),
            "moved": len(self.timeline.moved),
            "done": len(self.timeline.done),
        }

    def lines(self) -> list[str]:
        """Return the lines, oldest first; of a long story the end."""
        told: list[tuple[float, int, str]] = []
        for entry in self.cast.stage.world.record[self._from.get("record", 0) :]:
            text = self._entry(entry)
            if text and entry.kind == "presses" and told and told[-1][2].startswith(text[: -len(entry.what)]):
                told[-1] = (told[-1][0], 1, told[-1][2] + entry.what)
            elif text:
                told.append((entry.at, 1, text))
        for moved in self.timeline.moved[self._from.get("moved", 0) :]:
            told.append((moved.at, 0, f"{self.cast.name_of(moved.leg)} is now in {moved.state}"))
        for done in self.timeline.done[self._from.get("done", 0) :]:
            if done.operation in ("", NOTIFY, HTTP):
                told.append((done.at, 0, self._silent(done)))
        told.sort(key=lambda line: line[:2])
        lines = []
        for text, same in groupby(told, key=lambda line: line[2]):
            found = list(same)
            often = f" ({len(found)} times)" if len(found) > 1 else ""
            lines.append(f"{self.clock(found[0][0])}  {text}{often}")
        left_out = len(lines) - MOST_LINES
        return lines if left_out <= 0 else [f"({left_out} earlier lines are left out)", *lines[left_out:]]

    @property
    def now(self) -> str:
        return self.clock(self.cast.stage.now)

    def clock(self, at: float) -> str:
        """Return a time as minutes and seconds since the scenario began."""
        tenths = round((at - self.start) * 10)
        return f"{tenths // 600}:{tenths % 600 / 10:04.1f}"

    def _entry(self, entry: Entry) -> str:
        name = self.cast.name_of(entry.leg) if entry.leg else ""
        match entry.kind:
            case "hears":
                quoted = f'"{entry.what}"' if entry.details["sound"] == "speech" else entry.what
                return f"{name} hears {quoted}"
            case "presses":
                return f"{name} presses {entry.what}"
            case "request":
                return self._request(name, entry)
            case "lost":
                return f"Telnyx does not deliver {entry.what}"
            case "state" if name and entry.what != "rung":
                return f"{name} {self._happened(entry)}"
        return ""

    def _request(self, name: str, entry: Entry) -> str:
        who = f"for {name}" if name else "for the flow"
        if entry.details["status"] >= 300:
            return f"Telnyx refuses {entry.what} {who}: {entry.details['status']}, error {entry.details['code']}"
        if entry.details["mishap"] == "ignored":
            return f"Telnyx accepts {entry.what} {who} and does nothing"
        if entry.what in AUDIO_OPERATIONS:
            return ""  # what is heard follows
        given = entry.details["parameters"]
        told = ", ".join(f"{key}: {value}" for key, value in given.items() if key not in _UNTOLD)
        return f"{entry.what} {who}" + (f" ({told})" if told else "")

    def _silent(self, done: Done) -> str:
        verb = done.step.action.verb if done.step is not None else done.operation
        plain = {key: value for key, value in done.parameters.items() if isinstance(value, str | int | float)}
        told = ", ".join(f"{key}: {value}" for key, value in plain.items())
        return f"{verb} for {self.cast.name_of(done.leg)} ({told})"

    def _happened(self, entry: Entry) -> str:
        details: dict[str, Any] = dict(entry.details)
        match entry.what:
            case "hung up":
                return f"is off the line ({details['cause']})"
            case "calls":
                return f"calls {details['to']} from {details['from']}"
            case "answered":
                return "is on the line"
            case "joined" | "left":
                return f"{'joins' if entry.what == 'joined' else 'leaves'} the room {details['name']}"
            case "enqueued":
                return f"waits in {details['queue']}, number {details['position']}"
            case "dequeued":
                return f"waits no longer in {details['queue']} ({details['reason']})"
            case "bridged":
                return f"is connected with {self.cast.name_of(details['with'])}"
        return f"- {entry.what}"

    # -- where everybody is ------------------------------------------------------------------------------------

    def places(self) -> Iterator[str]:
        """Yield where each leg is: its state and the flow's line."""
        for name in self.cast.legs:
            session = self.cast.session(name)
            if session is None:
                continue
            who = self.cast.called(name)
            if session.status == "live":
                yield f"{who} is in {session.state} ({self._place(session, session.state)})"
                continue
            look = self.cast.look(name)
            is_over = look is None or look.state == "ended"
            told = f"the call of {who} is over" if is_over else f"the flow has ended for {who}, and the call goes on"
            last = session.last_state
            yield f"{told}; it was in {last} ({self._place(session, last)})" if last else told

    def _place(self, session: Leg, state: str) -> str:
        """Return the flow's line that is being carried out: the running step's, else that of *state*."""
        program = self.cast.program_of(session)
        role = program.role(session.role)
        line = role.states[state].line
        frame = session.running.frame if session.running is not None else None
        if frame is not None and frame.depth == len(session.levels):
            line = role.block(frame.block).action(frame.number).line
        return f"{program.flow.path}:{line}"
