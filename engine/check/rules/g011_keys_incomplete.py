"""G011: a key that may be pressed and leads nowhere."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.tree import StateTree, StepTree

CODE = Code("G011", "keys-incomplete", "Keys that can be pressed and lead nowhere.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each ``keys`` that does not cover every answer."""
    for flow, _, state in folder.blocks():
        gather = state.gather
        if not state.is_sound or not state.keys or gather is None:
            continue
        named = {branch.name for branch in state.keys}
        if not named & {"digits", "anything_else"} and not _covers(named, gather):
            message = "these keys do not say what any other key does; add anything_else: ..."
            yield CODE.at(flow.path, state.sections["keys"].span, message)
        yield from _of_other_length(flow.path, state, gather)


def _covers(named: set[str], gather: StepTree) -> bool:
    only = gather.values.get("only", "")
    return bool(only) and gather.values.get("digits") == (1, 1) and set(only) <= named


def _of_other_length(path: str, state: StateTree, gather: StepTree) -> Iterator[Problem]:
    least, most = gather.values.get("digits", (1, 128))
    for branch in state.keys:
        if branch.name.isalpha() or branch.name == "anything_else" or least <= len(branch.name) <= most:
            continue
        wanted = f"{least} to {most} digits" if least != most else "1 digit" if most == 1 else f"{most} digits"
        yield CODE.at(path, branch.key.span, f"'{branch.name}' can never be the answer: gather takes {wanted}")
