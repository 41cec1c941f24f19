"""stop, record in the background and its switches, send_dtmf, refer, transcriptions, the AI verbs."""

from __future__ import annotations

import pytest
from core_stage import Phone, flow

from engine.core import states
from engine.core.turn import Outgoing, Turn

TOP = """
remember:
  customer: {type: text}
  pin: {type: digits}
  age: {type: number}
  urgent: {type: yes_no}
  hidden: {type: text, secret: true}
"""


def desk(steps: str, *, after: str = "after: {10m: hangup}", more: str = "") -> Phone:
    """A phone whose flow answers and then does *steps* (one a line), with *more* states behind."""
    lines = "".join(f"      - {line}\n" for line in steps.strip().splitlines())
    return Phone(flow(f"  desk:\n    do:\n      - answer\n{lines}    {after}\n{more}", top=TOP))


@pytest.mark.parametrize(
    ("step", "operation", "parameters"),
    [
        ("record_stop", "record_stop", {}),
        ("record_pause", "record_pause", {}),
        ("record_resume", "record_resume", {}),
        ("transcription_stop", "transcription_stop", {}),
        ("ai_assistant_stop", "ai_assistant_stop", {}),
        ('send_dtmf: "1w2#"', "send_dtmf", {"digits": "1w2#"}),
        ('send_dtmf: {digits: "12", each: 0.2s}', "send_dtmf", {"digits": "12", "duration_millis": 200}),
        ("transcription_start", "transcription_start", {"transcription_tracks": "inbound"}),
        (
            "transcription_start: {engine: Deepgram, tracks: both}",
            "transcription_start",
            {"transcription_engine": "Deepgram", "transcription_tracks": "both"},
        ),
        (
            "ai_assistant_start: {assistant: assistant-1, greeting: Hello}",
            "ai_assistant_start",
            {"assistant": {"id": "assistant-1"}, "greeting": "Hello"},
        ),
    ],
)
def test_step_is_one_command_and_finished_when_telnyx_accepts_it(step, operation, parameters):
    phone = desk(f"record: {{longest: 1h, during: call}}\n{step}\nlog: done")

    call = phone.calls(wait=2)

    sent = phone.parameters(operation, call)
    sent.pop("client_state", None)
    assert sent == parameters
    assert phone.logged() == ["done"]


def test_a_refused_switch_is_an_error_of_the_step():
    phone = desk("record_pause\nlog: done")  # nothing is recorded

    call = phone.calls(wait=2)

    assert phone.errors() == ["10005"]
    assert (phone.logged(), phone.states(call)) == ([], ["desk", "broken"])


def test_a_role_is_switched_only_by_a_leg_that_supervises_a_call():
    phone = desk("switch_supervisor_role: whisper\nlog: done")

    call = phone.calls(wait=2)

    assert phone.parameters("switch_supervisor_role", call) == {"role": "whisper"}
    assert (phone.errors(), phone.logged()) == (["90033"], [])


# -- stop ------------------------------------------------------------------------------------------------------


def music(event: str, do: str) -> Phone:
    return Phone(
        flow(
            "  desk:\n    do:\n      - answer\n      - play: {audio: hold_music, repeat: forever}\n"
            f"    on:\n      {event}:\n        do: {do}\n    after: {{10m: hangup}}\n"
        )
    )


def test_stop_ends_the_states_music_for_good():
    phone = music("call.dtmf.received", "[stop]")
    call = phone.calls(wait=5)

    phone.press(call, "1", wait=30)

    assert phone.parameters("playback_stop")["stop"] == "all"
    assert phone.world.look(call).hears == ()
    assert phone.heard(call) == ["https://example.com/hold.mp3"]


def test_what_is_said_after_stop_waits_until_the_music_has_ended():
    phone = music("call.dtmf.received", '[stop, {speak: "Hello."}]')
    call = phone.calls(wait=5)

    phone.press(call, "1", wait=10)

    assert phone.heard(call) == ["https://example.com/hold.mp3", "Hello."]
    stopped = phone.rows(call, "playback_stop")
    assert len(stopped) == 1
    assert phone.rows(call, "speak")[0][0] > stopped[0][0]


# -- record: {during: call} ------------------------------------------------------------------------------------


def test_a_recording_in_the_background_goes_on_in_later_states_and_is_saved_at_the_end():
    phone = Phone(
        flow(
            "  desk:\n    do:\n      - answer\n      - record: {longest: 1h, during: call, channels: dual}\n"
            "    then: next\n  next:\n    do:\n      - speak: Welcome\n    after: {10m: hangup}\n"
            "    on:\n      call.recording.saved: {do: [{log: saved}]}\n"
        )
    )
    call = phone.calls(wait=5)
    assert phone.world.look(call).recording
    assert phone.parameters("record_start")["max_length"] == 3600

    phone.hang_up(call, wait=10)

    assert phone.did(call).count("record_stop") == 0
    assert phone.logged() == ["saved"]


