"""R017: a step writes a variable of a type that it cannot write."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.tree import StepTree

CODE = Code("R017", "variable-type", "A step that writes into a variable of an unfitting type.")
_TYPES = {"into": ("digits", "text"), "variable": ("number",)}


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each ``into`` or ``count`` whose variable has another type."""
    for flow in folder.trees:
        for _, _, step in flow.steps():
            for option, types in _TYPES.items():
                place = step.given.get(option)
                variable = flow.variables.get(place.text) if place is not None else None
                if place is not None and variable is not None and variable.type not in types:
                    message = f"'{variable.name}' is of type {variable.type}, and {_what(step)} {' or '.join(types)}"
                    yield CODE.at(flow.path, place.span, message)


def _what(step: StepTree) -> str:
    return "count needs type" if step.name == "count" else "pressed keys need type"
