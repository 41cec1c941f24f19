"""The errors that facts.md fixes, one by one, each with the sentence that says so (section 3, "Error body")."""

from __future__ import annotations

import pytest
from simulated_line import OFFICE

DIAL = {"connection_id": "1", "to": "+15559990000", "from": OFFICE}
SPEAK = {"payload": "Hello", "voice": "v"}


def error(response):
    """Status, code, title and pointer of an error answer, whose code is a text and has a title beside it."""
    [one] = response.body["errors"]
    assert isinstance(one["code"], str)
    return response.status, one["code"], one["title"], one.get("source", {}).get("pointer")


@pytest.mark.parametrize(
    ("operation", "body", "expected"),
    [
        # "10004 / 10015 / 10016 / 10032 / 10033: missing param / bad value / not E.164 / bad enum / out of range"
        ("speak", {"payload": "x"}, (422, "10004", "Missing required parameter", "/voice")),
        ("speak", {"payload": 1, "voice": "v"}, (422, "10015", "Invalid value", "/payload")),
        ("transfer", {"to": "5551234"}, (422, "10016", "Phone number must be in +E164 format", "/to")),
        ("reject", {"cause": "BORED"}, (422, "10032", "Invalid enumerated value", "/cause")),
        (
            "send_dtmf",
            {"digits": "1", "duration_millis": 9},
            (422, "10033", "Value outside of range", "/duration_millis"),
        ),
        # "10011 | 429 (also 422 "SRTP not supported": same code, other title)"
        (
            "transfer",
            {"to": "+15559990000", "media_encryption": "SRTP"},
            (422, "10011", "Media encryption not supported for PSTN calls", "/media_encryption"),
        ),
    ],
)
def test_a_wrong_parameter_is_named(line, operation, body, expected):
    assert error(line.do(operation, line.caller(), **body)) == expected


def test_sip_addresses_may_be_encrypted(line):
    assert line.ok("transfer", line.caller(), to="sip:a@example.com", media_encryption="SRTP") == {"result": "ok"}


def test_10005_not_found(line):
    """ "10005, 10007, 90058 | 404 | not found / conference does not exist"."""
    assert error(line.do("queue_retrieve", "none"))[:3] == (404, "10005", "Resource not found")
    assert error(line.do("speak", "v3:none", **SPEAK))[:3] == (404, "10005", "Resource not found")


def test_90058_conference_does_not_exist(line):
    """ "10005, 10007, 90058 | 404 | not found / conference does not exist"."""
    assert error(line.do("conference_mute", "none"))[:3] == (404, "90058", "Invalid conference_id")


@pytest.mark.parametrize(("status", "code"), [(500, "10007"), (503, "10007")])
def test_10007_internal_and_unavailable_on_request(line, status, code):
    """ "10007 | 500/503 | internal / unavailable"."""
    leg = line.caller()
    line.world.fail_next("speak", status, code)

    assert error(line.do("speak", leg, **SPEAK))[:2] == (status, code)
    assert line.do("speak", leg, **SPEAK).status == 200


def test_90015_invalid_call_control_id(line):
    """ "90015 | 422 | Invalid Call Control ID"."""
    expected = (422, "90015", "Invalid Call Control ID")
    room, _ = line.room()

    assert error(line.do("speak", "nonsense", **SPEAK))[:3] == expected
    assert error(line.do("conference_join", room, call_control_id="v3:none")) == (*expected, "/call_control_id")
    assert error(line.do("bridge", line.caller(), call_control_id="v3:none")) == (*expected, "/call_control_id")


def test_90018_call_has_already_ended(line):
    """ "90018 | 422 | Call has already ended"."""
    leg, (room, _) = line.caller(), line.room()
    line.world.hang_up(leg, line.now)

    for answer in (
        line.do("speak", leg, **SPEAK),
        line.do("hangup", leg),
        line.do("conference_join", room, call_control_id=leg),
        line.do("bridge", line.caller(), call_control_id=leg),
    ):
        assert error(answer)[:3] == (422, "90018", "Call has already ended")


def test_90019_conference_has_already_ended(line):
    """ "90019 | 422 | Conference has already ended"."""
    room, leg = line.room()
    line.world.hang_up(leg, line.now)

    assert error(line.do("conference_speak", room, **SPEAK))[:3] == (422, "90019", "Conference has already ended")


