"""``into`` of ``telnyx``: which parts of what a reading operation answers go into which variables."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.catalogue import Operation
from engine.core.nearest import did_you_mean
from engine.core.problem import Problem
from engine.language import codes
from engine.language.nodes import Map, Node, Scalar
from engine.language.tree import StepTree


def lacks_into(step: StepTree, operation: Operation) -> bool:
    """Tell whether *step* reads something and keeps nothing of it."""
    return operation.is_read and "into" not in step.nested and "into" not in step.given


def example(operation: Operation) -> str:
    """Return how an ``into`` of a reading operation may look."""
    part = next(name for name in ("name", "status", "call_control_id", "id") if name in operation.answer)
    return f"For example into: {{{'names' if operation.lists else 'found'}: {part}}}."


def check_into(path: str, step: StepTree, operation: Operation) -> Iterator[Problem]:
    """Yield what is wrong with the ``into`` of *step*."""
    into, plain = step.nested.get("into"), step.given.get("into")
    if not operation.is_read and (given := plain or into) is not None:
        message = f"the operation {operation.name} reads nothing, so there is nothing to take"
        yield codes.UNKNOWN_OPTION.at(path, given.span, message)
    elif plain is not None:
        message = "'into' needs { } here: each variable, and the part of the answer that it takes"
        yield codes.WRONG_TYPE.at(path, plain.span, message, hint=example(operation))
    elif isinstance(into, Map):
        for entry in into:
            shape = operation.answered(entry.value.text) if isinstance(entry.value, Scalar) else {}
            if shape is None or "properties" in shape:
                yield _unknown(path, entry.value, operation)


def _unknown(path: str, part: Node, operation: Operation) -> Problem:
    assert isinstance(part, Scalar)
    words, first = sorted(_parts(operation)), part.text.partition(".")[0]
    wanted = part.text.removeprefix(f"{first}.") if operation.lists and first.isdigit() else part.text
    message = f"the answer of {operation.name} has no '{wanted}'{did_you_mean(wanted, words)}"
    return codes.UNKNOWN_OPTION.at(path, part.span, message, hint=f"Possible here: {', '.join(words)}.")


def _parts(operation: Operation) -> Iterator[str]:
    """Yield the parts of an answer, those of its parts with a dot."""
    for name, shape in operation.answer.items():
        inner = shape.get("properties", {})
        yield from (f"{name}.{part}" for part in inner) if inner else (name,)
