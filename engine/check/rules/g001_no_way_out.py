"""G001: a state that nothing leads out of."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.limits import can_leave, lacks_keys
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("G001", "no-way-out", "A state that nothing leads out of, so the caller stays there until they hang up.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each state that no rule, step or anywhere leads out of."""
    for flow, role, state in folder.states():
        is_read = state.is_sound and role.anywhere.is_sound
        if is_read and not can_leave(role, state) and not lacks_keys(state):
            message = f"nothing leads out of '{state.name}'; add then, keys, on or after"
            yield CODE.at(flow.path, state.key.span, message)
