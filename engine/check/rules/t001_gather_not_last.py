"""T001: a gather with steps behind it."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.problem import Problem
from engine.core.verbs import GATHERS
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("T001", "gather-not-last", "A gather that is not the last step of do.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each gather that keys cannot follow."""
    for flow, _, state in folder.blocks():
        if not state.is_sound:
            continue
        for step in state.all_steps():
            if step.name in GATHERS and step is not state.gather:
                where = "of 'do'" if step in state.steps else "of a state's 'do', not of a rule"
                message = f"{step.name} must be the last step {where}, because 'keys' follows it"
                yield CODE.at(flow.path, step.key.span, message)
