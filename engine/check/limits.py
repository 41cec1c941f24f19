"""What ends a state that waits, and whether anything leads out of it at all."""

from __future__ import annotations

from engine.check.paths import ends_the_call
from engine.language.tree import RoleTree, StateTree


def can_leave(role: RoleTree, state: StateTree) -> bool:
    """Tell whether some rule, step or handler of ``anywhere`` leads out of *state* when all goes well."""
    leads = any(target.kind != "stay" for _, target in state.ways_on())
    return leads or ends_the_call(state) or any(branch.can_leave for branch in role.anywhere.on)


def waits(state: StateTree) -> bool:
    """Tell whether *state* waits for an event when its steps are done."""
    stays = any(section in ("then", "keys") and target.kind == "stay" for section, target in state.ways_on())
    return (stays or not (state.then or state.keys)) and not ends_the_call(state)


def lacks_keys(state: StateTree) -> bool:
    """Tell whether *state* asks for keys and does not say where they lead; G006 tells of those."""
    return state.gather is not None and not state.keys


def has_limit(role: RoleTree, state: StateTree) -> bool:
    """Tell whether *state* is left for certain some day: by after, by a queue's max_wait, or with its last step."""
    if any(branch.always_leaves for branch in state.after) or ends_the_call(state):
        return True
    left_queue = state.handler("call.dequeued")
    if left_queue is not None and left_queue.can_leave and _queue_has_limit(role):
        return True
    return leaves_with_last_step(state)


def leaves_with_last_step(state: StateTree) -> bool:
    """Tell whether every event that ends the last step leads elsewhere."""
    if not state.steps:
        return False
    last = state.steps[-1]
    ends = [state.handler(event) for event in last.verb.events]
    if last.name == "transfer":
        ends.append(state.handler(f"{last.values.get('as', '')}.call.hangup"))
    return bool(ends) and all(branch is not None and branch.always_leaves for branch in ends)


def _queue_has_limit(role: RoleTree) -> bool:
    return any(step.name == "enqueue" and "max_wait" in step.values for step in role.steps())
