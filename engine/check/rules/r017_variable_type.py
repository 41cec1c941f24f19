"""R017: a step writes a variable of a type that it cannot write."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.rules.r003_unknown_variable import written_by
from engine.core.catalogue import Operation
from engine.core.problem import Problem
from engine.core.verbs import VERBS
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.nodes import Map, Scalar
from engine.language.tree import StepTree

CODE = Code("R017", "variable-type", "A step that writes into a variable of an unfitting type.")

_ANSWER = ("text", "digits", "number", "yes_no", "list")  # what JSON can say
_FITTING = {
    "string": ("text", "digits"), "integer": ("number", "text", "digits"), "number": ("number", "text"),
    "boolean": ("yes_no",), "array": ("list",),
}  # fmt: skip
_ELSEWHERE = frozenset({"set", "run"})  # what these give a variable is judged where the value is known


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each variable that a step writes and that has another type."""
    for flow, _, _, step in folder.steps():
        if step.name in _ELSEWHERE:
            continue
        for place in written_by(step):
            types, what = _takes(step, place, folder)
            variable = flow.variables.get(place.text)
            if variable is not None and variable.type not in types:
                message = f"'{variable.name}' is of type {variable.type}, and {what} {_listed(types)}"
                yield CODE.at(flow.path, place.span, message)


def _takes(step: StepTree, place: Scalar, folder: Folder) -> tuple[tuple[str, ...], str]:
    """Return the types that *step* can write into the variable at *place*, and how to say what it writes."""
    into, operation = step.nested.get("into"), folder.catalogue.operations.get(step.values.get("operation", ""))
    if operation is not None:
        part = into.get(place.text) if isinstance(into, Map) else None
        return _part_of_answer(operation, part.text if isinstance(part, Scalar) else "")
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


def _part_of_answer(operation: Operation, part: str) -> tuple[tuple[str, ...], str]:
    shape = operation.answered(part)
    if shape is None:
        return _ANSWER, ""  # the language says that there is no such part
    if operation.lists and not part.partition(".")[0].isdigit():
        return ("list",), f"'{part}' of every entry (0.{part} is that of the first) needs type"
    return _FITTING.get(shape.get("type", ""), _ANSWER), f"'{part}' of the answer needs type"


def _listed(types: tuple[str, ...]) -> str:
    return " or ".join([", ".join(types[:-1]), types[-1]]) if len(types) > 1 else types[0]
