"""speak, prompt, play, answer, hangup, reject: what each sends and what finishes it (language.md, section 3)."""

from __future__ import annotations

import pytest
from core_stage import Phone, flow

from engine.simulator.trouble import Copy, Mishap

SPEECH = """\
  hello:
    do:
      - answer
      - speak: One
      - speak: Two
    then: hangup
"""


def test_steps_run_one_after_another():
    """'Steps run one after another. Each is finished by what Telnyx reports.'"""
    phone = Phone(flow(SPEECH))

    call = phone.calls(wait=0.03)
    assert phone.did(call) == ["answer"]
    phone.wait(0.2)
    assert phone.did(call) == ["answer", "speak"]
    phone.wait(10)

    assert phone.heard(call) == ["One", "Two"]
    assert phone.did(call) == ["answer", "speak", "speak", "hangup"]
    assert phone.state(call) == "ended"


def test_answer_sets_how_often_telnyx_repeats_its_webhooks():
    """'On answer, dial, transfer set webhook_retries_policies to 0.5, 1.5, 4, 12, 40 s' (runtime.md)."""
    phone = Phone(flow(SPEECH))
    call = phone.calls(wait=1)

    policies = phone.parameters("answer", call)["webhook_retries_policies"]

    assert policies["call.gather.ended"] == {"retries_ms": [500, 1500, 4000, 12000, 40000]}


def test_answer_on_an_answered_call_does_nothing():
    """'on a call already answered or dialled by us it does nothing'"""
    phone = Phone(flow("  a:\n    do: [answer, answer, {speak: Hello}]\n    then: hangup\n"))

    call = phone.calls(wait=10)

    assert phone.did(call) == ["answer", "speak", "hangup"]


def test_a_text_is_filled_in_when_its_step_runs():
    """'texts are filled in when the step runs'"""
    states = """\
  a:
    do:
      - answer
      - count: n
      - speak: "n is {{ n }}"
      - count: n
      - speak: "n is {{ n }}"
    then: hangup
"""
    phone = Phone(flow(states, top="remember:\n  n: {type: number, start: 0}\n"))

    call = phone.calls(wait=10)

    assert phone.heard(call) == ["n is 1", "n is 2"]


def test_prompt_speaks_the_language_of_the_moment():
    """'settings.language chooses, set: {language: ...} changes it'"""
    states = """\
  a:
    do:
      - answer
      - prompt: hello
      - set: {language: es-ES}
      - prompt: hello
    then: hangup
"""
    top = "prompts:\n  hello:\n    en-US: Hello\n    es-ES: Hola\n"
    phone = Phone(flow(states, top=top))

    call = phone.calls(wait=10)

    assert phone.heard(call) == ["Hello", "Hola"]
    assert [row.command.parameters["language"] for _, row in phone.rows(call, "speak")] == ["en-US", "es-ES"]


def test_prompt_of_audio_is_played():
    """'prompt speaks or plays an entry of prompts'"""
    states = "  a:\n    do: [answer, {prompt: jingle}]\n    then: hangup\n"
    phone = Phone(flow(states, top="prompts:\n  jingle:\n    en-US: {audio: tune}\n"))

    call = phone.calls(wait=10)

    assert phone.heard(call) == ["tune"]
    assert phone.parameters("playback_start", call)["media_name"] == "tune"


def test_a_missing_file_is_an_error():
    """'call.playback.ended (completed, cancelled); file_not_found, failed = error'"""
    states = "  a:\n    do: [answer, {play: tune}]\n    then: hangup\n"
    phone = Phone(flow(states), missing_audio=frozenset({"tune"}))

    call = phone.calls(wait=10)

    assert phone.states(call) == ["a", "broken"]
    assert phone.errors() == ["file_not_found"]


def test_the_event_of_a_failed_step_is_not_offered_to_the_next_state():
    """'The event that finishes a step is also offered to on of the same state' - and of no other."""
    states = """\
  a:
    do: [answer, {play: tune}]
    then: hangup
  broken:
    do: [{speak: Sorry}]
    on:
      call.playback.ended: hangup
    then: goodbye
  goodbye:
    do: [{speak: Goodbye}]
    then: hangup
"""
    phone = Phone(flow(states), missing_audio=frozenset({"tune"}))

    call = phone.calls(wait=10)

    assert phone.states(call) == ["a", "broken", "goodbye"]


def test_play_repeats_as_often_as_it_says():
    states = "  a:\n    do: [answer, {play: {audio: tune, repeat: 3}}]\n    then: hangup\n"
    phone = Phone(flow(states))

    call = phone.calls(wait=10)
    assert phone.state(call) == "a"
    phone.wait(10)

    assert phone.state(call) == "ended"
    assert phone.parameters("playback_start", call)["loop"] == 3


