"""G013: the flow ends while the caller is on the line with nobody."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.reuse import RUN, uses
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.tree import ExitTree, FlowTree, RoleTree, Rules, StateTree

CODE = Code("G013", "end-alone", "An end where the caller is connected to nobody.")


def check(folder: Folder) -> Iterator[Problem]:
    """
    Yield one problem for each ``end`` that would leave the caller in silence.

    In a flow that others run, ``end`` goes back to them; so calls may come there in no other way.
    """
    for flow, role, state in folder.blocks():
        found = _ends_alone(state)
        if not found or not state.is_sound:
            continue
        message = "'end' leaves the caller on the line, and here nobody talks to them; use hangup"
        hint = "'end' may follow call.bridged, or a transfer that has succeeded."
        if _is_run(folder, flow, role):
            other = _other_way(folder, flow)
            if not other:
                continue
            message = f"'end' gives the call back to the flow that runs this one; but {other}"
            message += ", and 'end' leaves them in silence"
            hint = "Make two flows of it, or let this one be run only."
        for target in found:
            yield CODE.at(flow.path, target.word.span, message, hint=hint)


def _ends_alone(state: StateTree) -> list[ExitTree]:
    """Return each ``end`` of the state that does not follow a connection to somebody else."""
    exits = (rule.then for rules in _while_alone(state) for rule in rules)
    return [target for target in exits if target is not None and target.kind == "end"]


def _is_run(folder: Folder, flow: FlowTree, role: RoleTree) -> bool:
    return role is flow.caller and any(use.of is flow and use.gift.verb == RUN for use in uses(folder))


def _other_way(folder: Folder, flow: FlowTree) -> str:
    """Return in which other way calls come to a flow that is run, "" where there is none."""
    starts = flow.caller.starts
    if not starts.is_empty or flow.name.text == folder.project.project.unrouted.flow:
        return "callers also come here directly"
    if starts.outgoing is not None:
        return "people that ringflow calls come here directly"
    for use in uses(folder):
        if use.of is flow and use.gift.verb != RUN:
            handed = f"'{use.by.name.text}' hands callers over to it"
            return handed if use.gift.verb == "flow" else f"'{use.by.name.text}' calls people with it"
    return ""


def _while_alone(state: StateTree) -> Iterator[Rules]:
    """Yield the rules of the state that do not follow a connection to somebody else."""
    is_transferred = bool(state.steps) and state.steps[-1].name == "transfer"
    if not is_transferred:
        yield state.then
    for section, branch in state.branches():
        if not (section == "on" and branch.name == "call.bridged"):
            yield branch.rules
    yield state.on_error
