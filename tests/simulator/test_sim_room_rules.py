"""The rules of rooms, each with the sentence of facts.md, section 4, "Conferences"."""

from __future__ import annotations

import pytest

SPEAK = {"payload": "Hello", "voice": "v"}


def joined(line, room, **body):
    leg = line.caller()
    line.ok("conference_join", room, call_control_id=leg, **body)
    line.wait()
    return leg


@pytest.mark.parametrize(
    ("wish", "enters", "leaves"), [("always", 1, 1), ("on_enter", 1, 0), ("on_exit", 0, 1), ("never", 0, 0)]
)
@pytest.mark.parametrize("whose", ["room", "participant"])
def test_a_beep_says_who_comes_and_goes(line, whose, wish, enters, leaves):
    room, host = line.room(**({"beep_enabled": wish} if whose == "room" else {}))
    before = line.hears(host).count("beep")
    guest = joined(line, room, **({"beep_enabled": wish} if whose == "participant" else {}))
    entered = line.hears(host).count("beep") - before
    line.ok("conference_leave", room, call_control_id=guest)

    assert (entered, line.hears(host).count("beep") - before - entered) == (enters, leaves)


@pytest.mark.parametrize(("at_leave", "beeps"), [("never", 0), ("on_exit", 1)])
def test_the_command_that_leaves_says_whether_it_beeps(line, at_leave, beeps):
    room, host = line.room(beep_enabled="never" if beeps else "on_exit")
    guest = joined(line, room)
    line.ok("conference_leave", room, call_control_id=guest, beep_enabled=at_leave)

    assert line.hears(host).count("beep") == beeps


def test_leaving_returns_the_leg_to_parked(line):
    """ "`leave` returns the leg to parked: it stays up and billed"."""
    room, leg = line.room()
    line.ok("conference_leave", room, call_control_id=leg)

    assert (line.world.look(leg).state, line.world.look(leg).room) == ("answered", None)


@pytest.mark.parametrize(
    ("wish", "state"),
    [({"end_conference_on_exit": True}, "ended"), ({"soft_end_conference_on_exit": True}, "answered")],
)
@pytest.mark.parametrize("how", ["join", "participant_update"])
def test_who_ends_the_room_by_leaving(line, how, wish, state):
    """ "`end_conference_on_exit` hangs up everyone; `soft_end_conference_on_exit` ends without hangup"."""
    room, host = line.room()
    leaver = joined(line, room, **(wish if how == "join" else {}))
    if how == "participant_update":
        rows = line.ok("participant_list", room)
        row = next(row for row in rows if row["call_control_id"] == leaver)
        line.ok("participant_update", {"id": room, "participant_id": row["id"]}, **wish)
    line.world.hang_up(leaver, line.now)
    line.wait()

    assert line.world.look(host).state == state
    assert line.last("conference.ended")["reason"] == "host_left"
    assert line.ok("conference_retrieve", room)["end_reason"] == "host_left"


@pytest.mark.parametrize(("options", "after_s"), [({}, 4 * 3600), ({"duration_minutes": 2}, 120)])
def test_a_room_ends_after_four_hours_or_sooner(line, options, after_s):
    """ "end when all left or after 4 hours; `duration_minutes` shortens"."""
    room, _ = line.room(**options)
    line.world.pick_up(_dialled(line, room), line.now)
    line.wait(after_s - 10)
    assert line.ok("conference_retrieve", room)["status"] == "in_progress"

    line.wait(20)

    row = line.ok("conference_retrieve", room)
    assert (row["status"], row["end_reason"]) == ("completed", "time_exceeded")


def _dialled(line, room):
    wish = {"to": "+15559990000", "from": "+15551230000", "connection_id": "1", "conference_config": {"id": room}}
    line.ok("dial", None, **wish)
    return line.far_leg()


def test_hold_with_audio_is_for_those_who_are_named(line):
    room, host = line.room()
    guest = joined(line, room)
    line.ok("conference_hold", room, call_control_ids=[guest], media_name="wait")
    assert (line.hears(host), line.hears(guest)) == ([], ["wait"])
    assert (line.world.look(guest).on_hold, line.world.look(host).on_hold) == (True, False)

    line.ok("conference_unhold", room, call_control_ids=[guest])

    assert line.world.look(guest).hears == ()
    assert not line.world.look(guest).on_hold