def test_empty_speech_is_left_out():
    """Telnyx refuses an empty payload, and there is nothing to be heard."""
    states = '  a:\n    do: [answer, {speak: "{{ word }}"}, {speak: Bye}]\n    then: hangup\n'
    phone = Phone(flow(states, top='remember:\n  word: {type: text, start: ""}\n'))

    call = phone.calls(wait=5)

    assert phone.did(call) == ["answer", "speak", "hangup"]


def test_ssml_is_announced_as_such():
    states = '  a:\n    do: [answer, {speak: "<speak>Hello <break/> you</speak>"}]\n    then: hangup\n'
    phone = Phone(flow(states))

    call = phone.calls(wait=5)

    assert phone.parameters("speak", call)["payload_type"] == "ssml"
    assert phone.heard(call) == ["Hello you"]


@pytest.mark.parametrize(("step", "operation"), [("hangup", "hangup"), ("reject", "reject")])
def test_hangup_and_reject_end_the_call(step: str, operation: str):
    """'hangup ends this leg and the run'"""
    phone = Phone(flow(f"  a:\n    do: [{step}]\n    then: hangup\n"))

    call = phone.calls(wait=2)

    assert phone.did(call) == [operation]
    assert phone.state(call) == "ended"
    assert phone.left_over() == []


def test_reject_gives_its_cause():
    phone = Phone(flow("  a:\n    do: [{reject: USER_BUSY}]\n    then: hangup\n"))

    call = phone.calls(wait=2)

    assert phone.parameters("reject", call) | {"client_state": ""} == {"cause": "USER_BUSY", "client_state": ""}


def test_speech_before_the_answer_waits_for_call_answered():
    """'90034 = wait for call.answered, 10 s' (runtime.md, Commands, 6): the step begins again when it comes."""
    phone = Phone(flow("  a:\n    do: [{speak: Hello}]\n    then: hangup\n"))
    call = phone.calls(wait=1)
    assert phone.did(call) == ["speak"]
    assert phone.state(call) == "a"

    phone.world.request("POST", f"/calls/{call}/actions/answer", query={}, body={}, now=phone.now)
    phone.wait(5)

    assert phone.heard(call) == ["Hello"]
    assert phone.state(call) == "ended"


def test_a_refusal_that_was_overtaken_by_call_answered_is_tried_again_once():
    phone = Phone(flow("  a:\n    do: [answer, {speak: Hello}]\n    then: hangup\n"))
    phone.fail("speak", "90034")

    call = phone.calls(wait=5)

    assert phone.heard(call) == ["Hello"]
    assert phone.errors() == []


def test_a_call_that_telnyx_never_takes_for_answered_goes_to_the_error_exit():
    phone = Phone(flow("  a:\n    do: [answer, {speak: Hello}]\n    then: hangup\n"))
    phone.fail("speak", "90034", times=2)

    call = phone.calls(wait=5)

    assert phone.errors() == ["90034"]
    assert phone.heard(call) == ["Sorry"]


def test_nobody_answers_and_speech_is_given_up_after_ten_seconds():
    phone = Phone(flow("  a:\n    do: [{speak: Hello}]\n    then: hangup\n"))
    call = phone.calls(wait=1)

    phone.wait(10)
    assert phone.errors() == ["no_answer"]
    phone.wait(30)

    assert phone.state(call) == "ended"
    assert phone.left_over() == []


MUSIC = """\
  a:
    do:
      - answer
      - play: {audio: hold_music, repeat: forever}
    after:
      20m: hangup
"""


class Deaf:
    """A Telnyx that takes the first *times* commands to play, and does nothing."""

    def __init__(self, times: int) -> None:
        self.left = times

    def webhook(self, event_type: str, number: int) -> tuple[Copy, ...]:
        return (Copy(),)

    def request(self, operation: str, number: int, attempt: int) -> Mishap | None:
        if operation != "playback_start" or not self.left:
            return None
        self.left -= 1
        return Mishap(kind="ignored")


def test_music_that_nobody_hears_begins_anew():
    """'200 is done where the catalogue lists no webhook; else a watchdog' (runtime.md, "Commands", 5)"""
    phone = Phone(flow(MUSIC))
    phone.stage.world.trouble = Deaf(times=1)

    call = phone.calls(wait=60)

    assert phone.did(call) == ["answer", "playback_start", "playback_start"]
    assert phone.heard(call) == ["https://example.com/hold.mp3"]


def test_music_is_tried_three_times_more_and_then_left():
    phone = Phone(flow(MUSIC))
    phone.stage.world.trouble = Deaf(times=100)

    call = phone.calls(wait=600)

    assert phone.did(call) == ["answer", *["playback_start"] * 4]
    assert phone.state(call) == "a"


def test_music_that_is_heard_plays_on():
    phone = Phone(flow(MUSIC))

    call = phone.calls(wait=600)

    assert phone.did(call) == ["answer", "playback_start"]
