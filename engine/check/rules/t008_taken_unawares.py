"""T008: an agent can take the caller in a state that does not expect it."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.reuse import RUN, uses
from engine.check.ways import ways_of
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.tree import BranchTree, FlowTree, RoleTree, StateTree, StepTree

CODE = Code("T008", "taken-unawares", "A state in which a waiting caller can be taken, and that does not expect it.")


def check(folder: Folder) -> Iterator[Problem]:
    """
    Yield one problem for each state that a queued call can be in and that handles neither way of being taken.

    Nobody is taken where no flow of the folder takes callers out of a queue.
    """
    if not any(_takes_somebody(step) for flow, _, _, step in folder.steps()):
        return
    ways = ways_of(folder)
    for flow, role in folder.roles():
        if not role.is_sound:
            continue
        for state, situation in ways.states(flow, role):
            if situation.is_queued and not (_expects_it(role, state) or _others_expect_it(folder, flow)):
                message = f"the caller may be in a queue in '{state.name}', and an agent can take them there"
                hint = f"Let '{state.name}' begin with - leave_queue, or say under anywhere what agent.joined does."
                yield CODE.at(flow.path, state.key.span, message, hint=hint)


def _takes_somebody(step: StepTree) -> bool:
    return step.name == "connect" or (step.name == "bridge" and "queue" in step.values)


def _others_expect_it(folder: Folder, flow: FlowTree) -> bool:
    """Tell whether the flows that run this one all say under anywhere what happens then: they are left to it."""
    runners = [use.by for use in uses(folder) if use.of is flow and use.gift.verb == RUN]
    return bool(runners) and all(any(map(_takes, tree.caller.anywhere.on)) for tree in runners)


def _takes(branch: BranchTree) -> bool:
    return branch.can_leave and (branch.name == "call.bridged" or branch.name.endswith(".joined"))


def _expects_it(role: RoleTree, state: StateTree) -> bool:
    if state.steps and state.steps[0].name == "leave_queue":
        return True
    if state.then and all(step.verb.silent for step in state.steps):
        return True  # it is left before anything can happen
    return any(map(_takes, (*state.on, *role.anywhere.on)))
