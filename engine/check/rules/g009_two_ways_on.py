"""G009: then beside keys, after or every."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("G009", "two-ways-on", "A state that has then beside keys, after or every.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each state whose ``then`` makes another way on meaningless."""
    for flow, _, state in folder.blocks():
        others = [word for word in ("keys", "after", "every") if word in state.sections]
        if "then" in state.sections and others:
            message = (
                f"'then' leaves the state as soon as do has finished, so '{others[0]}' cannot stand beside it; "
                "remove one of them"
            )
            yield CODE.at(flow.path, state.sections[others[0]].span, message)
