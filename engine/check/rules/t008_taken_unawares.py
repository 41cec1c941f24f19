"""T008: an agent can take the caller in a state that does not expect it."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.paths import walk_states
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.tree import RoleTree, StateTree

CODE = Code("T008", "taken-unawares", "A state in which a waiting caller can be taken, and that does not expect it.")


def check(folder: Folder) -> Iterator[Problem]:
    """
    Yield one problem for each state that a queued call can be in and that handles neither way of being taken.

    Nobody is taken where no flow of the folder takes callers out of a queue.
    """
    if not any(step.name == "connect" for flow in folder.trees for _, _, step in flow.steps()):
        return
    for flow in folder.trees:
        for role in flow.roles:
            if not role.is_sound:
                continue
            for state, situation in walk_states(role):
                if situation.is_queued and not _expects_it(role, state):
                    message = f"the caller may be in a queue in '{state.name}', and an agent can take them there"
                    hint = f"Let '{state.name}' begin with - leave_queue, or say under anywhere what agent.joined does."
                    yield CODE.at(flow.path, state.key.span, message, hint=hint)


def _expects_it(role: RoleTree, state: StateTree) -> bool:
    if state.steps and state.steps[0].name == "leave_queue":
        return True
    if state.then and all(step.verb.silent for step in state.steps):
        return True  # it is left before anything can happen
    events = [branch.name for branch in (*state.on, *role.anywhere.on) if branch.can_leave]
    return any(event == "call.bridged" or event.endswith(".joined") for event in events)
