"""Who was in a room lately is remembered once, and only where it still wants to hear of it."""

from __future__ import annotations

import orjson
import pytest
from test_intake import library

from engine.core.change import Row
from engine.core.event import Event
from engine.core.intake import decide
from engine.core.room_state import Member, Room

NOW = 1_800_000_000.0
LIBRARY = library()


def row_of(room: Room) -> Row:
    return Row(run=room.run, ver=room.ver, state=orjson.dumps(room).decode())


def after_leaving(room: Room, *listens: str) -> Room:
    """The room after a leg that listens to these events has left it."""
    room.members["a"] = Member("a", "v3:a", "desk", "caller", 1, listens=list(listens), is_in=True, conference_id="c")
    room.members["b"] = Member("b", "v3:b", "desk", "caller", 1, is_in=True, conference_id="c")
    room.stage, room.conference_id = "open", "c"
    event = Event(id="e", type="room.left", run=room.run, payload={"run": "a", "stay": 1, "hangup": None})
    change = decide(event, row_of(room), LIBRARY, run=room.run, now=NOW)
    assert change.row is not None
    return Room.decode(change.row.state)


def test_who_comes_and_goes_all_day_is_remembered_once():
    room = Room(run="room:team")
    for _ in range(50):
        room = after_leaving(room, "conference.ended")

    assert [former.run for former in room.former] == ["a"]


@pytest.mark.parametrize(
    ("listens", "is_kept"),
    [
        (["conference.ended"], True),
        (["conference.recording.saved"], True),
        (["conference.speak.ended", "anyone.conference.participant.left"], False),
    ],
)
def test_only_the_end_and_the_recording_are_told_to_who_was_there(listens: list[str], is_kept: bool):
    assert bool(after_leaving(Room(run="room:team"), *listens).former) is is_kept
