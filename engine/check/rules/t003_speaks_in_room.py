"""T003: something is to be heard while the call is in a room."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.paths import walk
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("T003", "speaks-in-room", "A speak, play, gather or record while the call is in a room.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each step that cannot be heard in a room."""
    for flow in folder.trees:
        for role in flow.roles:
            told: set[int] = set()
            for visit in walk(role):
                step = visit.step
                if step.verb.audible and visit.situation.is_in_room and id(step) not in told:
                    told.add(id(step))
                    message = f"'{step.name}' may come while the call is in a room; put - leave_conference before it"
                    yield CODE.at(flow.path, step.key.span, message)
