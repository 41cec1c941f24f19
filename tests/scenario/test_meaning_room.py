"""language.md, section 3, "Room": what the checker says of rooms."""

from __future__ import annotations

import pytest
from telling import desk, faults

TWO = "b:\n  do: [leave_conference, {join_conference: {room: team, SETTING}}]\n  after: {1h: over}\n"


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("max_people: 5", "max_people: 6"),
        ("lasts: 30m", "lasts: 1h"),
        ("music_until_joined: tune", "music_until_joined: song"),
    ],
)
def test_two_values(one: str, two: str):
    """Two values for one room are a checker error."""
    audio = b'audio:\n  tune: {url: "https://example.com/tune.mp3"}\n  song: {url: "https://example.com/song.mp3"}\n'
    first = f"a:\n  do: [answer, {{join_conference: {{room: team, {one}}}}}]\n  after: {{1h: b}}\n"
    assert faults(desk(first + TWO.replace("SETTING", one)), project=audio) == []
    assert faults(desk(first + TWO.replace("SETTING", two)), project=audio) == ["R036"]
    assert faults(desk(first + TWO.replace("SETTING", two).replace("team", "other")), project=audio) == []
    elsewhere = desk(
        TWO.replace("SETTING", two).replace("[leave", "[answer, leave"), name="other", number="+15550000009"
    )
    assert faults(desk(first.replace("1h: b", "1h: over")), elsewhere, project=audio) == ["R036"]


@pytest.mark.parametrize("role", ["monitor", "whisper", "barge"])
def test_must_exist(role: str):
    """'`must_exist: true` only joins (required with role monitor or whisper)'"""
    to = ", to: desk" if role == "whisper" else ""
    states = (
        f"a:\n  do: [answer, {{join_conference: {{room: team, as: desk, role: {role}{to}MUST}}}}]\n"
        f"  after: {{1h: over}}\n"
    )
    assert faults(desk(states.replace("MUST", ", must_exist: true"))) == []
    assert faults(desk(states.replace("MUST", ""))) == ([] if role == "barge" else ["T015"])


@pytest.mark.parametrize("step", ["speak: Hello.", "gather: {speak: Press., digits: 1}", "record: {longest: 1m}"])
def test_in_a_room(step: str):
    """In a room, `speak`, `gather`, `record` are checker errors."""
    ends = "  keys: {digits: over, nothing: over}\n" if "gather" in step else "  then: over\n"
    states = (
        "a:\n  do: [answer, {speak: This call is recorded.}, {join_conference: {room: team}}]\n"
        "  on: {call.dtmf.received: b}\n  after: {1h: over}\n"
    )
    states += f"b:\n  do: [FIRST{{{step}}}]\n{ends}"
    assert faults(desk(states.replace("FIRST", ""))) == ["T003"]
    assert faults(desk(states.replace("FIRST", "leave_conference, "))) == []
    assert (
        faults(
            desk(
                states.replace(f"FIRST{{{step}}}", "{conference_speak: {text: Hello., to: me}}").replace(
                    ends, "  then: over\n"
                )
            )
        )
        == []
    )
