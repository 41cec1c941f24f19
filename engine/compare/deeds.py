"""What people and Telnyx did in a scenario and when: its checks are left out, as they are about another flow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.compare.witness import patient
from engine.core.program import Library
from engine.scenario.cast import Cast
from engine.scenario.guard import Broken
from engine.scenario.listening import listens
from engine.scenario.rehearsal import Failed
from engine.scenario.run import rehearsal_of
from engine.scenario.script import (
    WITHIN_S,
    Does,
    Hears,
    IsIn,
    Presses,
    Reacts,
    Remembers,
    ScenarioFile,
    Step,
    TellsAi,
    Waits,
    flat,
)  # fmt: skip
from engine.simulator.options import Options

_CHECKS = (Does, Hears, IsIn, Remembers)


@dataclass(frozen=True, slots=True)
class Timed:
    """A deed, and how many seconds after the beginning of the call it is done."""

    after_s: float
    step: Step


@dataclass(frozen=True, slots=True)
class Course:
    """
    One call: its deeds in order, and how many seconds after its beginning it was over or nothing more was to happen.

    *problem* is "" where it went as its author, or the record, says.
    """

    deeds: tuple[Timed, ...]
    lasts_s: float
    problem: str = ""


def course_of(steps: Sequence[Step], file: ScenarioFile, library: Library, *, is_checked: bool = True) -> Course:
    """
    Return the deeds of a scenario's *steps* at the times at which they come with the flows of *library*.

    Unless *is_checked* nothing has to be true, and what nobody lets people do is left out.
    """
    rehearsal = rehearsal_of(file, library, options=Options())
    if not is_checked:
        rehearsal, steps = patient(rehearsal), [step for step in flat(steps) if not isinstance(step.what, _CHECKS)]
    stage, deeds, problem = rehearsal.stage, [], ""
    for step in flat(steps):
        try:
            rehearsal.let_run(stage.now + WITHIN_S, lets(rehearsal.cast, step))
            after_s = stage.now - file.start
            rehearsal.perform(step)
        except (Failed, Broken) as failure:
            if not is_checked:
                continue
            problem = f"line {step.line}, {step.text}: {failure}"
            break
        if not isinstance(step.what, (*_CHECKS, Waits)):
            deeds.append(Timed(after_s, step))
    return Course(tuple(deeds), stage.now - file.start, problem)


def lets(cast: Cast, step: Step) -> Callable[[], bool]:
    """Return what tells whether somebody lets people do this now: press keys, answer, tell an AI something."""
    what = step.what
    match what:
        case Presses():
            return lambda: listens(cast, what.leg)
        case Reacts():
            return lambda: bool(cast.ringing(what.leg))
        case TellsAi():
            return lambda: (look := cast.look(what.leg)) is not None and look.ai_asks
    return lambda: True
