"""R034: tell or bridge names a leg that is no role of the file."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.nearest import did_you_mean
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.nodes import Scalar
from engine.language.tree import RoleTree, StepTree

CODE = Code("R034", "unlinked-leg", "A tell or bridge with a leg that is no role of the file.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each leg that a step tells something or is bridged with, and that can never be linked."""
    for flow, role, _, step in folder.steps():
        for place in _legs(step):
            is_me = place.text == role.name
            if is_me or (flow.is_sound and place.text not in flow.role_names):
                yield CODE.at(flow.path, place.span, _message(role, step, place, flow.role_names))


def _legs(step: StepTree) -> list[Scalar]:
    if step.name == "tell":
        return [key for key, _ in step.rest]
    return [step.given["to"]] if step.name == "bridge" and "to" in step.given else []


def _message(role: RoleTree, step: StepTree, place: Scalar, names: frozenset[str]) -> str:
    if place.text == role.name:
        return f"'{place.text}' is this leg itself"
    if place.text in role.legs:
        return f"'{place.text}' is the far leg of a transfer, which has no states and cannot take part in '{step.name}'"
    guess = did_you_mean(place.text, names - {role.name})
    return f"there is no role '{place.text}'{guess}"
