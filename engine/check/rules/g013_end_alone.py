"""G013: the flow ends while the caller is on the line with nobody."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.tree import Rules, StateTree

CODE = Code("G013", "end-alone", "An end where the caller is connected to nobody.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each ``end`` that would leave the caller in silence."""
    for flow in folder.trees:
        for _, state in flow.blocks():
            for rules in _while_alone(state):
                for rule in rules:
                    if rule.then is not None and rule.then.kind == "end" and state.is_sound:
                        message = "'end' leaves the caller on the line, and here nobody talks to them; use hangup"
                        hint = "'end' may follow call.bridged, or a transfer that has succeeded."
                        yield CODE.at(flow.path, rule.then.word.span, message, hint=hint)


def _while_alone(state: StateTree) -> Iterator[Rules]:
    """Yield the rules of the state that do not follow a connection to somebody else."""
    is_transferred = bool(state.steps) and state.steps[-1].name == "transfer"
    if not is_transferred:
        yield state.then
    for section, branch in state.branches():
        if not (section == "on" and branch.name == "call.bridged"):
            yield branch.rules
    yield state.on_error
