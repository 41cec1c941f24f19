from __future__ import annotations

import pytest


def joined(line, room, **options):
    leg = line.caller()
    line.ok("conference_join", room, call_control_id=leg, **options)
    line.wait()
    return leg


def test_a_room_needs_a_live_leg_and_a_free_name(line):
    line.room("team")

    unanswered = line.do("conference_create", None, call_control_id=line.rings(), name="new")
    taken = line.do("conference_create", None, call_control_id=line.caller(), name="team")

    assert (unanswered.code, taken.code) == ("90034", "90033")


def test_a_name_is_free_again_after_the_end(line):
    room, leg = line.room("team")
    line.world.hang_up(leg, line.now)

    again, _ = line.room("team")

    assert again != room
    assert line.ok("conference_list", query={"filter[status]": "in_progress"})[0]["id"] == again


def test_the_last_one_out_ends_the_room(line):
    room, leg = line.room()
    line.ok("conference_leave", room, call_control_id=leg)

    assert line.wait() == ["conference.participant.left", "conference.ended"]
    assert (line.last("conference.ended")["reason"], line.world.look(leg).state) == ("all_left", "answered")


def test_a_hang_up_leaves_the_room(line):
    room, leg = line.room()
    other = joined(line, room)
    line.world.hang_up(other, line.now)

    assert line.wait() == ["conference.participant.left", "call.hangup"]
    assert line.world.look(leg).room == room


@pytest.mark.parametrize(
    ("option", "state"), [("end_conference_on_exit", "ended"), ("soft_end_conference_on_exit", "answered")]
)
def test_the_host_ends_the_room(line, option, state):
    room, leg = line.room()
    host = joined(line, room, **{option: True})
    line.world.hang_up(host, line.now)
    line.wait()

    assert (line.last("conference.ended")["reason"], line.world.look(leg).state) == ("host_left", state)


@pytest.mark.parametrize(("options", "after_s"), [({}, 4 * 3600), ({"duration_minutes": 10}, 600)])
def test_a_room_ends_by_itself(line_with, options, after_s):
    line = line_with(expired_room="hangs-up")
    room, _ = line.room(**options)
    leg = joined(line, room)
    line.wait(after_s - 1)
    assert line.world.look(leg).room == room
    line.wait(1)

    assert (line.last("conference.ended")["reason"], line.world.look(leg).state) == ("time_exceeded", "ended")


def test_a_full_room_refuses(line):
    room, _ = line.room(max_participants=2)
    joined(line, room)

    assert line.do("conference_join", room, call_control_id=line.caller()).code == "90032"


def test_joining_twice_or_leaving_another_room_is_refused(line):
    room, leg = line.room("one")
    other_room, _ = line.room("two")

    assert line.do("conference_join", room, call_control_id=leg).code == "90033"
    assert line.do("conference_leave", other_room, call_control_id=leg).code == "90033"


def test_joining_another_room_leaves_the_first(line):
    first, leg = line.room("one")
    joined(line, first)
    second, _ = line.room("two")
    line.ok("conference_join", "two", call_control_id=leg)

    assert line.world.look(leg).room == second


def test_everybody_waits_with_music_until_the_room_starts(line):
    room, first = line.room(start_conference_on_create=False, hold_audio_url="https://a/hold.mp3")
    second = joined(line, room)
    assert line.ok("conference_retrieve", room)["status"] == "init"
    assert line.world.look(first).on_hold
    assert line.hears(first) == line.hears(second) == ["https://a/hold.mp3"]

    third = joined(line, room, start_conference_on_enter=True)

    assert [line.world.look(leg).on_hold for leg in (first, second, third)] == [False] * 3
    assert line.world.look(first).hears == ()
    assert line.ok("conference_retrieve", room)["status"] == "in_progress"


def test_a_beep_is_heard_by_all(line):
    room, leg = line.room(beep_enabled="on_exit")
    other = joined(line, room)
    assert line.hears(leg) == []
    line.ok("conference_leave", room, call_control_id=other)

    assert (line.hears(leg), line.hears(other)) == (["beep"], [])


def test_room_speech_names_no_leg_and_late_comers_hear_the_rest(line):
    room, leg = line.room(client_state="b25l")
    line.ok("conference_speak", room, payload="x" * 100, voice="v")
    line.wait(1)
    late = joined(line, room)
    line.wait(6)

    said = line.last("conference.speak.ended")
    assert not {"call_control_id", "client_state"} & said.keys()
    assert said["conference_id"] == room
    assert line.hears(leg) == line.hears(late) == ["x" * 100]


