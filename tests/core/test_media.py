"""What is to be heard: one thing at a time, and nothing of a state that was left (runtime.md, "Stale", b)."""

from __future__ import annotations

import pytest
from core_stage import Phone, flow

MUSIC = """\
  a:
    do:
      - answer
      - play: {audio: hold_music, repeat: forever}
    on:
      call.dtmf.received:
        - if: event.digit == "1"
          do:
            - speak: Word
        - then: b
    after:
      1h: hangup
  b:
    do: [{speak: Bye}]
    then: hangup
"""
HOLD = "https://example.com/hold.mp3"


def key(phone: Phone, call: str, digit: str) -> None:
    phone.webhook("call.dtmf.received", call, digit=digit)


@pytest.mark.parametrize("overlap", ["queue", "replace"])
def test_an_audible_step_stops_the_music_speaks_and_the_music_starts_again(overlap: str):
    """'an audible step stops it (stop: all), speaks, and the music starts again'"""
    phone = Phone(flow(MUSIC), audio_overlap=overlap)
    call = phone.calls(wait=5)

    key(phone, call, "1")
    phone.wait(5)

    assert phone.heard(call) == [HOLD, "Word", HOLD]
    assert phone.did(call) == ["answer", "playback_start", "playback_stop", "speak", "playback_start"]
    assert phone.parameters("playback_stop", call)["stop"] == "all"
    assert phone.parameters("playback_start", call)["loop"] == "infinity"


def test_music_is_finished_when_it_is_accepted():
    """'play: {repeat: forever}: when accepted'"""
    phone = Phone(flow(MUSIC))

    call = phone.calls(wait=1)

    leg = phone.leg(call)
    assert leg.running is None
    assert leg.media is not None
    assert leg.media.kind == "music"


def test_leaving_the_state_stops_the_music():
    """'leaving the state stops it'"""
    phone = Phone(flow(MUSIC))
    call = phone.calls(wait=5)

    key(phone, call, "2")
    phone.wait(5)

    assert phone.did(call) == ["answer", "playback_start", "playback_stop", "speak", "hangup"]


def test_music_whose_file_is_missing_is_an_error_and_not_a_loop():
    """'file_not_found, failed = error'"""
    phone = Phone(flow(MUSIC), missing_audio=frozenset({HOLD}))

    call = phone.calls(wait=10)

    assert phone.errors() == ["file_not_found"]
    assert phone.states(call) == ["a", "broken"]


def test_music_that_breaks_after_a_while_is_an_error():
    phone = Phone(flow(MUSIC))
    call = phone.calls(wait=5)

    phone.webhook("call.playback.ended", call, n=phone.leg(call).n, status="failed")

    assert phone.states(call) == ["a", "broken"]


def test_music_that_ends_by_itself_starts_again():
    phone = Phone(flow(MUSIC))
    call = phone.calls(wait=5)

    phone.webhook("call.playback.ended", call, n=phone.leg(call).n, status="completed")
    phone.wait(1)

    assert phone.did(call).count("playback_start") == 2


def test_the_next_sound_goes_after_the_stopped_ones_ended():
    """'the next speak, play or gather goes after the stopped one's ended'"""
    phone = Phone(flow(MUSIC))
    call = phone.calls(wait=5)

    key(phone, call, "2")
    phone.wait(0.06)  # the stop is accepted, and the webhook has come

    assert phone.did(call)[-1] == "speak"


def test_without_that_event_it_goes_half_a_second_after_the_stops_answer():
    """'or 500 ms after the stop's 200'"""
    phone = Phone(flow(MUSIC))
    call = phone.calls(wait=5)
    phone.world.delay("call.playback.ended", 60.0)
    before = phone.now

    key(phone, call, "2")
    phone.wait(0.5)
    assert phone.did(call)[-1] == "playback_stop"
    phone.wait(0.1)

    at, row = phone.rows(call)[-1]
    assert row.command.operation == "speak"
    assert at - before == pytest.approx(0.55)  # the stop's answer takes 0.05 s


def test_a_refused_stop_holds_nothing_up():
    phone = Phone(flow(MUSIC))
    call = phone.calls(wait=5)
    phone.fail("playback_stop", "10015")

    key(phone, call, "2")
    phone.wait(1)

    assert phone.did(call)[-1] == "speak"


def test_a_late_ended_of_the_stopped_one_does_not_finish_the_next():
    """runtime.md, Stale (a): 'An answer to command c with n < n(c) is stale.'"""
    states = """\
  a:
    do: [answer, {speak: A long sentence of many words}]
    on:
      call.dtmf.received: b
    then: hangup
  b:
    do: [{speak: Another long sentence}]
    then: hangup
"""
    phone = Phone(flow(states))
    call = phone.calls(wait=0.3)
    old = phone.leg(call).n
    phone.world.delay("call.speak.ended", 60.0)
    key(phone, call, "1")
    phone.wait(0.7)
    assert phone.did(call)[-1] == "speak"

    phone.webhook("call.speak.ended", call, n=old, status="completed")

    assert phone.state(call) == "b"
    assert phone.leg(call).media is not None


