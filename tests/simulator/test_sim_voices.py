"""Voices written down or judged, referrals, SIP messages, and telephones that put a call on hold."""

from __future__ import annotations

import pytest
from simulated_line import OFFICE

WATCH = {"deepfake_detection": {"enabled": True, "timeout": 10, "rtp_timeout": 20}}


def watched(line):
    leg = line.rings()
    line.ok("answer", leg, **WATCH)
    line.wait()
    return leg


def test_a_transcription_writes_down_what_is_said_until_it_is_stopped(line):
    leg = line.caller()
    line.ok("transcription_start", leg)
    assert line.do("transcription_start", leg).code == "90054"
    line.world.speak_into(leg, "I have a question.", line.now)
    assert line.wait() == ["call.transcription"]
    assert line.last("call.transcription")["transcription_data"]["transcript"] == "I have a question."

    line.ok("transcription_stop", leg)
    line.world.speak_into(leg, "Hello?", line.now)

    assert line.wait() == []


def test_a_call_may_be_written_down_from_its_answer(line):
    leg = line.rings()
    line.ok("answer", leg, transcription=True)
    line.world.speak_into(leg, "Hello?", line.now)

    assert line.wait() == ["call.answered", "call.transcription"]


@pytest.mark.parametrize(
    ("address", "ends_with"), [("sip:a@example.com", "completed"), ("sip:b@example.com", "failed")]
)
def test_a_referral_is_taken_or_refused(line_with, address, ends_with):
    line = line_with(unreachable=frozenset({"sip:b@example.com"}))
    line.ok("refer", line.caller(), sip_address=address)

    assert line.wait(5) == ["call.refer.started", f"call.refer.{ends_with}"]


@pytest.mark.parametrize(("is_real", "result"), [(True, "real"), (False, "fake")])
def test_a_voice_is_judged_after_it_was_heard(line, is_real, result):
    leg = watched(line)
    line.world.speak_into(leg, "This is your director.", line.now, is_real=is_real)

    assert line.wait(60) == ["call.deepfake_detection.result"]
    assert line.last("call.deepfake_detection.result")["result"] == result


def test_silence_cannot_be_judged(line):
    watched(line)

    assert line.wait(9) == []
    assert line.wait(2) == ["call.deepfake_detection.result"]
    assert line.last("call.deepfake_detection.result")["result"] == "silence_timeout"


@pytest.mark.parametrize(
    ("comes_back", "event"), [(False, "call.deepfake_detection.error"), (True, "call.deepfake_detection.result")]
)
def test_a_call_on_hold_has_no_sound_to_judge(line, comes_back, event):
    leg = watched(line)
    line.world.hold(leg, line.now)
    assert line.wait(15) == ["call.hold"]
    if comes_back:
        line.world.resume(leg, line.now)
        assert line.wait() == ["call.unhold"]

    assert line.wait(30) == [event]


def test_a_hang_up_ends_the_judging(line):
    leg = watched(line)
    line.world.hang_up(leg, line.now)

    assert line.wait(60) == ["call.hangup"]


def test_a_telephone_holds_and_resumes_once_each(line):
    leg = line.caller()
    for act in (line.world.hold, line.world.hold, line.world.resume, line.world.resume):
        act(leg, line.now)

    assert line.wait() == ["call.hold", "call.unhold"]
    with pytest.raises(ValueError, match="is not answered"):
        line.world.hold(line.rings(), line.now)


def test_a_sip_message_reaches_the_leg_that_is_bridged(line):
    alone, other = line.caller(), line.caller()
    line.ok("send_sip_info", alone, body="{}", content_type="application/json")
    assert line.wait() == []
    line.ok("bridge", alone, call_control_id=other)
    line.wait()

    line.ok("send_sip_info", alone, body="{}", content_type="application/json")

    assert line.wait() == ["call.sip_info.received"]
    hook = line.webhooks[-1]
    assert (hook.call_control_id, hook.payload["content_type"]) == (other, "application/json")


def test_digits_may_be_sent_with_the_answer_of_a_dial(line):
    line.ok("dial", None, connection_id="1", to="+15559990000", send_digits_on_answer="1w2", **{"from": OFFICE})
    leg = line.far_leg()
    line.world.pick_up(leg, line.now)

    assert line.hears(leg) == ["1w2"]


@pytest.mark.parametrize(
    ("wish", "event"),
    [
        ({"assistant": {"id": "a"}}, "call.conversation.created"),
        ({"conversation_relay_config": {"url": "wss://relay.example"}}, "call.conversation.created"),
        ({"deepfake_detection": {"enabled": False}}, "call.answered"),
    ],
)
def test_an_answer_may_begin_a_conversation(line, wish, event):
    line.ok("answer", line.rings(), **wish)
    line.wait()

    assert line.types()[-1] == event
