"""G002: a state that may wait for ever."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.limits import can_leave, has_limit, lacks_keys, waits
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("G002", "wait-without-limit", "A state that waits for something that may never happen.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each state that waits without after, a queue with max_wait, or a step's own end."""
    for flow, role, state in folder.states():
        is_read = state.is_sound and role.anywhere.is_sound
        if not is_read or not waits(state) or not can_leave(role, state) or lacks_keys(state) or has_limit(role, state):
            continue
        message = f"'{state.name}' may wait for ever; add after, for example after: {{30s: ...}}"
        if not any(state.ways_on()):
            message = f"'{state.name}' has no exit of its own, so it may wait for ever; add then or after"
        yield CODE.at(flow.path, state.key.span, message)
