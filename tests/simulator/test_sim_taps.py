"""Copies of a call's sound that go elsewhere: media streams, forks, SIPREC sessions; noise suppression."""

from __future__ import annotations

import pytest
from simulated_line import OFFICE

URL, GONE = "wss://media.example/in", "wss://gone.example"
STARTS = {
    "stream": ("streaming_start", {"stream_url": URL}, "streaming.started", "streaming_stop", "streaming.stopped"),
    "fork": ("fork_start", {"rx": "udp:10.0.0.1:9000"}, "call.fork.started", "fork_stop", "call.fork.stopped"),
    "siprec": ("siprec_start", {"connector_name": "rec"}, "siprec.started", "siprec_stop", "siprec.stopped"),
}


@pytest.mark.parametrize("kind", STARTS)
@pytest.mark.parametrize("end", ["stop", "hang up"])
def test_a_copy_begins_and_ends_with_a_webhook_each(line, kind, end):
    start, body, began, stop, ended = STARTS[kind]
    leg = line.caller()
    line.ok(start, leg, **body)
    assert line.wait() == [began]

    if end == "stop":
        line.ok(stop, leg)
        assert line.wait() == [ended]
        assert line.ok(start, leg, **body) == {"result": "ok"}
    else:
        line.world.hang_up(leg, line.now)
        assert line.wait() == [ended, "call.hangup"]


def test_a_siprec_session_says_why_it_ended(line):
    leg = line.caller()
    line.ok("siprec_start", leg)
    line.world.hang_up(leg, line.now)
    line.wait()

    assert line.last("siprec.stopped")["hangup_cause"] == "normal_clearing"


@pytest.mark.parametrize(
    ("body", "reason"), [({"stream_url": GONE}, "connection_failed"), ({}, "there is no stream_url")]
)
def test_a_stream_that_cannot_begin_says_so_and_may_be_tried_again(line_with, body, reason):
    line = line_with(unreachable=frozenset({GONE}))
    leg = line.caller()
    line.ok("streaming_start", leg, **body)

    assert line.wait() == ["streaming.failed"]
    failed = line.last("streaming.failed")
    assert (failed["failure_reason"], failed["stream_type"]) == (reason, "websocket")
    line.ok("streaming_start", leg, stream_url=URL)
    assert line.wait() == ["streaming.started"]


def test_a_siprec_connector_that_fails_says_so(line_with):
    line = line_with(unreachable=frozenset({"rec"}))
    line.ok("siprec_start", line.caller(), connector_name="rec")

    assert line.wait() == ["siprec.failed"]


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        ("streaming_start", "streaming_start", "90045"),
        ("streaming_start", "fork_start", "90045"),
        ("fork_start", "fork_start", "90033"),
        ("siprec_start", "siprec_start", "90033"),
        ("fork_stop", None, "90031"),
    ],
)
def test_wrong_uses_are_refused(line, first, second, code):
    leg = line.caller()
    body = {"stream_url": URL} if first == "streaming_start" else {}

    answer = line.do(first, leg, **body)
    if second is not None:
        assert answer.status == 200
        answer = line.do(second, leg)

    assert (answer.status, answer.code) == (422, code)


@pytest.mark.parametrize("stop", ["streaming_stop", "siprec_stop", "suppression_stop"])
def test_stopping_what_does_not_run_does_nothing(line, stop):
    assert line.ok(stop, line.caller()) == {"result": "ok"}
    assert line.wait() == []


def test_only_the_stream_that_is_named_is_stopped(line):
    leg = line.caller()
    line.ok("streaming_start", leg, stream_url=URL)
    line.wait()
    line.ok("streaming_stop", leg, stream_id="a7c1b2de-0000-4000-8000-000000000000")

    assert line.wait() == []


@pytest.mark.parametrize("operation", ["answer", "dial"])
def test_a_leg_may_be_streamed_from_its_answer(line, operation):
    if operation == "answer":
        line.ok("answer", line.rings(), stream_url=URL)
    else:
        line.ok("dial", None, connection_id="1", to="+15559990000", **{"from": OFFICE}, stream_url=URL)
        line.world.pick_up(line.far_leg(), line.now)
    line.wait()

    assert line.types()[-2:] == ["call.answered", "streaming.started"]


def test_noise_suppression_is_noted_and_sends_nothing(line):
    leg = line.caller()
    line.ok("suppression_start", leg, direction="both")
    line.ok("suppression_stop", leg)

    assert line.wait() == []
    noted = [entry.what for entry in line.world.record if entry.what.startswith("noise")]
    assert noted == ["noise suppression started", "noise suppression ended"]
