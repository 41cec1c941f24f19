"""run: another flow has the call for a while."""

from __future__ import annotations

from engine.core import levels, subflows
from engine.core.acts.act import Act, Failure, Result, Verdict
from engine.core.flow import DEEPEST
from engine.core.leg import Running
from engine.core.turn import Turn


def _run(turn: Turn, running: Running) -> Result:
    if levels.innermost(turn) >= DEEPEST:
        return Failure("too_deep", title=f"more than {DEEPEST} flows run one inside the other")
    flow, given = turn.option(running.frame, "flow"), turn.option(running.frame, "give") or {}
    subflows.call(turn, running.frame, flow, given)
    return Verdict.WAITS  # until that flow ends


ACTS = {"run": Act(begin=_run)}
