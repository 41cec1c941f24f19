"""T009: a number that is dialled comes from data, and nothing limits it."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("T009", "number-from-data", "A number from a formula that is rung, without may_call in project.yaml.")

_RINGING = frozenset({"transfer", "dial", "call_later"})


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each ``to: "{{ ... }}"`` of a number that every call would refuse to ring."""
    project = folder.project
    if project.project.may_call or not project.is_sound:
        return
    for flow, _, _, step in folder.steps():
        to = step.given.get("to") if step.name in _RINGING else None
        if to is not None and "{{" in to.text:
            message = "a number from a formula is called only if project.yaml allows its beginning"
            yield CODE.at(flow.path, to.span, message, hint='For example: may_call: ["+1555"].')
