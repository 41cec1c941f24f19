"""G002: a state that may wait for ever."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.limits import has_limit
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("G002", "wait-without-limit", "A state that waits for something that may never happen.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each state that waits without after, a queue with max_wait, or a step's own end."""
    for flow in folder.trees:
        for role in flow.roles:
            for state in role.states:
                exits = [(section, target.kind) for section, target in state.exits() if section != "on_error"]
                stays = any(section in ("then", "keys") and kind == "stay" for section, kind in exits)
                leaves = any(kind != "stay" for _, kind in exits)
                leaves = leaves or any(each.can_leave for each in role.anywhere.on)
                asks_for_keys = state.gather is not None and not state.keys  # G006 tells of those
                waits = (stays or not (state.then or state.keys)) and leaves and not asks_for_keys
                if waits and state.is_sound and role.anywhere.is_sound and not has_limit(role, state):
                    message = f"'{state.name}' may wait for ever; add after, for example after: {{30s: ...}}"
                    if not exits:
                        message = f"'{state.name}' has no exit of its own, so it may wait for ever; add then or after"
                    yield CODE.at(flow.path, state.key.span, message)
