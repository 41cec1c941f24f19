"""G002: a state that may wait for ever."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.paths import ends_the_call
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.tree import RoleTree, StateTree

CODE = Code("G002", "wait-without-limit", "A state that waits for something that may never happen.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each state that waits without after, a queue with max_wait, or a step's own end."""
    for flow in folder.trees:
        for role in flow.roles:
            for state in role.states:
                exits = [(section, target.kind) for section, target in state.exits() if section != "on_error"]
                stays = any(section in ("then", "keys") and kind == "stay" for section, kind in exits)
                waits = (stays or not (state.then or state.keys)) and any(kind != "stay" for _, kind in exits)
                if waits and state.is_sound and not _has_limit(role, state):
                    message = f"'{state.name}' may wait for ever; add after, for example after: {{30s: ...}}"
                    yield CODE.at(flow.path, state.key.span, message)


def _has_limit(role: RoleTree, state: StateTree) -> bool:
    if any(branch.always_leaves for branch in state.after) or ends_the_call(state):
        return True
    left_queue = state.handler("call.dequeued")
    if left_queue is not None and left_queue.can_leave and _queue_has_limit(role):
        return True
    if not state.steps:
        return False
    last = state.steps[-1]
    ends = [state.handler(event) for event in last.verb.events]
    if last.name == "transfer":
        ends.append(state.handler(f"{last.values.get('as', '')}.call.hangup"))
    return bool(ends) and all(branch is not None and branch.always_leaves for branch in ends)


def _queue_has_limit(role: RoleTree) -> bool:
    return any(
        step.name == "enqueue" and "max_wait" in step.values for block in role.blocks() for step in block.all_steps()
    )