@pytest.mark.parametrize("status", ["cancelled"])
def test_cancelled_is_not_about_one_that_was_not_cut(status: str):
    """Stale (c): 'cancelled ...: not c's, unless c itself was cut.'"""
    phone = Phone(flow("  a:\n    do: [answer, {speak: A long sentence of many words}]\n    then: hangup\n"))
    call = phone.calls(wait=0.3)

    phone.webhook("call.speak.ended", call, n=phone.leg(call).n, status=status)

    assert phone.state(call) == "a"
    assert phone.leg(call).media is not None


def test_an_ended_of_the_state_before_is_not_shown_to_handlers():
    """Stale (a): what answers a command of an earlier state is nobody's event in this one."""
    states = """\
  a:
    do: [answer, {speak: A long sentence of many words}]
    on:
      call.dtmf.received: b
    then: hangup
  b:
    do: [{speak: Another}]
    on:
      call.speak.ended:
        do: [{log: heard}]
        then: stay
    then: hangup
"""
    phone = Phone(flow(states))
    call = phone.calls(wait=0.3)

    key(phone, call, "1")
    phone.wait(5)

    assert phone.logged() == ["heard"]


def test_a_held_step_does_not_outlive_its_state():
    phone = Phone(
        flow(MUSIC + "\n", top="anywhere:\n  on:\n    call.cost: c\n  on_error: broken\n").replace(
            "  b:\n", "  c:\n    do: [{speak: C}]\n    then: hangup\n  b:\n"
        )
    )
    call = phone.calls(wait=5)
    key(phone, call, "2")
    running = phone.leg(call).running
    assert running is not None
    assert running.stage == "held"

    phone.webhook("call.cost", call)
    phone.wait(5)

    assert phone.heard(call) == [HOLD, "C"]


def test_leaving_a_state_gives_up_what_it_was_about_to_say():
    """'No stale speech: leaving a state deletes its unsent commands in that commit' (runtime.md, Commands, 4)"""
    states = """\
  a:
    do: [answer, {gather: {speak: "Press a key, please", digits: 1}}]
    keys: {digits: hangup, nothing: hangup}
    on:
      call.dtmf.received: b
  b:
    do: [{speak: Bye}]
    then: hangup
"""
    phone = Phone(flow(states))
    call = phone.calls(wait=0.08)  # the gather is sent, not yet answered
    assert phone.did(call)[-1] == "gather_using_speak"

    key(phone, call, "1")
    phone.wait(5)

    assert phone.did(call) == ["answer", "gather_using_speak", "gather_stop", "speak", "hangup"]
    assert phone.left_over() == []


def test_a_recording_is_stopped_when_its_state_is_left():
    states = """\
  a:
    do: [answer, {record: {longest: 60s}}]
    on:
      call.dtmf.received: b
    then: hangup
  b:
    do: [{speak: Bye}]
    then: hangup
"""
    phone = Phone(flow(states))
    call = phone.calls(wait=1)

    key(phone, call, "1")
    phone.wait(5)

    assert phone.did(call) == ["answer", "record_start", "record_stop", "speak", "hangup"]


def test_nothing_begins_on_a_call_that_is_over():
    """status call_hangup says that call.hangup is on its way"""
    phone = Phone(flow(MUSIC))
    call = phone.calls(wait=5)
    phone.world.delay("call.hangup", 2.0)

    phone.hang_up(call, wait=1)

    assert phone.did(call) == ["answer", "playback_start"]


def test_keys_of_the_time_before_the_states_first_command_are_dropped():
    """Stale (d): 'Keys with n below the state's first command are dropped.'"""
    states = """\
  a:
    do: [answer, {speak: One}]
    then: b
  b:
    do: [{speak: A long sentence of many words}]
    on:
      call.dtmf.received:
        do: [{log: "{{ event.digit }}"}]
        then: stay
    then: hangup
"""
    phone = Phone(flow(states))
    call = phone.calls(wait=1.2)
    assert phone.state(call) == "b"
    n = phone.leg(call).n

    phone.webhook("call.dtmf.received", call, n=n - 1, digit="1")
    phone.webhook("call.dtmf.received", call, n=n, digit="2")
    phone.webhook("call.dtmf.received", call, digit="3")
    phone.wait(5)

    assert phone.logged() == ["2", "3"]
