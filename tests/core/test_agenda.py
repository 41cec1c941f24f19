"""What runs next in a state: handlers, exits, limits, errors (language.md, sections 1 and 3)."""

from __future__ import annotations

from core_stage import Phone, flow

END = "  end_a:\n    do: [{speak: A}]\n    then: hangup\n  end_b:\n    do: [{speak: B}]\n    then: hangup\n"


def key(phone: Phone, call: str, digit: str = "1") -> None:
    phone.webhook("call.dtmf.received", call, digit=digit)


# -- on --------------------------------------------------------------------------------------------------------


def test_on_is_in_force_while_do_runs():
    """`on` is in force from entering the state, also while `do` runs."""
    states = """\
  a:
    do: [answer, {speak: "A long sentence that takes its time to say"}]
    on:
      call.dtmf.received: end_b
    then: end_a
"""
    phone = Phone(flow(states + END))
    call = phone.calls(wait=1)

    key(phone, call)
    phone.wait(5)

    assert phone.states(call) == ["a", "end_b"]


def test_a_handler_with_only_then_leaves_at_once_and_stops_what_is_playing():
    """'A handler with only then leaves at once and stops what is playing.'"""
    states = """\
  a:
    do: [answer, {speak: "A long sentence that takes its time to say"}]
    on:
      call.dtmf.received: end_b
    then: end_a
"""
    phone = Phone(flow(states + END))
    call = phone.calls(wait=1)

    key(phone, call)

    assert phone.state(call) == "end_b"
    phone.wait(0.01)
    assert phone.did(call)[-1] == "playback_stop"
    assert phone.parameters("playback_stop", call)["stop"] == "all"


def test_handlers_steps_run_after_the_running_step_and_before_the_rest_of_do():
    """'Handlers' steps run when the running step has finished and before the rest of do, in order of arrival'"""
    states = """\
  a:
    do: [answer, {speak: First sentence of this state}, {speak: Second}]
    on:
      call.dtmf.received:
        do:
          - speak: "key {{ event.digit }}"
    then: hangup
"""
    phone = Phone(flow(states))
    call = phone.calls(wait=0.5)

    key(phone, call, "1")
    key(phone, call, "2")
    phone.wait(10)

    assert phone.heard(call) == ["First sentence of this state", "key 1", "key 2", "Second"]


def test_no_more_than_eight_handlers_wait():
    """'(8 at most)'"""
    states = """\
  a:
    do: [answer, {speak: First sentence of this state}]
    on:
      call.dtmf.received:
        do:
          - log: "key {{ event.digit }}"
    then: hangup
"""
    phone = Phone(flow(states))
    call = phone.calls(wait=0.5)

    for digit in "123456789":
        key(phone, call, digit)
    phone.wait(10)

    assert phone.logged() == [f"key {digit}" for digit in "12345678"]


def test_the_event_that_finishes_a_step_is_offered_before_the_next_step():
    """'The event that finishes a step is also offered to on of the same state: after the step, before the next step'"""
    states = """\
  a:
    do: [answer, {speak: One}, {speak: Two}]
    on:
      call.speak.ended:
        do:
          - speak: Between
        then: end_a
    then: end_b
"""
    phone = Phone(flow(states + END))

    call = phone.calls(wait=10)

    assert phone.heard(call) == ["One", "Between", "A"]


def test_a_handlers_then_wins_over_the_states_own():
    """'A handler's then wins.'"""
    states = """\
  a:
    do: [answer, {speak: One}]
    on:
      call.speak.ended: end_a
    then: end_b
"""
    phone = Phone(flow(states + END))

    call = phone.calls(wait=10)

    assert phone.states(call) == ["a", "end_a"]


def test_a_handlers_then_wins_over_keys():
    """'offered to on ...: before then or keys'"""
    states = """\
  a:
    do: [answer, {gather: {speak: Press, digits: 1}}]
    keys: {digits: end_b, nothing: hangup}
    on:
      call.gather.ended:
        - if: event.status == "valid"
          then: end_a
"""
    phone = Phone(flow(states + END))
    call = phone.calls(wait=2)

    phone.press(call, "1")

    assert phone.states(call) == ["a", "end_a"]


def test_the_first_true_rule_wins_and_no_true_rule_means_stay():
    """'First true one wins. ... In on, every no true rule, or none with then, means stay.'"""
    states = """\
  a:
    do: [answer]
    on:
      call.dtmf.received:
        - if: event.digit == "1"
          then: end_a
        - if: event.digit in "12"
          then: end_b
    after:
      60s: hangup
"""
    phone = Phone(flow(states + END))
    call = phone.calls(wait=1)

    key(phone, call, "9")
    assert phone.state(call) == "a"
    key(phone, call, "2")

    assert phone.state(call) == "end_b"


