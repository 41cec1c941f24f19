"""T009: a number that is dialled comes from data, and nothing limits it."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.catalogue import RINGING
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.nodes import List, Scalar
from engine.language.tree import StepTree

CODE = Code("T009", "number-from-data", "A number from a formula that is rung, without may_call in project.yaml.")

_VERBS = frozenset({"transfer", "dial", "call_later", "refer"})


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each ``to: "{{ ... }}"`` of a number that every call would refuse to ring."""
    project = folder.project
    if project.project.may_call or not project.is_sound:
        return
    for flow, _, _, step in folder.steps():
        for to in _numbers(step):
            if "{{" in to.text:
                message = "a number from a formula is called only if project.yaml allows its beginning"
                yield CODE.at(flow.path, to.span, message, hint='For example: may_call: ["+1555"].')


def _numbers(step: StepTree) -> Iterator[Scalar]:
    """Yield the numbers that *step* rings, as they are written."""
    if step.name in _VERBS and "to" in step.given:
        yield step.given["to"]
    operation = step.given.get("operation") if step.name == "telnyx" else None
    if operation is not None and operation.text in RINGING:
        written = [node for key, node in step.rest if key.text == RINGING[operation.text]]
        numbers = written[0] if written and isinstance(written[0], List) else written
        yield from (number for number in numbers if isinstance(number, Scalar))