def test_90020_recording_before_audio_started(line_with):
    """ "90020 | 422 | recording before audio started"."""
    line = line_with(audio_starts_after_s=1.0)
    answer = line.do("record_start", line.caller(), format="mp3", channels="single")

    assert error(answer)[:3] == (422, "90020", "Call recording triggered before audio started")


def test_90032_maximum_number_of_participants(line):
    """ "90032 | 422 | Maximum number of participants reached"."""
    room, _ = line.room(max_participants=2)
    line.ok("conference_join", room, call_control_id=line.caller())
    answer = line.do("conference_join", room, call_control_id=line.caller())

    assert error(answer)[:3] == (422, "90032", "Maximum number of participants reached")


def test_90033_conference_name_is_taken(line):
    """ "90033 | 422 | conference name exists and is active"."""
    line.room("team")

    assert line.do("conference_create", None, call_control_id=line.caller(), name="team").code == "90033"


def test_90034_call_not_answered_yet(line):
    """ "90034 | 422 | Call not answered yet"."""
    expected = (422, "90034", "Call not answered yet")

    assert error(line.do("speak", line.rings(), **SPEAK))[:3] == expected
    assert error(line.do("conference_create", None, call_control_id=line.rings(), name="team"))[:3] == expected


def test_90036_queue_full(line):
    """ "90036 | 422 | Queue full"."""
    line.ok("enqueue", line.caller(), queue_name="q", max_size=1)

    assert error(line.do("enqueue", line.caller(), queue_name="q"))[:3] == (422, "90036", "Queue full")


def test_90038_already_in_queue(line):
    """ "90038 | 422 | already in queue"."""
    leg = line.caller()
    line.ok("enqueue", leg, queue_name="q")

    for queue in ("q", "another"):
        assert error(line.do("enqueue", leg, queue_name=queue))[:3] == (422, "90038", "Call already in queue")


@pytest.mark.parametrize(
    ("before", "operation", "code"),
    [
        (None, "fork_stop", "90031"),
        ("streaming_start", "streaming_start", "90045"),
        ("transcription_start", "transcription_start", "90054"),
        ("ai_assistant_start", "ai_assistant_start", "90061"),
    ],
)
def test_what_is_already_so(line, before, operation, code):
    """ "90031 / 90045 / 90054 / 90061: not forked / media streaming in use / transcription on / AI assistant on"."""
    leg, bodies = line.caller(), {"streaming_start": {"stream_url": "wss://x.example"}}
    if before is not None:
        line.ok(before, leg, **bodies.get(before, {}))

    assert error(line.do(operation, leg, **bodies.get(operation, {})))[:2] == (422, code)


def test_90040_downloading_audio_failed(line_with):
    """ "90040 | 400 | Downloading audio file failed"."""
    line = line_with(bad_audio="refused", unreachable=frozenset({"http://gone.example"}))
    answer = line.do("playback_start", line.caller(), audio_url="http://gone.example")

    assert error(answer) == (400, "90040", "Downloading audio file failed", "/audio_url")


def test_90050_only_empty_queues_can_be_deleted(line):
    """ "90050 | 400 | only empty queues can be deleted"."""
    line.ok("enqueue", line.caller(), queue_name="q")

    assert error(line.do("queue_delete", "q"))[:3] == (400, "90050", "Unable to delete queue")


def test_90103_dials_per_second(line):
    """ "Dial: 30 per second per account, 5 s rolling window (150); excess = 429 code 90103"."""
    answers = [line.do("dial", None, **DIAL) for _ in range(151)]

    assert [answer.status for answer in answers] == [200] * 150 + [429]
    assert error(answers[-1])[:2] == (429, "90103")
    line.wait(5)
    assert line.do("dial", None, **DIAL).status == 200


@pytest.mark.parametrize(
    ("options", "to"),
    [({"unreachable": frozenset({"+15559990000"})}, "+15559990000"), ({"concurrent_calls": 1}, "+15559990001")],
)
def test_a_dial_can_be_accepted_and_fail_downstream(line_with, options, to):
    """ "A dial can return 200 and fail downstream: ... visible only as hangup/CDR"."""
    line = line_with(**options)
    line.ok("dial", None, **DIAL | {"to": "+15559990002"})
    line.wait()

    leg = line.ok("dial", None, **DIAL | {"to": to})["call_control_id"]

    assert line.wait() == ["call.initiated", "call.hangup"]
    assert line.world.look(leg).cause == "call_rejected"
    assert [one.to for one in line.world.ringing] == ["+15559990002"]
