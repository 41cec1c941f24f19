"""R036: one room or one queue is given two different settings."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.tree import FlowTree, StepTree

CODE = Code("R036", "two-settings", "Two values of one setting for one room or one queue.")
# What is settled when the room or queue comes to be, whoever is first (facts.md, section 4).
_SETTLED = {
    "join_conference": ("room", ("max_people", "music_until_joined", "lasts", "region")),
    "enqueue": ("queue", ("max_callers",)),
    "queue_create": ("queue", ("max_callers",)),
}
_OWN = "own"  # a room of each call alone


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each value that differs from an earlier one for the same name, anywhere in the folder."""
    first: dict[tuple[str, str, str], tuple[FlowTree, StepTree]] = {}
    for flow, _, _, step in folder.steps():
        place, settings = _SETTLED.get(step.name, ("", ()))
        name = step.values.get(place, "")
        if not name or name == _OWN or "{{" in name or step.values.get("must_exist") is True:
            continue
        for setting in settings:
            if setting in step.values:
                earlier = first.setdefault((place, name, setting), (flow, step))
                yield from _differing(flow, step, setting, f"the {place} '{name}'", earlier)


def _differing(
    flow: FlowTree, step: StepTree, setting: str, what: str, earlier: tuple[FlowTree, StepTree]
) -> Iterator[Problem]:
    other_flow, other = earlier
    if other.values[setting] == step.values[setting]:
        return
    given = other.given[setting]
    where = f"line {given.span.line}" if other_flow is flow else f"{other_flow.path}, line {given.span.line}"
    message = f"{what} has {setting}: {given.text} in {where}; write the same value in both"
    yield CODE.at(flow.path, step.given[setting].span, message)
