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
    for flow in folder.trees:
        for role in flow.roles:
            told: set[str] = set()
            for state in role.states:
                loop = _loop_from(role, state)
                if loop and not told & set(loop):
                    told |= set(loop)
                    circle = " -> ".join([*loop, state.name])
                    message = f"this goes round for ever without a pause: {circle}"
                    yield CODE.at(flow.path, state.key.span, message)


def _loop_from(role: RoleTree, state: StateTree) -> list[str]:
    """Return the states of an instant loop through *state*; only what always happens counts."""
    loop: list[str] = []
    here: StateTree | None = state
    while here is not None and here.name not in loop:
        if not here.is_sound or any(step.name not in _INSTANT for step in here.steps):
            return []
        loop.append(here.name)
        only = here.then[0] if here.then else None
        if only is None or only.condition is not None or only.then is None or only.then.kind != "state":
            return []
        if any(step.name not in _INSTANT for step in only.steps):
            return []
        here = role.state(only.then.word.text)
    return loop if here is state else []
