"""G010: a state that nothing leads to."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.paths import reachable
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.tree import RoleTree, StateTree

CODE = Code("G010", "unreachable", "A state that nothing leads to.", "warning")
_MESSAGE = "nothing leads to the state '{}'; lead there from another state, or remove it"


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one warning for each state that no call can come to."""
    for flow, role in folder.roles():
        if not role.is_sound or role.start is None or role.start.text not in role.written:
            continue
        for state in _first_of_each_way(role):
            yield CODE.at(flow.path, state.key.span, _MESSAGE.format(state.name))


def _first_of_each_way(role: RoleTree) -> Iterator[StateTree]:
    """Yield the states that nothing leads to; those that only such a state leads to have the same cause."""
    reached = reachable(role)
    lost = [state for state in role.states if state.name not in reached]
    led_to = {target for state in lost for target in reachable(role, state) - {state.name}}
    for state in sorted(lost, key=lambda state: state.name in led_to):  # the rest stand in circles
        if state.name not in reached:
            yield state
            reached |= reachable(role, state)
