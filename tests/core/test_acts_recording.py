"""record, notify, and what comes after the call (language.md, section 3)."""

from __future__ import annotations

import pytest
from core_stage import Phone, flow

MESSAGE = """\
  a:
    do: [answer, {record: {longest: 60s, beep: true, stop_on_silence: 5s}}]
    on:
      call.recording.saved:
        do:
          - notify: {to: inbox, recording: "{{ event.recording_urls.mp3 }}", from: "{{ caller.number }}"}
          - log: saved
        then: b
    then: c
  b:
    do: [{speak: Thanks}]
    then: hangup
  c:
    do: [{speak: Never}]
    then: hangup
"""


def test_record_is_finished_by_call_recording_saved():
    """'record | call.recording.saved'; the handler of the same event wins"""
    phone = Phone(flow(MESSAGE))
    call = phone.calls(wait=1)
    parameters = phone.parameters("record_start", call)
    assert parameters["max_length"] == 60
    assert parameters["play_beep"] is True
    assert parameters["timeout_secs"] == 5

    phone.wait(70)

    assert phone.states(call) == ["a", "b"]
    [body] = phone.notified()
    assert body["from"] == "+34600111222"
    assert body["recording"].startswith("http")


def test_a_recording_error_is_an_error():
    """'.error = error'"""
    phone = Phone(flow(MESSAGE))
    call = phone.calls(wait=1)

    phone.webhook("call.recording.error", call, reason="disk full")

    assert phone.states(call) == ["a", "broken"]
    assert phone.errors() == ["recording_error"]


def test_a_recording_that_comes_after_the_end_runs_its_handler_silently():
    """'For 1 h after the end the handlers of the state it ended in ... still run for call.recording.*: silent verbs
    only, then ignored.'"""
    phone = Phone(flow(MESSAGE))
    call = phone.calls(wait=3)

    phone.hang_up(call, wait=5)

    assert phone.logged() == ["saved"]
    assert len(phone.notified()) == 1
    assert phone.states(call) == ["a"]
    assert phone.state(call) == "ended"
    assert phone.left_over() == []


def test_a_recording_has_no_call_control_id():
    """facts.md: 'call.recording.saved has no call_control_id in the schema': found by call_leg_id"""
    phone = Phone(flow(MESSAGE))
    call = phone.calls(wait=3)
    phone.hang_up(call, wait=5)

    [saved] = [entry for entry in phone.world.record if entry.what == "call.recording.saved"]

    assert "call_control_id" not in saved.details["payload"]


def test_after_an_hour_nothing_runs_any_more():
    """'For 1 h after the end'"""
    phone = Phone(flow(MESSAGE))
    call = phone.calls(wait=3)
    phone.world.delay("call.recording.saved", 3601.0)

    phone.hang_up(call, wait=4000)

    assert phone.logged() == []


@pytest.mark.parametrize("event_type", ["call.cost", "call.transcription", "call.conversation_insights.generated"])
def test_anywheres_handlers_take_what_the_last_state_does_not(event_type: str):
    """'then anywhere, still run for call.recording.*, call.cost, conference.recording.saved, transcriptions and
    insights'"""
    handler = "      do: [{log: late}, {speak: Hello}, {log: never}]\n"
    top = f"anywhere:\n  on:\n    {event_type}:\n{handler}  on_error: b\n"
    phone = Phone(flow(MESSAGE, top=top))
    call = phone.calls(wait=3)
    phone.hang_up(call, wait=5)

    phone.webhook(event_type, call)

    assert phone.logged() == ["saved", "late"]


def test_other_events_after_the_end_change_nothing():
    phone = Phone(
        flow(MESSAGE, top="anywhere:\n  on:\n    call.dtmf.received:\n      do: [{log: key}]\n  on_error: b\n")
    )
    call = phone.calls(wait=3)
    phone.hang_up(call, wait=5)

    for event_type in ("call.dtmf.received", "call.answered", "call.hangup", "call.speak.ended", "call.made.up"):
        phone.webhook(event_type, call)

    assert phone.logged() == ["saved"]
    assert phone.left_over() == []


def test_a_formula_that_fails_after_the_end_harms_nobody():
    handler = '        do: [{log: "{{ number(word) }}"}]\n'
    top = (
        f"remember:\n  word: {{type: text, start: none}}\nanywhere:\n  on:\n    call.hangup:\n{handler}  on_error: b\n"
    )
    phone = Phone(flow(MESSAGE, top=top))
    call = phone.calls(wait=3)

    phone.hang_up(call, wait=5)

    assert phone.state(call) == "ended"
    assert phone.left_over() == []


def test_silent_steps_may_follow_the_hangup():
    """'call.hangup of this leg always ends the run; do: of silent verbs (notify, log, set, count) may follow.'"""
    top = """\
remember:
  n: {type: number, start: 0}
anywhere:
  on:
    call.hangup:
      do:
        - count: n
        - set: {n: "{{ n + 1 }}"}
        - log: "{{ event.hangup_cause }} {{ n }}"
        - notify: {to: inbox, n: "{{ n }}"}
      then: c
  on_error: b
"""
    phone = Phone(flow(MESSAGE, top=top))
    call = phone.calls(wait=3)

    phone.hang_up(call, wait=1)

    assert phone.logged() == ["normal_clearing 2"]
    assert phone.notified() == [{"n": 2}]
    assert phone.state(call) == "ended"


def test_silent_steps_follow_a_hangup_of_our_own_too():
    """A flow that says hangup gets the same call.hangup as one whose caller has gone."""
    top = "anywhere:\n  on:\n    call.hangup:\n      do: [{log: over}]\n  on_error: b\n"
    phone = Phone(flow("  b:\n    do: [answer]\n    then: hangup\n", top=top))

    phone.calls(wait=3)

    assert phone.logged() == ["over"]
