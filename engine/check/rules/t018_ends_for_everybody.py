"""T018: one who leaves hangs everybody else up."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("T018", "ends-for-everybody", "A leg whose leaving hangs up everybody in the room.", "warning")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one warning for each ``end_room_on_exit: true``."""
    for flow, _, _, step in folder.steps():
        if step.values.get("end_room_on_exit") is True:
            message = "when this call leaves the room, everybody else in it is hung up"
            hint = "If that is meant, write above it: # check: allow T018 because ..."
            yield CODE.at(flow.path, step.given["end_room_on_exit"].span, message, hint=hint)
