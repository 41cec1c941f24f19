"""T014: something is to happen to a room that the call is not in."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.paths import Visit
from engine.check.ways import ways_of
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.tree import StepTree

CODE = Code("T014", "outside-room", "A step about the room of a call that is in none.")
_ANYWHERE = frozenset({"conference_stop", "conference_record_stop"})  # where there is nothing to stop they are done


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each step that no way leads to with the call in a room."""
    concerned = [flow for flow in folder.trees if any(_needs_room(step) for _, _, step in flow.steps())]
    if not concerned:
        return
    ways = ways_of(folder)
    for flow in concerned:
        for role in flow.roles:
            if role.starts.by_flows is not None:
                continue  # another flow may hand over a call that is in a room
            for step in _outside(ways.visits(flow, role)):
                message = f"'{step.name}' is about a room, and the call is in none when it comes"
                hint = "Put - join_conference: ROOM before it, or name a room: NAME in it."
                yield CODE.at(flow.path, step.key.span, message, hint=hint)


def _needs_room(step: StepTree) -> bool:
    return step.verb.in_room and step.name not in _ANYWHERE and "room" not in step.values


def _outside(visits: list[Visit]) -> Iterator[StepTree]:
    steps = {id(visit.step): visit.step for visit in visits if _needs_room(visit.step)}
    in_room = {id(visit.step) for visit in visits if visit.situation.is_in_room}
    yield from (step for place, step in steps.items() if place not in in_room)
