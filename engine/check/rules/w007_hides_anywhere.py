"""W007: a state's handler in place of the one that holds anywhere."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("W007", "hides-anywhere", "A handler that replaces the one under anywhere for the same event.", "warning")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one warning for each event that a state handles and ``anywhere`` handles too."""
    for flow, role, state in folder.states():
        for branch in state.on:
            if role.anywhere.handler(branch.name) is not None:
                message = f"in '{state.name}' this replaces what 'anywhere' does on {branch.name}"
                hint = "If that is meant, allow it on the line above: # check: allow W007 because ..."
                yield CODE.at(flow.path, branch.key.span, message, hint=hint)
