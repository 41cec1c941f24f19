"""T007: somebody is rung or connected, and nothing says what happens when that does not come about."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.tree import RoleTree, StateTree, StepTree

CODE = Code("T007", "no-answer", "A transfer, dial or bridge without the way of an unanswered call.")
_NAMELESS = "Write for example as: sales and, under on, sales.call.hangup: STATE."
_LEG = {"transfer": "as", "dial": "as", "bridge": "to"}  # the option that names the other leg


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each such step whose state does not handle ``<leg>.call.hangup`` with an exit."""
    for flow, role, state in folder.blocks():
        if not state.is_sound or not role.anywhere.is_sound:
            continue
        roles = {other.name for other in flow.roles if other is not role}
        for step in state.all_steps():
            if step.name != "transfer" and step.values.get(_LEG.get(step.name, "")) not in roles:
                continue  # who is meant must be clear first
            if problem := _problem(role, state, step):
                message, hint = problem
                yield CODE.at(flow.path, step.key.span, message, hint=hint)


def _problem(role: RoleTree, state: StateTree, step: StepTree) -> tuple[str, str] | None:
    """Return what is wrong with *step*, and what to write; None when nothing is."""
    if step.name not in _LEG or (step.name == "bridge" and "queue" in step.given):
        return None
    leg = str(step.values.get(_LEG[step.name]) or "")
    if not leg:
        if step.name != "transfer":
            return None  # the shape of the step says so
        return "a transfer needs a name for its far leg, so that busy and no answer can be handled", _NAMELESS
    events = [f"{leg}.call.hangup"] + [f"{leg}.left"] * (step.name == "bridge")
    branches = [block.handler(event) for event in events for block in (state, role.anywhere)]
    if any(branch is not None and branch.always_leaves for branch in branches):
        return None
    if step.name == "bridge":
        message = f"nothing says what happens when '{leg}' hangs up before the two are connected"
        return message, f"Write under on: {leg}.call.hangup: STATE."
    message = f"nothing says what happens when '{leg}' is busy or does not answer"
    return message, f"Write under on: {leg}.call.hangup: STATE."
