"""What must never happen in a scenario: the file's ``never``, long silence, exhausted budgets, defects of ours."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.core.change import JournalEntry
from engine.scenario.cast import Cast
from engine.scenario.matching import is_done, is_heard
from engine.scenario.script import (
    SILENCE_S,
    Check,
    CommandsWithoutEvent,
    Does,
    Hears,
    IsIn,
    Remembers,
    Rule,
    SilenceLongerThan,
)
from engine.scenario.silence import Silence
from engine.scenario.timeline import Timeline

_ROUNDING_S = 1e-6


class Broken(Exception):
    """Something happened that must never happen."""


@dataclass(slots=True, kw_only=True)
class Guard:
    """
    Watches one scenario. *rules* are those of the file; the others always hold.

    *is_patient*: Telnyx misbehaves, so silence counts only where the flow itself waits for an event: not while ringflow
    waits for a step's end, which has a limit of its own, nor in a room that others were kept out of.
    """

    cast: Cast
    timeline: Timeline
    rules: tuple[Rule, ...]
    is_patient: bool = False
    silence: Silence = field(init=False)
    _seen: tuple[int, int, int] = (0, 0, 0)

    def __post_init__(self) -> None:
        self.silence = Silence(self.cast.stage.world)

    @property
    def longest_silence_s(self) -> float:
        given = [rule.what.seconds for rule in self.rules if isinstance(rule.what, SilenceLongerThan)]
        return min([SILENCE_S, *given])

    def let_pass(self, until: float) -> None:
        """Time passes up to *until* and nothing happens. Raises Broken when somebody sits in silence for too long."""
        longest = self.silence.longest()
        if longest is None:
            return
        leg, since = longest
        if until - since > self.longest_silence_s + _ROUNDING_S:
            self.cast.stage.now = since + self.longest_silence_s
            name = self.cast.called(self.cast.name_of(leg))
            raise Broken(f"{name} sits in silence for longer than {self.longest_silence_s:g}s")

    def observe(self) -> None:
        """Take in what has just happened. Raises Broken."""
        seen = self._seen
        self.silence.observe(self.timeline.read(), excused=self._waits_for_telnyx)
        timeline = self.timeline
        self._seen = (len(timeline.heard), len(timeline.done), len(timeline.moved))
        if timeline.broken:
            raise Broken(_sentence(timeline.broken[0]))
        for rule in self.rules:
            if self._is_broken(rule, seen):
                raise Broken(f"this must never happen: {rule.text} (line {rule.line})")

    def _waits_for_telnyx(self, call_control_id: str) -> bool:
        if not self.is_patient:
            return False
        stage = self.cast.stage
        run = stage.run_of(call_control_id)
        session = stage.leg(run)
        if session is None or session.status == "ended":
            return False
        is_asking = any(row.run == run for row in stage.outbox.rows)
        is_at_work = session.running is not None or session.connecting is not None or session.is_in_room
        return is_asking or is_at_work or session.status != "live"

    def _is_broken(self, rule: Rule, seen: tuple[int, int, int]) -> bool:
        what = rule.what
        if isinstance(what, SilenceLongerThan):
            return False  # see let_pass
        if isinstance(what, CommandsWithoutEvent):
            return max(self.timeline.restless.values(), default=0) > what.most
        return self._is_true(what, seen)

    def _is_true(self, check: Check, seen: tuple[int, int, int]) -> bool:
        heard, done, moved = seen
        match check:
            case Hears():
                lines = self.timeline.heard[heard:]
                return any(self._is_of(check.leg, line.leg or "") and is_heard(check, line.what) for line in lines)
            case Does():
                return any(self._is_of(check.leg, d.leg) and is_done(check, d) for d in self.timeline.done[done:])
            case IsIn():
                moves = self.timeline.moved[moved:]
                return any(
                    self._is_of(check.leg, move.leg) and (move.flow, move.state) == (self.cast.flow.name, check.state)
                    for move in moves
                )
            case Remembers():
                names = [check.leg] if check.leg else list(self.cast.legs)
                sessions = [session for name in names if (session := self.cast.session(name)) is not None]
                return any(
                    all(self.cast.level(s).variables.get(n) == v for n, v in check.values.items()) for s in sessions
                )

    def _is_of(self, name: str, leg: str) -> bool:
        return not name or self.cast.legs.get(name) == leg


def _sentence(line: JournalEntry) -> str:
    record = line.record
    if line.kind == "failed":
        return f"ringflow met a defect of its own at {record['type']}: {record['error']}"
    if "steps" in record:
        return f"the flow did {record['steps'] - 1} steps without anything from outside, in {record['state']}"
    return f"the flow waited ten minutes in {record['state']}, which has no limit of its own"