def test_record_stop_ends_a_recording_in_the_background():
    phone = desk(
        "record: {longest: 1h, during: call}\nrecord_stop\nlog: stopped",
        after="on: {call.recording.saved: {do: [{log: saved}], then: hangup}}\n    after: {10m: hangup}",
    )

    phone.calls(wait=10)

    assert phone.logged() == ["stopped", "saved"]


def test_a_recording_in_the_background_does_not_interrupt_the_music():
    phone = music("call.dtmf.received", "[{record: {longest: 1h, during: call}}]")
    call = phone.calls(wait=5)

    phone.press(call, "1", wait=5)

    assert phone.did(call) == ["answer", "playback_start", "record_start"]


# -- refer -----------------------------------------------------------------------------------------------------


def test_refer_is_finished_when_the_other_side_has_taken_the_call():
    phone = desk("refer: sip:anna@example.com\nlog: done")

    call = phone.calls(wait=0.9)
    assert phone.logged() == []
    phone.wait(5)

    assert phone.parameters("refer", call)["sip_address"] == "sip:anna@example.com"
    assert phone.logged() == ["done"]


def test_a_refused_refer_is_an_error_of_the_step():
    phone = Phone(
        flow("  desk:\n    do:\n      - answer\n      - refer: sip:anna@example.com\n    after: {10m: hangup}\n"),
        unreachable=frozenset({"sip:anna@example.com"}),
    )

    call = phone.calls(wait=5)

    assert phone.errors() == ["refer_failed"]
    assert phone.states(call) == ["desk", "broken"]


# -- gather_using_ai -------------------------------------------------------------------------------------------

ASK = (
    "gather_using_ai: {greeting: Who are you?, longest: 1m, parameters: {type: object, properties: {"
    "name: {type: string}, pin: {type: string}, age: {type: integer}, urgent: {type: boolean}}}, "
    "into: {customer: name, pin: pin, age: age, urgent: urgent}}"
    "\nlog: '{{ customer }}, {{ pin }}, {{ age }}, {{ urgent }}'"
)


def test_the_ai_puts_what_it_finds_out_into_variables():
    phone = desk(ASK)
    call = phone.calls(wait=5)

    phone.world.tell_ai(call, {"name": "Ann", "pin": "0421", "age": 33, "urgent": True}, phone.now)
    phone.wait(2)

    sent = phone.parameters("gather_using_ai")
    assert (sent["greeting"], sent["user_response_timeout_ms"]) == ("Who are you?", 10000)
    assert sent["parameters"]["properties"]["age"] == {"type": "integer"}
    assert phone.logged() == ["Ann, 0421, 33, yes"]


@pytest.mark.parametrize(
    "result",
    [None, {"name": "Ann"}, {"name": "Ann", "pin": "x", "age": 3, "urgent": True},
     {"name": "Ann", "pin": "1", "age": "three", "urgent": True}, {"name": {}, "pin": "1", "age": 3, "urgent": True}],
)  # fmt: skip
def test_an_answer_that_does_not_fit_is_an_error_and_changes_no_variable(result):
    phone = desk(ASK)
    call = phone.calls(wait=5)

    phone.world.tell_ai(call, result, phone.now)
    phone.wait(2)

    assert phone.errors() == ["invalid"]
    assert phone.leg(call).variables["customer"] == ""


def test_leaving_the_state_stops_the_ai():
    phone = desk(ASK, after="after: {20s: bye}", more="  bye:\n    do:\n      - speak: Bye\n    then: hangup\n")

    call = phone.calls(wait=40)

    assert phone.did(call) == ["answer", "gather_using_ai", "ai_assistant_stop", "speak", "hangup"]
    assert phone.heard(call)[-1] == "Bye"


def test_an_ai_that_never_comes_to_an_end_is_an_error():
    phone = desk(ASK)

    call = phone.calls(wait=90)

    assert phone.errors() == ["no_answer"]
    assert phone.states(call) == ["desk", "broken"]


def test_an_answer_that_goes_into_a_secret_is_not_in_the_history():
    phone = desk(ASK.replace("customer: name", "hidden: name").replace("{{ customer }}, ", ""))
    call = phone.calls(wait=5)

    phone.world.tell_ai(call, {"name": "Rumpelstiltskin", "pin": "1", "age": 33, "urgent": True}, phone.now)
    phone.wait(2)

    assert phone.leg(call).variables["hidden"] == "Rumpelstiltskin"
    assert "Rumpelstiltskin" not in str(phone.stage.journal)


def test_our_apology_stops_an_ai_that_asks():
    phone = desk(ASK)
    leg = phone.leg(phone.calls(wait=5))
    library, version = phone.stage.library, phone.stage.rows[leg.run].version
    out = Outgoing(run=leg.run, ver=leg.ver + 1, now=phone.now)
    turn = Turn(programs=lambda flow: library.program(version, flow), leg=leg, now=phone.now, out=out)

    states.apologise(turn)

    assert [row.command.operation for row in out.rows] == ["ai_assistant_stop", "speak"]
