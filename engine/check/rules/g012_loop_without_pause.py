"""G012: states that lead to each other without anything happening between."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.tree import RoleTree, StateTree

CODE = Code("G012", "loop-without-pause", "States that lead to each other for ever while the caller hears nothing.")
_INSTANT = frozenset({"log", "set", "count", "notify", "answer", "leave_queue", "leave_conference"})


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each loop of states that nobody hears and nothing limits."""
    for flow, role in folder.roles():
        for loop in loops(role):
            circle = " -> ".join([*loop, loop[0]])
            message = f"this goes round for ever without a pause: {circle}"
            hint = "Say something on the way and then wait for an answer, or let an if lead out of the circle."
            yield CODE.at(flow.path, role.by_name[loop[0]].key.span, message, hint=hint)


def loops(role: RoleTree) -> Iterator[list[str]]:
    """Yield each circle of states that always lead to the next at once."""
    done: set[str] = set()
    for state in role.states:
        way: dict[str, None] = {}  # an ordered set
        name = state.name
        while name and name not in done and name not in way:
            way[name] = None
            name = _next(role.by_name.get(name))
        if name in way:
            names = list(way)
            yield names[names.index(name) :]
        done |= way.keys()


def _next(state: StateTree | None) -> str:
    """Return the state that always follows at once, or an empty text."""
    if state is None or not state.is_sound or not state.then:
        return ""
    rule = state.then[0]
    if rule.condition is not None or rule.then is None or rule.then.kind != "state":
        return ""
    is_instant = all(step.name in _INSTANT for step in (*state.steps, *rule.steps))
    return rule.then.word.text if is_instant else ""