def test_rules_are_judged_when_the_event_arrives_and_texts_when_the_step_runs():
    """'Rules are judged when the event arrives; texts are filled in when the step runs.'"""
    states = """\
  a:
    do: [answer, {speak: First sentence of this state}]
    on:
      call.dtmf.received:
        - if: n == 0
          do:
            - count: n
            - log: "saw {{ n }} at {{ event.digit }}"
        - do:
            - log: never
    then: hangup
"""
    phone = Phone(flow(states, top="remember:\n  n: {type: number, start: 0}\n"))
    call = phone.calls(wait=0.5)

    key(phone, call, "1")
    key(phone, call, "2")
    phone.wait(10)

    assert phone.logged() == ["saw 1 at 1", "saw 2 at 2"]


def test_anywhere_applies_unless_the_state_handles_the_event():
    """'anywhere.on applies unless the state handles the event.'"""
    states = """\
  a:
    do: [answer]
    after:
      2s: b
  b:
    on:
      call.dtmf.received: end_b
    after:
      60s: hangup
"""
    top = "anywhere:\n  on:\n    call.dtmf.received:\n      do:\n        - log: anywhere\n  on_error: end_a\n"
    phone = Phone(flow(states + END, top=top))
    call = phone.calls(wait=1)

    key(phone, call)
    assert (phone.logged(), phone.state(call)) == (["anywhere"], "a")
    phone.wait(2)
    key(phone, call)

    assert (phone.logged(), phone.state(call)) == (["anywhere"], "end_b")


# -- after, every ------------------------------------------------------------------------------------------------


def test_after_counts_from_entering_and_cuts_do_short():
    """`after` counts from entering and also cuts `do` short."""
    states = """\
  a:
    do: [answer, {play: {audio: tune, repeat: 100}}]
    after:
      8s: end_a
"""
    phone = Phone(flow(states + END))

    call = phone.calls(wait=7.9)
    assert phone.state(call) == "a"
    phone.wait(0.2)

    assert phone.state(call) == "end_a"


def test_after_with_steps_cuts_do_short_as_well():
    """'after ... also cuts do short': its steps do not wait for the step that was running."""
    states = """\
  a:
    do: [answer, {play: {audio: tune, repeat: 100}}, {speak: Never}]
    after:
      8s:
        do:
          - speak: Enough
        then: end_a
"""
    phone = Phone(flow(states + END))

    call = phone.calls(wait=14)

    assert phone.heard(call) == ["tune", "Enough", "A"]


def test_after_that_stays_leaves_a_last_limit():
    """'Nobody sits in silence: a state without any limit of its own gets a last after (10 minutes)'"""
    states = "  a:\n    do: [answer]\n    after:\n      8s:\n        do: [{speak: Still here}]\n        then: stay\n"
    phone = Phone(flow(states))
    call = phone.calls(wait=20)
    assert phone.state(call) == "a"

    phone.wait(620)

    assert phone.heard(call) == ["Still here", "Sorry, something went wrong. Goodbye."]
    assert phone.state(call) == "ended"


def test_several_afters_each_count_from_entering():
    states = """\
  a:
    do: [answer]
    after:
      2s:
        do: [{log: two}]
        then: stay
      5s: end_a
"""
    phone = Phone(flow(states + END))

    call = phone.calls(wait=4)
    assert (phone.logged(), phone.state(call)) == (["two"], "a")
    phone.wait(1.1)

    assert phone.state(call) == "end_a"


def test_naming_the_state_one_is_in_enters_it_anew_and_stay_does_not():
    """Naming the state one is in enters it anew; `stay` does not."""
    states = """\
  a:
    do: [answer, {log: entered}]
    on:
      call.dtmf.received:
        - if: event.digit == "1"
          then: a
        - then: stay
    after:
      10s: end_a
"""
    phone = Phone(flow(states + END))
    call = phone.calls(wait=6)

    key(phone, call, "2")
    assert phone.logged() == ["entered"]
    key(phone, call, "1")
    phone.wait(6)

    assert phone.logged() == ["entered", "entered"]
    assert phone.state(call) == "a"  # its ten seconds began anew


def test_every_repeats():
    """'Every 60 seconds, say your place in line.'"""
    states = (
        "  a:\n    do: [answer]\n    every:\n      10s:\n        do: [{log: tick}]\n    after:\n      35s: hangup\n"
    )
    phone = Phone(flow(states))

    phone.calls(wait=40)

    assert phone.logged() == ["tick"] * 3


def test_every_skips_a_turn_while_a_step_still_speaks():
    """'every repeats and skips a turn while a step still speaks'"""
    states = """\
  a:
    do: [answer, {play: {audio: tune, repeat: 5}}]
    every:
      10s:
        do: [{log: tick}]
    after:
      45s: hangup
"""
    phone = Phone(flow(states))

    phone.calls(wait=50)

    assert phone.logged() == ["tick"] * 2  # at 30 and 40 s; the tune plays for 25 s


def test_every_goes_on_over_music():
    """'(music does not count)'"""
    states = """\
  a:
    do: [answer, {play: {audio: hold_music, repeat: forever}}]
    every:
      10s:
        do: [{log: tick}]
    after:
      35s: hangup
"""
    phone = Phone(flow(states))

    phone.calls(wait=50)

    assert phone.logged() == ["tick"] * 3
