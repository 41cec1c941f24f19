"""One scenario in progress: each of its steps is done, and time runs as far as the step says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from engine.scenario.cast import Cast
from engine.scenario.guard import Guard
from engine.scenario.listening import listens
from engine.scenario.matching import Checker
from engine.scenario.script import (
    WITHIN_S,
    Answers,
    Calls,
    Check,
    Delays,
    Does,
    Fails,
    HangsUp,
    Hears,
    IsCalled,
    IsIn,
    Loses,
    Presses,
    Reacts,
    Remembers,
    Repeat,
    Repeats,
    Sends,
    Step,
    TellsAi,
    Waits,
)
from engine.scenario.sending import Fault
from engine.scenario.stage import Stage
from engine.scenario.story import Story
from engine.scenario.timeline import Timeline

KEY_GAP_S = 0.3  # between two keys that a person presses


class Failed(Exception):
    """A step did not work."""


@dataclass(slots=True, kw_only=True)
class Rehearsal:
    """
    One scenario in progress. *current* is the step that is being done. *slack_s*: how much longer than its limit a
    check may take, because Telnyx is slow.
    """

    stage: Stage
    cast: Cast
    timeline: Timeline
    guard: Guard
    story: Story
    checker: Checker
    slack_s: float = 0.0
    current: Step | None = None
    pressed_at: dict[str, float] = field(default_factory=dict)
    faults: dict[int, tuple[Step, Fails, Fault]] = field(default_factory=dict)

    def perform(self, step: Step) -> None:
        """Do one step. Raises: Failed, Broken."""
        if isinstance(step.what, Repeat):
            for _ in range(step.what.times):
                for inner in step.what.steps:
                    self.perform(inner)
            return
        self.current = step
        self._do(step)
        self.let_run(self.stage.now)

    def finish(self) -> None:
        """Raises Failed when Telnyx was to refuse a command that never came."""
        for step, what, fault in self.faults.values():
            if fault in self.stage.outbox.faults:
                self.current = step
                raise Failed(f"no '{what.word}' was sent to Telnyx after this, so nothing could fail")

    def _do(self, step: Step) -> None:
        match step.what:
            case Calls():
                self._call(step.what)
            case IsCalled():
                self._order(step.what)
            case Presses():
                self._press(step.what)
            case Waits():
                self.let_run(self.stage.now + step.what.seconds)
            case HangsUp():
                self._hang_up(step.what.leg)
            case Reacts():
                self._react(step.what)
            case TellsAi():
                self._tell_ai(step.what)
            case Answers():
                self.stage.outbox.outside.put(step.what.replies)
            case Fails() | Repeats() | Delays() | Loses() | Sends():
                self._telnyx(step)
            case Hears() | Does() | IsIn() | Remembers():
                self._check(step.what, step.within_s)

    # -- time --------------------------------------------------------------------------------------------------

    def let_run(self, until: float, is_done: Callable[[], bool] = lambda: False) -> bool:
        """Let time pass up to *until* or until *is_done*; returns which. Raises Broken when ``never`` is broken."""
        stage = self.stage
        self.guard.observe()
        while not is_done():
            due = stage.next_due()
            if due is None or due > until:
                self.guard.let_pass(until)
                stage.run_until(until)
                self.guard.observe()
                return is_done()
            self.guard.let_pass(due)
            stage.tick()
            self.guard.observe()
        return True

    # -- people ------------------------------------------------------------------------------------------------

    def _call(self, what: Calls) -> None:
        look = self.cast.look(what.leg)
        if look is not None and look.state != "ended":
            raise Failed(f"{self.cast.called(what.leg)} is on the phone already")
        self.cast.call(what.leg, what.from_number, what.to_number)

    def _order(self, what: IsCalled) -> None:
        look = self.cast.look(what.leg)
        if look is not None and look.state != "ended":
            raise Failed(f"{self.cast.called(what.leg)} is on the phone already")
        self.cast.order(what.leg, what.number)

    def _press(self, what: Presses) -> None:
        leg = self._on_the_line(what.leg)
        deadline = self.stage.now + WITHIN_S
        if not self.let_run(deadline, lambda: listens(self.cast, what.leg)):
            raise Failed(f"the flow did not listen for keys of {self.cast.called(what.leg)} within {WITHIN_S:g}s")
        self.let_run(max(self.stage.now, self.pressed_at.get(leg, 0.0) + KEY_GAP_S))
        self.stage.world.press(leg, what.keys, self.stage.now, gap_s=KEY_GAP_S)
        self.pressed_at[leg] = self.stage.now + KEY_GAP_S * (len(what.keys) - 1)
        self.let_run(self.pressed_at[leg])

    def _tell_ai(self, what: TellsAi) -> None:
        leg = self._on_the_line(what.leg)
        if not self.let_run(self.stage.now + WITHIN_S, lambda: self.stage.world.look(leg).ai_asks):
            raise Failed(f"no AI asked {self.cast.called(what.leg)} for anything within {WITHIN_S:g}s")
        self.stage.world.tell_ai(leg, what.result, self.stage.now)

    def _hang_up(self, name: str) -> None:
        self.stage.world.hang_up(self._on_the_line(name), self.stage.now)

    def _on_the_line(self, name: str) -> str:
        look = self.cast.look(name)
        if look is None or look.state == "ended":
            raise Failed(f"{self.cast.called(name)} is not on the line" + (" any more" if look else ""))
        return look.leg.call_control_id

    def _react(self, what: Reacts) -> None:
        if not self.let_run(self.stage.now + WITHIN_S, lambda: bool(self.cast.ringing(what.leg))):
            raise Failed(f"the flow did not ring {self.cast.called(what.leg)} within {WITHIN_S:g}s")
        leg = self.cast.ringing(what.leg)
        if what.how in ("answers", "answers as a machine"):
            self.stage.world.pick_up(leg, self.stage.now, machine=what.how != "answers")
        elif what.how == "is busy":
            self.stage.world.refuse(leg, self.stage.now)

    # -- Telnyx ------------------------------------------------------------------------------------------------

    def _telnyx(self, step: Step) -> None:
        world, now, what = self.stage.world, self.stage.now, step.what
        try:
            match what:
                case Fails():
                    fault = Fault(operations=what.operations, status=what.status, code=what.code, times=what.times)
                    self.faults[step.line] = (step, what, fault)
                    self.stage.outbox.faults.append(fault)
                case Repeats():
                    world.repeat_last(now)
                case Delays():
                    world.delay(what.event_type, what.by_s, what.times)
                case Loses():
                    world.lose(what.event_type, what.times)
                case Sends():
                    world.send(what.event_type, self._on_the_line(what.leg), what.fields, now)
        except ValueError as error:
            raise Failed(str(error)) from None

    # -- checks ------------------------------------------------------------------------------------------------

    def _check(self, check: Check, within_s: float | None) -> None:
        if isinstance(check, Does) and check.is_forbidden:
            if self.let_run(self.stage.now + (within_s or 0.0), lambda: not self.checker.holds(check)):
                raise Failed("that was done")
        else:
            limit_s = WITHIN_S if within_s is None else within_s
            if not self.let_run(self.stage.now + limit_s + self.slack_s, lambda: self.checker.holds(check)):
                raise Failed(self._disappointment(check, limit_s))
        self.story.begin_anew()

    def _disappointment(self, check: Check, within_s: float) -> str:
        limit, who = f"within {within_s:g}s", self.cast.called(check.leg)
        match check:
            case Hears():
                return f"{who} did not hear {check.said} {limit}"
            case Does():
                return f"that was not done for {who} {limit}"
            case IsIn():
                return f"{who} did not come to {check.state} {limit}"
            case Remembers():
                wrong = self.checker.forgotten(check)
                return "; ".join(f"{name} is {value!r} and not {check.values[name]!r}" for name, value in wrong.items())
