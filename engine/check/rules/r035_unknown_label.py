"""R035: a step in a room is for somebody whom nothing calls so."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.suggest import did_you_mean
from engine.core.names import ME
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.nodes import List, Scalar
from engine.language.tree import StepTree

CODE = Code("R035", "unknown-label", "A name in to: that no leg in a room has.")
_HINT = "Legs in a room are called by their role, by as: NAME of join_conference, or me."


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each name that no role of the folder and no ``as`` of a join gives."""
    if not folder.is_complete or not all(flow.is_sound for flow in folder.trees):
        return  # what cannot be read may give the name
    steps = [(flow, step) for flow, _, _, step in folder.steps()]
    known = {role.name for flow, role in folder.roles()} | {ME}
    known |= {str(step.values["as"]) for _, step in steps if step.name == "join_conference" and "as" in step.values}
    for flow, step in steps:
        for label in labels(step):
            if label.text not in known:
                message = f"nobody in a room is called '{label.text}'{did_you_mean(label.text, known)}"
                yield CODE.at(flow.path, label.span, message, hint=_HINT)


def labels(step: StepTree) -> list[Scalar]:
    """Return the names of legs in a room that *step* is for."""
    option = step.verb.option("to")
    if option is None or option.type != "legs" or not (step.verb.in_room or step.name == "join_conference"):
        return []
    node = step.nested.get("to")
    given = list(node) if isinstance(node, List) else [step.given["to"]] if "to" in step.given else []
    return [item for item in given if isinstance(item, Scalar)]
