"""T017: everybody in the room is muted or held."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("T017", "everybody", "A mute or hold that is for everybody in the room.", "warning")
_WHAT = {"conference_mute": "mutes everybody in the room", "conference_hold": "puts everybody in the room on hold"}


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one warning for each mute and hold that names nobody."""
    for flow, _, _, step in folder.steps():
        if step.name in _WHAT and "to" not in step.values:
            message = f"this {_WHAT[step.name]}; say with to: whom it is for"
            yield CODE.at(flow.path, step.key.span, message)