def test_who_is_held_does_not_hear_the_room(line):
    room, leg = line.room()
    other = joined(line, room, hold=True, hold_media_name="wait")
    line.ok("conference_speak", room, payload="Hello", voice="v")

    assert (line.hears(leg), line.hears(other)) == (["Hello"], ["wait"])


def test_those_who_are_not_in_the_room_cannot_be_named(line):
    room, _ = line.room()

    assert line.do("conference_mute", room, call_control_ids=[line.caller()]).code == "90015"


def test_the_rooms_client_state_is_that_of_its_owner(line):
    room, leg = line.room(client_state="b25l")
    joined(line, room, client_state="dHdv")
    assert line.last("conference.participant.joined")["client_state"] == "dHdv"
    line.ok("client_state_update", leg, client_state="dGhyZWU=")
    line.ok("conference_end", room)
    line.wait()

    assert line.last("conference.ended")["client_state"] == "b25l"


def test_another_region_does_not_know_the_room(line):
    room, _ = line.room(region="Europe")

    assert line.do("conference_retrieve", room, query={"region": "US"}).status == 404
    assert line.do("conference_mute", room, region="Europe").status == 200


def test_talking_takes_the_floor(line):
    _, leg = line.room()
    line.world.speak_into(leg, "I think", line.now)

    assert line.wait() == ["conference.floor.changed"]
    assert "data" not in line.webhooks[-1].body


def test_a_waiting_call_joins_directly(line):
    room, _ = line.room()
    leg = line.caller()
    line.ok("enqueue", leg, queue_name="support")
    line.ok("conference_join", room, call_control_id=leg)
    line.wait()

    assert (line.last("call.dequeued")["reason"], line.world.look(leg).queue) == ("leave", None)


def test_moving_between_queue_and_room_can_be_refused(line_with):
    line = line_with(join_from_queue="refused", enqueue_from_room="refused")
    room, member = line.room()
    leg = line.caller()
    line.ok("enqueue", leg, queue_name="support")

    assert line.do("conference_join", room, call_control_id=leg).code == "90033"
    assert line.do("conference_create", None, call_control_id=leg, name="new").code == "90033"
    assert line.do("enqueue", member, queue_name="support").code == "90033"


def test_a_repeated_create_returns_the_same_room(line):
    leg = line.caller()

    rows = [line.ok("conference_create", None, call_control_id=leg, name="r", command_id="c") for _ in range(2)]

    assert rows[0]["id"] == rows[1]["id"]


def test_who_leaves_while_the_room_is_played_to_hears_no_more(line):
    room, leg = line.room()
    other = joined(line, room)
    line.ok("conference_play", room, media_name="tune", loop="infinity")
    line.ok("conference_hold", room, call_control_ids=[leg])
    line.ok("conference_leave", room, call_control_id=other)

    assert (line.world.look(leg).hears, line.world.look(other).hears) == ((), ())
    line.ok("conference_unhold", room, call_control_ids=[leg])
    assert len(line.world.look(leg).hears) == 1


def test_leaving_cancels_the_gather_of_the_room(line):
    room, leg = line.room()
    line.ok("conference_gather_using_audio", room, call_control_id=leg, media_name="ask")
    line.ok("conference_leave", room, call_control_id=leg)
    line.wait()

    assert line.last("call.gather.ended")["status"] == "cancelled"


def test_the_owner_who_comes_back_changes_the_rooms_client_state(line):
    room, leg = line.room(client_state="b25l")
    joined(line, room, beep_enabled="on_enter", start_conference_on_enter=True)
    line.ok("conference_leave", room, call_control_id=leg)
    line.ok("conference_join", room, call_control_id=leg, client_state="dHdv")
    line.ok("conference_end", room)
    line.wait()

    assert line.last("conference.ended")["client_state"] == "dHdv"
    assert line.hears(leg) == ["beep"]


def test_those_outside_have_no_role_no_gather_and_no_seat(line):
    room, _ = line.room()
    outside = line.caller()

    codes = [
        line.do("conference_update", room, call_control_id=outside, supervisor_role="none").code,
        line.do("conference_gather_using_audio", room, call_control_id=outside, media_name="m").code,
        line.do("participant_retrieve", {"id": room, "participant_id": "x"}).code,
    ]

    assert codes == ["90015", "90015", "10005"]


def test_a_role_shows_in_how_a_leg_stands(line):
    room, leg = line.room()
    other = joined(line, room, supervisor_role="monitor")
    assert (line.world.look(leg).role, line.world.look(other).role) == ("none", "monitor")

    line.ok("conference_update", room, call_control_id=other, supervisor_role="whisper", whisper_call_control_ids=[leg])

    assert (line.world.look(other).role, line.world.look(other).whispers_to) == ("whisper", (leg,))
