"""G014: states that lead only to each other, so that the caller gets out only by hanging up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.check.limits import can_leave
from engine.check.paths import closure, ends_the_call, reachable
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.tree import RoleTree, StateTree

CODE = Code("G014", "caller-trapped", "States from which no way leads to an end of the call.", "warning")


def check(folder: Folder) -> Iterator[Problem]:
    """
    Yield one warning for each group of states that never comes to hangup, end or another flow.

    A role in which nothing ever ends is told of once, by G016, a state that nothing leads out of by G001. Error exits
    do not count: they are for trouble.
    """
    for flow, role in folder.roles():
        if not role.is_sound or not any(_ends(role, state) for state in role.states):
            continue
        leads_to = {state.name: _leads_to(role, state) for state in role.states}
        told: set[str] = set()
        for state in _trapped(role, leads_to):
            if state.name not in told:
                told |= _circle(role, state)
                message = f"from '{state.name}' no way leads to hangup: the caller goes round until they hang up"
                yield CODE.at(flow.path, state.key.span, message, hint="Let some key or time lead to a goodbye.")


def _trapped(role: RoleTree, leads_to: Mapping[str, set[str]]) -> list[StateTree]:
    """Return the reachable states from which no end can be reached, in the order of the file."""
    ending = {state.name for state in role.states if _ends(role, state)}
    grows = True
    while grows:
        more = {name for name, targets in leads_to.items() if targets & ending} - ending
        ending |= more
        grows = bool(more)
    reached = reachable(role)
    return [
        state
        for state in role.states
        if state.name in reached and state.name not in ending and state.is_sound and can_leave(role, state)
    ]


def _ends(role: RoleTree, state: StateTree) -> bool:
    ways = (*state.ways_on(), *((section, target) for section, target in role.anywhere.exits() if section == "on"))
    return ends_the_call(state) or any(target.kind in ("hangup", "end", "flow") for _, target in ways)


def _leads_to(role: RoleTree, state: StateTree) -> set[str]:
    """Return where *state* leads when all goes well."""
    ways = (*state.ways_on(), *role.anywhere.ways_on())
    return {target.word.text for _, target in ways if target.kind == "state"} & role.by_name.keys()


def _circle(role: RoleTree, state: StateTree) -> set[str]:
    """Return *state* and all states that it leads to."""
    return closure(role, [state.name], lambda state: _leads_to(role, state))
