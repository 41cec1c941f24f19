"""G010: a state that nothing leads to."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.paths import reachable
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("G010", "unreachable", "A state that nothing leads to.", "warning")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one warning for each state that no call can come to."""
    for flow in folder.trees:
        for role in flow.roles:
            if not role.is_sound or role.start is None or role.start.text not in role.written:
                continue
            reached = reachable(role)
            for state in role.states:
                if state.name not in reached:
                    yield CODE.at(flow.path, state.key.span, f"nothing leads to the state '{state.name}'")