@pytest.mark.parametrize("ids", [None, []])
@pytest.mark.parametrize("operation", ["conference_hold", "conference_mute"])
def test_no_names_are_everybody(line, operation, ids):
    """ "Hold/mute/play with an empty or missing `call_control_ids` apply to everyone"."""
    room, host = line.room()
    legs = [host, joined(line, room)]
    line.ok(operation, room, **({} if ids is None else {"call_control_ids": ids}))

    looks = [line.world.look(leg) for leg in legs]
    assert [look.on_hold if operation == "conference_hold" else look.muted for look in looks] == [True, True]


def test_unhold_needs_names(line):
    """ "unhold requires the list"."""
    room, _ = line.room()

    assert line.do("conference_unhold", room).code == "10004"
    assert line.do("conference_unhold", room, call_control_ids=["v3:none"]).code == "90015"


def test_play_to_all_goes_on_for_who_comes_later_and_stops_for_all(line):
    room, host = line.room()
    line.ok("conference_play", room, media_name="m", loop="infinity")
    guest = joined(line, room)
    assert line.hears(host) == line.hears(guest) == ["m"]

    line.ok("conference_stop", room)

    assert line.wait() == ["conference.playback.ended"]
    assert line.world.look(host).hears == line.world.look(guest).hears == ()


def test_who_is_named_hears_it_alone_and_each_has_an_end(line):
    room, host = line.room()
    guests = [joined(line, room) for _ in range(2)]
    line.ok("conference_speak", room, call_control_ids=guests, **SPEAK)
    line.wait(3)

    assert [line.hears(leg) for leg in (host, *guests)] == [[], ["Hello"], ["Hello"]]
    assert line.types().count("conference.participant.speak.ended") == 2
    assert "conference.speak.ended" not in line.types()


def test_what_is_said_while_a_recording_pauses_is_not_on_it(line):
    room, host = line.room()
    line.ok("conference_record_start", room, format="mp3")
    for command, text in ((None, "one"), ("conference_record_pause", "two"), ("conference_record_resume", "three")):
        if command:
            line.ok(command, room)
        line.world.speak_into(host, text, line.now)
    line.ok("conference_record_stop", room)

    [ended] = [entry for entry in line.world.record if entry.what == "recording ended"]
    assert ended.details["heard"] == ["one", "three"]


def test_a_paused_recording_of_a_call_waits_for_no_silence(line):
    leg = line.caller()
    line.ok("record_start", leg, format="mp3", channels="single", timeout_secs=5, transcription=True)
    line.world.speak_into(leg, "one", line.now)
    line.ok("record_pause", leg)
    line.wait(60)
    assert line.world.look(leg).recording
    line.world.speak_into(leg, "two", line.now)
    line.ok("record_resume", leg)
    line.wait(10)

    assert not line.world.look(leg).recording
    assert line.last("call.recording.transcription.saved")["transcription_text"] == "one"


def test_both_sides_of_a_bridge_are_on_the_recording(line):
    one, other = line.caller(), line.caller()
    line.ok("bridge", one, call_control_id=other)
    line.ok("record_start", one, format="mp3", channels="dual", transcription=True)
    line.world.speak_into(other, "Good morning.", line.now)
    line.world.speak_into(one, "Hello.", line.now)
    line.ok("record_stop", one)
    line.wait(5)

    assert line.last("call.recording.transcription.saved")["transcription_text"] == "Good morning. Hello."


def test_who_left_cannot_be_updated_any_more(line):
    room, _ = line.room()
    guest = joined(line, room)
    row = next(row for row in line.ok("participant_list", room) if row["call_control_id"] == guest)
    path = {"id": room, "participant_id": row["id"]}
    line.ok("conference_leave", room, call_control_id=guest)

    assert line.do("participant_update", path, beep_enabled="always").code == "90033"
    assert line.ok("participant_retrieve", path)["status"] == "left"
