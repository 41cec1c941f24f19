"""G008: nobody presses a key, and nothing says what then."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("G008", "no-nothing", "Keys without nothing, the way of a caller who stays silent.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each ``keys`` without ``nothing``."""
    for flow, _, state in folder.blocks():
        if state.is_sound and state.keys and not any(branch.name == "nothing" for branch in state.keys):
            message = "these keys do not say what happens when the caller presses nothing; add nothing: ..."
            yield CODE.at(flow.path, state.sections["keys"].span, message)
