"""T024: states after the conversation, on the leg that Telnyx hangs up together with the other one."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.paths import reachable
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.tree import BranchTree, FlowTree, RoleTree, StateTree

CODE = Code("T024", "hung-up-with-the-other", "States after a bridge on the leg that does not survive it.")


def check(folder: Folder) -> Iterator[Problem]:
    """
    Yield one problem for each way on that the leg which did not bridge can never take (language.md, section 2).

    That is a handler of the other one's end, in a state that call.bridged leads to; where the two may also be connected
    in another way, nothing is said.
    """
    for flow in folder.trees:
        if not flow.is_sound or any(step.name in ("connect", "join_conference") for _, _, step in flow.steps()):
            continue
        for bridging in flow.roles:
            for other in flow.roles:
                if other is not bridging and _bridges(flow, bridging, other) and not _bridges(flow, other, bridging):
                    yield from _ways_on(flow, bridging, other)


def _bridges(flow: FlowTree, role: RoleTree, other: RoleTree) -> bool:
    """Tell whether *role* bridges itself with *other*: by its name, or by a queue that it waits in."""
    queues = {step.values.get("queue") for step in other.steps() if step.name == "enqueue"}
    steps = [step for step in role.steps() if step.name == "bridge"]
    return any(step.values.get("to") == other.name or step.values.get("queue") in queues - {None} for step in steps)


def _ways_on(flow: FlowTree, bridging: RoleTree, other: RoleTree) -> Iterator[Problem]:
    ends = (f"{bridging.name}.left", f"{bridging.name}.call.hangup")
    for state in _connected(bridging, other):
        for branch in state.on:
            if branch.name in ends and _goes_on(branch):
                message = (
                    f"this never happens: when '{bridging.name}' hangs up, Telnyx hangs '{other.name}' up as well, "
                    f"because it is '{bridging.name}' that bridges"
                )
                hint = "Use connect instead of bridge, or a common room: then both stay."
                yield CODE.at(flow.path, branch.key.span, message, hint=hint)


def _connected(bridging: RoleTree, other: RoleTree) -> list[StateTree]:
    """Return the states of *other* that it can only be in while the two are connected, or later."""
    begins = ("call.bridged", f"{bridging.name}.joined")
    exits = [
        rule.then.word.text
        for block in other.blocks()
        for branch in block.on
        if branch.name in begins
        for rule in branch.rules
        if rule.then is not None and rule.then.kind == "state"
    ]
    starts = [state for name in exits if (state := other.state(name)) is not None]
    names = {name for state in starts for name in reachable(other, state)}
    return [state for state in other.states if state.name in names]


def _goes_on(branch: BranchTree) -> bool:
    return any(rule.then is not None and rule.then.kind in ("state", "flow") for rule in branch.rules)
