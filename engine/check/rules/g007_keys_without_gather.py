"""G007: keys lead somewhere, and nothing asks for them."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.problem import Problem
from engine.core.verbs import GATHERS
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("G007", "keys-without-gather", "A state that has keys and no gather.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each state with keys whose do holds no gather."""
    for flow, _, state in folder.blocks():
        if state.is_sound and state.keys and not any(step.name in GATHERS for step in state.steps):
            message = f"'{state.name}' has keys, but no gather that asks for them"
            hint = "End its do with gather; for a key at any time, use on: call.dtmf.received."
            yield CODE.at(flow.path, state.sections["keys"].span, message, hint=hint)
