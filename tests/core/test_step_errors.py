"""Errors and limits: when a step fails, reports nothing, or a call would never end (language.md, section 3)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from core_stage import Phone, flow

from engine.core.event import IN_DOUBT, Event

END = "  end_a:\n    do: [{speak: A}]\n    then: hangup\n  end_b:\n    do: [{speak: B}]\n    then: hangup\n"


def key(phone: Phone, call: str, digit: str = "1") -> None:
    phone.webhook("call.dtmf.received", call, digit=digit)


# -- errors ------------------------------------------------------------------------------------------------------


def test_the_states_on_error_comes_before_anywheres():
    """'on_error: state, then the role's or flow's anywhere (required).'"""
    states = "  a:\n    do: [answer, {speak: One}, {speak: Two}]\n    then: end_b\n    on_error: end_a\n"
    phone = Phone(flow(states + END))
    phone.fail("speak", "10015")

    call = phone.calls(wait=10)

    assert phone.states(call) == ["a", "end_a"]


def test_an_error_drops_all_remaining_steps():
    """'drops all remaining steps'"""
    states = "  a:\n    do: [answer, {speak: One}, {speak: Two}]\n    then: end_b\n"
    phone = Phone(flow(states + END))
    phone.fail("speak", "10015")

    call = phone.calls(wait=10)

    assert phone.heard(call) == ["Sorry"]


def test_an_error_tells_its_code_status_and_step():
    """'event.error.code/status/step'"""
    states = """\
  a:
    do: [answer, {speak: One}]
    then: hangup
    on_error:
      - if: event.error.code == "10015"
        do:
          - log: "{{ event.error.step }} {{ event.error.status }}"
        then: hangup
      - then: end_b
"""
    phone = Phone(flow(states + END))
    phone.fail("speak", "10015")

    call = phone.calls(wait=10)

    assert phone.logged() == ["speak 422"]
    assert phone.state(call) == "ended"


def test_an_error_in_the_state_that_it_led_to_hangs_up():
    """'An error in the state that it led to hangs up'"""
    phone = Phone(flow("  a:\n    do: [answer, {speak: One}]\n    then: hangup\n"))
    phone.fail("speak", "10015", times=2)

    call = phone.calls(wait=10)

    assert phone.states(call) == ["a", "broken"]
    assert phone.did(call) == ["answer", "speak", "speak", "hangup"]


def test_an_error_state_with_an_on_error_of_its_own_follows_it():
    """'unless that state has an on_error of its own'"""
    states = """\
  a:
    do: [answer, {speak: One}]
    then: hangup
  broken:
    do: [{speak: Sorry}]
    then: hangup
    on_error: end_a
"""
    phone = Phone(flow(states + END))
    phone.fail("speak", "10015", times=2)

    call = phone.calls(wait=10)

    assert phone.states(call) == ["a", "broken", "end_a"]


def test_a_state_after_the_error_state_is_a_state_like_others():
    states = """\
  a:
    do: [answer, {speak: One}]
    then: hangup
  broken:
    do: [{log: broken}]
    then: end_a
"""
    phone = Phone(flow(states + END))
    phone.fail("speak", "10015", times=2)

    call = phone.calls(wait=10)

    assert phone.states(call) == ["a", "broken", "end_a", "broken", "end_a"]


def test_what_is_to_be_done_about_an_error_and_fails_itself_hangs_up():
    states = """\
  a:
    do: [answer, {speak: One}]
    then: hangup
    on_error:
      do:
        - speak: Sorry
      then: end_a
"""
    phone = Phone(flow(states + END))
    phone.fail("speak", "10015", times=5)

    call = phone.calls(wait=10)

    assert phone.did(call) == ["answer", "speak", "speak", "hangup"]


def test_a_formula_that_cannot_be_worked_out_is_an_error():
    states = '  a:\n    do: [answer, {speak: "{{ number(word) }}"}]\n    then: hangup\n'
    phone = Phone(flow(states, top="remember:\n  word: {type: text, start: none}\n"))

    call = phone.calls(wait=10)

    assert phone.states(call) == ["a", "broken"]
    assert phone.errors() == ["formula"]


def test_a_rule_that_cannot_be_worked_out_is_an_error_once():
    """Also where the rule stands in on_error itself: the call is hung up, and nothing goes round."""
    states = """\
  a:
    do: [answer]
    then:
      - if: number(word) > 1
        then: end_a
      - then: end_b
"""
    top = """\
remember:
  word: {type: text, start: none}
anywhere:
  on_error:
    - if: number(word) > 2
      then: end_a
    - then: end_b
"""
    phone = Phone(flow(states + END, top=top))

    call = phone.calls(wait=10)

    assert phone.errors() == ["formula", "formula"]
    assert phone.state(call) == "ended"


def test_on_error_may_stay_and_a_later_error_is_one_again():
    states = """\
  a:
    do: [answer]
    on:
      call.dtmf.received:
        do:
          - speak: "{{ number(word) }}"
    after:
      60s: hangup
    on_error:
      do:
        - log: bad
      then: stay
