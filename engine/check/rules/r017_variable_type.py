"""R017: a step writes a variable of a type that it cannot write."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.rules.r003_unknown_variable import written_by
from engine.core.problem import Problem
from engine.core.verbs import VERBS
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.tree import StepTree

CODE = Code("R017", "variable-type", "A step that writes into a variable of an unfitting type.")

_ANSWER = ("text", "digits", "number", "yes_no", "list")  # what JSON can say
_ELSEWHERE = frozenset({"set", "run"})  # what these give a variable is judged where the value is known


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each variable that a step writes and that has another type."""
    for flow, _, _, step in folder.steps():
        if step.name in _ELSEWHERE:
            continue
        types, what = _takes(step)
        for place in written_by(step):
            variable = flow.variables.get(place.text)
            if variable is not None and variable.type not in types:
                message = f"'{variable.name}' is of type {variable.type}, and {what} {_listed(types)}"
                yield CODE.at(flow.path, place.span, message)


def _takes(step: StepTree) -> tuple[tuple[str, ...], str]:
    """Return the types that *step* can write, and how to say what it writes."""
    option = VERBS[step.name].option("into")
    if step.name == "count":
        return ("number",), "count needs type"
    if option is not None and option.type == "into":
        return (
            (_ANSWER, "an answer needs type")
            if "into" in step.nested
            else (("text", "digits"), "a whole answer needs type")
        )
    if "gather" in step.name:
        return ("digits", "text"), "pressed keys need type"
    return ("list",), f"{step.name} needs type"


def _listed(types: tuple[str, ...]) -> str:
    return " or ".join([", ".join(types[:-1]), types[-1]]) if len(types) > 1 else types[0]
