"""T003: something is to be heard while the call is in a room."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.paths import Visit
from engine.check.ways import steps_where
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("T003", "speaks-in-room", "A speak, play, gather or record while the call is in a room.")

_INSTEAD = {
    "speak": "Or say it in the room: conference_speak: {text: ..., to: me}.",
    "prompt": "Or say it in the room: conference_speak: {text: ..., to: me}.",
    "play": "Or play it in the room: conference_play: {audio: ..., to: me}.",
    "gather": "Or ask in the room, with audio: conference_gather: {play: ...}.",
    "record": "Or record the room: conference_record_start.",
}


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for the first step on each way that cannot be heard in a room."""
    for flow, step in steps_where(folder, _is_in_vain):
        message = f"'{step.name}' may come while the call is in a room; put - leave_conference before it"
        yield CODE.at(flow.path, step.key.span, message, hint=_INSTEAD.get(step.name, ""))


def _is_in_vain(visit: Visit) -> bool:
    return visit.step.is_audible and visit.situation.is_in_room and not visit.situation.is_unheard