"""
    phone = Phone(flow(states, top="remember:\n  word: {type: text, start: none}\n"))
    call = phone.calls(wait=1)

    key(phone, call)
    key(phone, call)

    assert phone.logged() == ["bad", "bad"]
    assert phone.state(call) == "a"


def test_90018_is_no_error():
    """'90018 is no error: the hang-up is on its way.'"""
    states = "  a:\n    do: [answer, {speak: One}]\n    then: hangup\n"
    phone = Phone(flow(states))
    phone.fail("speak", "90018")
    call = phone.calls(wait=1)

    phone.hang_up(call)

    assert phone.states(call) == ["a"]
    assert phone.state(call) == "ended"


def test_90018_of_a_call_that_lives_is_found_out_after_five_seconds():
    """'90018 = hang-up on its way (GET the call if it does not come in 5 s)'"""
    states = "  a:\n    do: [answer, {speak: One}]\n    then: hangup\n"
    phone = Phone(flow(states))
    phone.fail("speak", "90018")
    call = phone.calls(wait=4)
    assert phone.reads() == []

    phone.wait(3)

    assert phone.reads() == ["call_retrieve"]
    assert phone.states(call) == ["a", "broken"]


def test_90018_of_a_call_that_has_ended_silently_ends_the_run():
    states = "  a:\n    do: [answer, {speak: One}]\n    then: hangup\n"
    phone = Phone(flow(states))
    call = phone.calls(wait=0.5)
    phone.world.delay("call.hangup", 3600.0)
    phone.hang_up(call, wait=0)
    phone.webhook("call.speak.ended", call, status="completed")

    phone.wait(10)

    assert phone.state(call) == "ended"


def test_in_doubt_is_offered_and_by_default_the_flow_carries_on():
    """'action.in_doubt (default: carry on)' (runtime.md, Commands, 3)"""
    states = """\
  a:
    do: [answer, {speak: One}, {speak: Two}]
    on:
      action.in_doubt:
        do: [{log: doubt}]
    then: hangup
"""
    phone = Phone(flow(states))
    call = phone.calls(wait=0.1)
    phone.fail("speak", "10007", status=500, times=1)
    run = phone.stage.run_of(call)

    phone.stage.receive(in_doubt(phone, call))
    phone.wait(10)

    assert phone.logged() == ["doubt"]
    assert phone.stage.rows[run].ended_at is not None
    assert phone.states(call) == ["a"]


def in_doubt(phone: Phone, call: str):
    command_id = next(cid for cid, sent in phone.leg(call).sent.items() if sent.operation == "speak")
    payload = {"command_id": command_id, "operation": "speak"}
    return Event(id=f"{command_id}:outcome", type=IN_DOUBT, run=phone.stage.run_of(call), payload=payload)


# -- limits ------------------------------------------------------------------------------------------------------


def test_a_state_without_a_limit_gets_a_last_after():
    """A state without any limit of its own gets a last `after` (10 minutes)."""
    phone = Phone(flow("  a:\n    do: [answer]\n    on:\n      call.dtmf.received: hangup\n"))
    call = phone.calls(wait=599)
    assert phone.state(call) == "a"

    phone.wait(12)

    assert phone.heard(call) == ["Sorry, something went wrong. Goodbye."]
    assert phone.state(call) == "ended"
    assert phone.left_over() == []


def test_the_apology_is_heard_over_music():
    music = "  a:\n    do: [answer, {play: {audio: hold_music, repeat: forever}}]\n"
    states = music + "    on:\n      call.dtmf.received: hangup\n"
    phone = Phone(flow(states))

    call = phone.calls(wait=615)

    assert phone.heard(call) == ["https://example.com/hold.mp3", "Sorry, something went wrong. Goodbye."]
    assert phone.world.look(call).state == "ended"
    assert phone.now - phone.world.record[-1].at < 20


@pytest.mark.parametrize(
    "loop", ["  a:\n    do: [{log: x}]\n    then: b\n  b:\n    then: a\n", "  a:\n    then: b\n  b:\n    then: a\n"]
)
def test_a_hundred_steps_without_an_event_end_the_call(loop: str):
    """'100 steps without an event from outside ...: an apology, and the call ends' - also where no step is in them."""
    phone = Phone(flow("  z:\n    do: [answer]\n    then: a\n" + loop))

    call = phone.calls(wait=15)

    assert phone.heard(call) == ["Sorry, something went wrong. Goodbye."]
    assert phone.state(call) == "ended"
    assert len(phone.logged()) <= 100


def test_the_apology_for_an_unanswered_call_is_left_out():
    phone = Phone(flow("  a:\n    then: b\n  b:\n    then: a\n"))

    call = phone.calls(wait=2)

    assert phone.did(call) == ["hangup"]
    assert phone.state(call) == "ended"


def test_ten_thousand_steps_in_a_call_end_it():
    """'10,000 in a call'"""
    states = """\
  a:
    do: [answer]
    on:
      call.dtmf.received:
        do:
          - log: key
    after:
      2h: hangup
"""
    phone = Phone(flow(states))
    call = phone.calls(wait=1)
    run = phone.stage.run_of(call)
    leg = phone.leg(call)
    leg.spent_in_all = 9_999
    phone.stage.rows[run] = replace(phone.stage.rows[run], state=leg.encode())

    key(phone, call)
    assert phone.state(call) == "a"
    key(phone, call)
    phone.wait(10)

    assert phone.state(call) == "ended"


def test_the_longest_call_is_hung_up():
    """'longest_call (default and at most 4h; then the call is hung up)'"""
    states = "  a:\n    do: [answer]\n    on:\n      call.dtmf.received: hangup\n    after:\n      3h: hangup\n"
    phone = Phone(flow(states, top="settings:\n  longest_call: 20m\n"))

    call = phone.calls(wait=1199)
    assert phone.state(call) == "a"
    phone.wait(2)

    assert phone.state(call) == "ended"
