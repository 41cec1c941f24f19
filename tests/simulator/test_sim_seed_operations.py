"""Each of the 34 operations of the seed documents: what it does, and how it is refused."""

from __future__ import annotations

import pytest

from engine.tables import catalogue

OK = {"result": "ok"}


def in_line(line, name="support"):
    leg = line.caller()
    line.ok("enqueue", leg, queue_name=name)
    line.wait()
    return leg


def place(leg):
    return {"queue_name": "support", "call_control_id": leg}


def two_in_room(line):
    room, one = line.room()
    other = line.caller()
    line.ok("conference_join", room, call_control_id=other)
    line.wait()
    return room, one, other


def seat(line, room, leg):
    rows = line.ok("participant_list", room)
    return {"id": room, "participant_id": next(row["id"] for row in rows if row["call_control_id"] == leg)}


# Each does its operation in a fitting state and says whether the effect is there.


def enqueue(line):
    leg = in_line(line)
    return line.world.look(leg).queue == "support" and line.last("call.enqueued")["current_position"] == 1


def leave_queue(line):
    leg = in_line(line)
    line.ok("leave_queue", leg)
    return line.wait() == ["call.dequeued"] and line.last("call.dequeued")["reason"] == "leave"


def queue_create(line):
    row = line.ok("queue_create", None, queue_name="vip")
    return (row["name"], row["max_size"], row["current_size"]) == ("vip", 300, 0)


def queue_delete(line):
    line.ok("queue_create", None, queue_name="vip")
    return line.do("queue_delete", "vip").status == 204 and line.do("queue_retrieve", "vip").status == 404


def queue_list(line):
    for name in ("a", "b", "c"):
        line.ok("queue_create", None, queue_name=name)
    answer = line.do("queue_list", query={"page[number]": "2", "page[size]": "2"}).body
    meta = {"page_number": 2, "page_size": 2, "total_pages": 2, "total_results": 3}
    return [row["name"] for row in answer["data"]] == ["c"] and answer["meta"] == meta


def queue_retrieve(line):
    in_line(line)
    row = line.ok("queue_retrieve", "support")
    return (row["current_size"], row["max_size"]) == (1, 100)


def queue_update(line):
    in_line(line)
    return line.ok("queue_update", "support", max_size=1)["max_size"] == 1


def queued_call_list(line):
    legs = [in_line(line), in_line(line)]
    rows = line.ok("queued_call_list", "support")
    return [(row["call_control_id"], row["queue_position"]) for row in rows] == [(legs[0], 1), (legs[1], 2)]


def queued_call_retrieve(line):
    leg = in_line(line)
    line.wait(30)
    row = line.ok("queued_call_retrieve", place(leg))
    return row["wait_time_secs"] == 30 and row["is_alive"]


def queued_call_update(line):
    leg = in_line(line)
    line.ok("queued_call_update", place(leg), keep_after_hangup=True)
    line.world.hang_up(leg, line.now)
    return line.ok("queued_call_retrieve", place(leg))["is_alive"] is False


def queued_call_remove(line):
    leg = in_line(line)
    line.ok("queued_call_update", place(leg), keep_after_hangup=True)
    line.world.hang_up(leg, line.now)
    line.ok("queued_call_remove", place(leg))
    return line.ok("queued_call_list", "support") == []


def conference_create(line):
    room, leg = line.room()
    return line.types(leg)[-2:] == ["conference.created", "conference.participant.joined"] and bool(room)


def conference_join(line):
    room, _, other = two_in_room(line)
    return line.types(other)[-1] == "conference.participant.joined" and line.world.look(other).room == room


def conference_leave(line):
    room, _, other = two_in_room(line)
    line.ok("conference_leave", room, call_control_id=other)
    return line.wait() == ["conference.participant.left"] and line.world.look(other).state == "answered"


def conference_end(line):
    room, one, other = two_in_room(line)
    line.ok("conference_end", room)
    ended = sorted(line.wait())
    return ended == sorted(["conference.participant.left"] * 2 + ["conference.ended"] + ["call.hangup"] * 2) and (
        line.world.look(one).state == line.world.look(other).state == "ended"
    )


def conference_list(line):
    line.room("one")
    room, _ = line.room("two", duration_minutes=300)
    line.room("three", duration_minutes=1)
    names = [row["name"] for row in line.ok("conference_list")]
    found = line.ok("conference_list", query={"filter[name]": "two"})
    return names[-1] == "three" and [row["id"] for row in found] == [room]


