"""A supervisor listens to, whispers into and joins a private room, and records it (the example supervise.flow.yaml)."""

from __future__ import annotations

from pathlib import Path

import pytest
from core_stage import Phone

from engine.core.flow import Version
from engine.language.loader import load_version

_HERE = Path(__file__).parent
_PROJECT = b"""\
audio:
  hold_music: {url: "https://example.com/hold.mp3"}
notify:
  support_inbox: {url: "https://example.com/hooks/voicemail"}
  quality_team: {url: "https://example.com/hooks/recordings"}
lists:
  agents: ["+15552220001"]
  supervisors: ["+15552220009"]
"""
_DESK = (_HERE.parents[1] / "flows" / "support_desk.flow.yaml").read_bytes()
_DESK_CALLS, _AGENTS, _SUPERVISORS = "+15551231111", "+15551231112", "+15551232222"


def compiled() -> Version:
    files = {"supervise.flow.yaml": (_HERE / "supervise.flow.yaml").read_bytes(), "support_desk.flow.yaml": _DESK}
    loaded = load_version({**files, "project.yaml": _PROJECT})
    assert loaded.version is not None, loaded.problems
    return loaded.version


class Floor(Phone):
    """A caller and an agent talk in the room "support 10"; a supervisor listens."""

    def __init__(self, room: str = "10#") -> None:
        super().__init__(compiled=compiled())
        self.caller = self.calls(to=_DESK_CALLS, from_="+15551110001", wait=20)
        self.agent = self.calls(to=_AGENTS, from_="+15552220001", wait=6)
        self.press(self.agent, "1", wait=3)
        self.supervisor = self.calls(to=_SUPERVISORS, from_="+15552220009", wait=6)
        self.press(self.supervisor, room, wait=10)


def test_the_supervisor_listens_to_a_room_that_is_recorded():
    """'In a room ... each leg bears its role's name as label, so supervisors can join'"""
    floor = Floor()

    assert floor.state(floor.supervisor) == "controls"
    assert floor.leg(floor.supervisor).room == "support 10"
    assert floor.parameters("conference_join")["supervisor_role"] == "monitor"
    assert floor.parameters("conference_record_start")["format"] == "mp3"
    assert "This conversation is now recorded." in floor.heard(floor.caller)
    assert floor.problems() == []


def test_the_keys_whisper_join_in_pause_and_resume():
    floor = Floor()
    before = len(floor.did())

    for key in "123787":
        floor.press(floor.supervisor, key, wait=6)

    assert floor.did()[before:] == [
        "conference_update", "conference_update", "conference_update", "conference_speak", "conference_record_pause",
        "conference_record_resume", "conference_record_pause",
    ]  # fmt: skip
    roles = [dict(row.command.parameters) for _, row in floor.rows(operation="conference_update")]
    assert [role["supervisor_role"] for role in roles] == ["monitor", "whisper", "barge"]
    assert roles[1]["whisper_call_control_ids"] == [floor.agent]
    assert "A supervisor has joined the call." in floor.heard(floor.agent)
    assert floor.problems() == []


def test_a_key_that_does_not_fit_changes_nothing():
    """'a key that does not fit, e.g. 8 without 7, changes nothing'"""
    floor = Floor()
    floor.fail("conference_record_resume", "10015")

    floor.press(floor.supervisor, "8", wait=2)

    assert floor.errors() == ["10015"]
    assert floor.state(floor.supervisor) == "controls"


def test_who_leaves_gets_the_recording_all_the_same():
    """'conference.ended and conference.recording.saved: also those who were members in the last hour'"""
    floor = Floor()

    floor.press(floor.supervisor, "9", wait=20)

    assert floor.did().count("conference_record_stop") == 1
    assert [body["recording"].endswith(".mp3") for body in floor.notified()] == [True]
    assert floor.heard(floor.supervisor)[-1] == "You have left the room."
    assert floor.state(floor.caller) == "talking"
    assert floor.problems() == []


def test_the_end_of_the_conversation_ends_the_listening():
    floor = Floor()

    floor.hang_up(floor.caller, wait=30)
    floor.press(floor.supervisor, "9", wait=10)

    assert floor.states(floor.supervisor)[-1] == "finished"
    assert floor.problems() == []


@pytest.mark.parametrize("room", ["99#"])
def test_a_room_that_does_not_exist_is_said_to_be_impossible(room: str):
    floor = Floor(room)

    assert floor.states(floor.supervisor)[-1] == "sorry"
    assert floor.world.state()["rooms"].keys() == {"support 10"}
