"""T022: the limit of ringing goes on when somebody has answered, and ends the conversation."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.tree import RoleTree, StateTree

CODE = Code("T022", "talk-cut-off", "A transfer or bridge whose conversation the state's own after breaks off.")
_CONNECTS = ("transfer", "bridge")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each state with ``after`` that connects the caller and does not handle call.bridged."""
    for flow, role, state in folder.states():
        if state.is_sound and role.anywhere.is_sound and _is_cut_off(role, state):
            step = state.steps[-1]
            message = f"nothing says what happens when the {step.name} succeeds, so 'after' ends the talk"
            hint = "Write call.bridged: end under on, or a state for the time in which the two talk."
            yield CODE.at(flow.path, step.key.span, message, hint=hint)


def _is_cut_off(role: RoleTree, state: StateTree) -> bool:
    if not state.steps or state.steps[-1].name not in _CONNECTS or state.then:
        return False
    is_handled = state.handler("call.bridged") or role.anywhere.handler("call.bridged")
    return is_handled is None and any(branch.can_leave for branch in state.after)