def conference_retrieve(line):
    room, leg = line.room()
    line.world.hang_up(leg, line.now)
    row = line.ok("conference_retrieve", room)
    return (row["status"], row["end_reason"], row["ended_by"]["call_control_id"]) == ("completed", "all_left", leg)


def conference_update(line):
    room, _, other = two_in_room(line)
    line.ok("conference_update", room, call_control_id=other, supervisor_role="whisper", whisper_call_control_ids=["x"])
    return line.ok("participant_retrieve", seat(line, room, other))["whisper_call_control_ids"] == ["x"]


def conference_hold(line):
    room, one, other = two_in_room(line)
    line.ok("conference_hold", room, audio_url="https://a/wait.mp3", call_control_ids=[other])
    return (
        line.world.look(other).on_hold
        and not line.world.look(one).on_hold
        and line.hears(other)[-1:] == ["https://a/wait.mp3"]
    )


def conference_unhold(line):
    room, one, other = two_in_room(line)
    line.ok("conference_hold", room, audio_url="https://a/wait.mp3")
    line.ok("conference_unhold", room, call_control_ids=[one])
    return (line.world.look(one).on_hold, line.world.look(other).on_hold, line.world.look(one).hears) == (
        False,
        True,
        (),
    )


def conference_mute(line):
    room, one, other = two_in_room(line)
    line.ok("conference_mute", room)
    return line.world.look(one).muted and line.world.look(other).muted and line.wait() == []


def conference_unmute(line):
    room, one, other = two_in_room(line)
    line.ok("conference_mute", room)
    line.ok("conference_unmute", room, call_control_ids=[one])
    return (line.world.look(one).muted, line.world.look(other).muted) == (False, True)


def conference_play(line):
    _, one, other = two_in_room(line)
    line.ok("conference_play", "team", media_name="chime")
    came = line.wait(6)
    return came == ["conference.playback.started", "conference.playback.ended"] and (
        line.hears(one)[-1] == line.hears(other)[-1] == line.last("conference.playback.ended")["media_name"] == "chime"
    )


def conference_speak(line):
    room, one, other = two_in_room(line)
    line.ok("conference_speak", room, payload="Hello all", voice="v", call_control_ids=[other])
    came = line.wait(6)
    return came == ["conference.participant.speak.started", "conference.participant.speak.ended"] and (
        line.last(came[0])["call_control_id"] == other and line.hears(other)[-1:] == ["Hello all"] != line.hears(one)
    )


def conference_stop(line):
    room, one, _ = two_in_room(line)
    line.ok("conference_play", room, media_name="tune", loop="infinity")
    line.wait(100)
    line.ok("conference_stop", room)
    return line.wait() == ["conference.playback.ended"] and line.world.look(one).hears == ()


def conference_send_dtmf(line):
    room, one, other = two_in_room(line)
    line.ok("conference_send_dtmf", room, digits="12#", call_control_ids=[other])
    return line.hears(other)[-1:] == ["12#"] and line.hears(one) == []


def conference_gather_using_audio(line):
    room, one, _ = two_in_room(line)
    line.ok("conference_gather_using_audio", room, call_control_id=one, media_name="ask", maximum_digits=2)
    line.wait(1)
    line.world.press(one, "42", line.now)
    line.wait(1)
    return (line.last("call.gather.ended")["digits"], line.last("call.gather.ended")["status"]) == ("42", "valid")


def _recording(line, *further):
    room, _, _ = two_in_room(line)
    line.ok("conference_record_start", room, format="wav", play_beep=True)
    line.wait(10)
    for operation in further:
        line.ok(operation, room)
    return room, line.wait(3)


def conference_record_start(line):
    room, came = _recording(line)
    line.ok("conference_end", room)
    return came == [] and "conference.recording.saved" in line.wait(3)


def conference_record_stop(line):
    _, came = _recording(line, "conference_record_stop")
    saved = line.last("conference.recording.saved")
    return came == ["conference.recording.saved"] and saved["format"] == "wav" and "wav" in saved["recording_urls"]


def conference_record_pause(line):
    return _recording(line, "conference_record_pause")[1] == []


def conference_record_resume(line):
    return _recording(line, "conference_record_pause", "conference_record_resume")[1] == []


def participant_list(line):
    room, one, other = two_in_room(line)
    line.ok("conference_mute", room, call_control_ids=[one])
    rows = line.ok("participant_list", room, query={"filter[muted]": "false"})
    return [row["call_control_id"] for row in rows] == [other] and rows[0]["conference"] == {"id": room, "name": "team"}


