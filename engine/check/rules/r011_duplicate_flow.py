"""R011: two files with one flow name."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("R011", "duplicate-flow", "Two flow files of one folder with the same name.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each flow whose name an earlier file bears."""
    first: dict[str, str] = {}
    for flow in folder.trees:
        path = first.setdefault(flow.name.text, flow.path)
        if path != flow.path:
            message = f"there is a flow '{flow.name.text}' already, in {path}; give one of them another name"
            yield CODE.at(flow.path, flow.name.span, message)
