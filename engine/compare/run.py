"""One call on two versions of the flows: what people would notice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.compare.comparing import Change, Comparison, compare
from engine.compare.deeds import course_of
from engine.compare.play import play
from engine.core.flow import CALLER, Version
from engine.core.program import Library
from engine.scenario.script import ScenarioFile, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """
    A call that can be played: its *steps* with what they are about, and the flows that it ran on.

    *is_checked*: the checks among its steps are true there.
    """

    name: str
    steps: Sequence[Step]
    file: ScenarioFile
    library: Library
    is_checked: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """What comes of one call. *problem*: why it could not even be played on the flows that it ran on, else ""."""

    call: str
    comparison: Comparison
    problem: str = ""


def verdict(call: Call, new: Version, *, flow: str = "") -> Verdict:
    """Return what people would notice of *call* with the flows of *new*; *flow* answers it there, "": its own."""
    before = call.file
    course = course_of(call.steps, before, call.library, is_checked=call.is_checked)
    if course.problem:
        return Verdict(call.name, Comparison(changes=()), course.problem)
    now = new.flows.get(flow or before.flow.name)
    if now is None:
        gone = Change(after_s=0.0, who=CALLER, before=(f"comes to the flow {before.flow.name}",), now=())
        return Verdict(call.name, Comparison(changes=(gone,)))
    library = Library(
        install=call.library.install, catalogue=call.library.catalogue, current=new,
        secrets=dict.fromkeys(new.project.secrets, "") | dict(call.library.secrets),
    )  # fmt: skip
    was = play(course, before, call.library)
    return Verdict(call.name, compare(course, was, play(course, replace(before, flow=now), library)))