def participant_retrieve(line):
    room, one = line.room()
    row = line.ok("participant_retrieve", seat(line, room, one))
    return (row["status"], row["conference_id"]) == ("joined", room)


def participant_update(line):
    room, one, other = two_in_room(line)
    line.ok("participant_update", seat(line, room, one), end_conference_on_exit=True)
    line.ok("conference_leave", room, call_control_id=one)
    line.wait()
    return line.world.look(other).state == "ended" and line.last("conference.ended")["reason"] == "host_left"


WORKS = [value for name, value in list(globals().items()) if name in catalogue().operations]


def test_every_seed_operation_is_in_the_table_above():
    assert {deed.__name__ for deed in WORKS} == {operation.name for operation in catalogue().seed_operations()}
    assert len(WORKS) == 34


@pytest.mark.parametrize("deed", WORKS, ids=lambda deed: deed.__name__)
def test_operation_has_its_effect_and_its_webhooks(line, deed):
    assert deed(line)


UNKNOWN = "v3:unknown"
ROOM = "7b9bd7b4-5cbb-4bb3-9c1f-1e1a4d6f1b11"
NEEDED = {
    "conference_hold": {},
    "conference_unhold": {"call_control_ids": []},
    "conference_mute": {},
    "conference_unmute": {},
    "conference_stop": {},
    "conference_play": {"media_name": "m"},
    "conference_speak": {"payload": "p", "voice": "v"},
    "conference_send_dtmf": {"digits": "1"},
    "conference_record_start": {"format": "mp3"},
    "conference_record_stop": {},
    "conference_record_pause": {},
    "conference_record_resume": {},
    "conference_end": {},
    "conference_join": {"call_control_id": UNKNOWN},
    "conference_leave": {"call_control_id": UNKNOWN},
    "conference_update": {"call_control_id": UNKNOWN, "supervisor_role": "none"},
    "conference_gather_using_audio": {"call_control_id": UNKNOWN, "media_name": "m"},
}


@pytest.mark.parametrize("operation", NEEDED)
def test_room_operation_on_an_unknown_room_gets_90058(line, operation):
    response = line.do(operation, ROOM, **NEEDED[operation])

    assert (response.status, response.code) == (404, "90058")


@pytest.mark.parametrize("operation", NEEDED)
def test_room_operation_on_an_ended_room_gets_90019(line, operation):
    room, leg = line.room()
    line.world.hang_up(leg, line.now)

    response = line.do(operation, room, **NEEDED[operation])

    assert (response.status, response.code) == (422, "90019")


@pytest.mark.parametrize(
    ("operation", "path", "body", "status", "code"),
    [
        ("enqueue", UNKNOWN, {"queue_name": "q"}, 404, "10005"),
        ("leave_queue", UNKNOWN, {}, 404, "10005"),
        ("queue_retrieve", "nope", {}, 404, "10005"),
        ("queue_update", "nope", {"max_size": 3}, 404, "10005"),
        ("queue_delete", "nope", {}, 404, "10005"),
        ("queued_call_list", "nope", {}, 404, "10005"),
        ("queued_call_retrieve", "nope", {}, 404, "10005"),
        ("queued_call_update", "nope", {}, 404, "10005"),
        ("queued_call_remove", "nope", {}, 404, "10005"),
        ("conference_create", None, {"name": "r", "call_control_id": UNKNOWN}, 422, "90015"),
        ("conference_retrieve", ROOM, {}, 404, "90058"),
        ("participant_list", ROOM, {}, 404, "90058"),
        ("participant_retrieve", ROOM, {}, 404, "90058"),
        ("participant_update", ROOM, {}, 404, "90058"),
        ("queue_list", None, {"query": {"page[size]": "251"}}, 422, "10033"),
        ("conference_list", None, {"query": {"page[number]": "0"}}, 422, "10033"),
        ("queue_create", None, {"queue_name": "q", "max_size": 0}, 422, "10033"),
    ],
)
def test_what_is_not_there_is_refused(line, operation, path, body, status, code):
    response = line.do(operation, path, **body)

    assert (response.status, response.code) == (status, code)


def test_every_seed_operation_has_a_refusal_in_the_tables_above():
    listed = set(NEEDED) | {row[0] for row in test_what_is_not_there_is_refused.pytestmark[0].args[1]}

    assert {operation.name for operation in catalogue().seed_operations()} <= listed
