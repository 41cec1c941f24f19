"""gather and keys (language.md, section 3, "keys")."""

from __future__ import annotations

import pytest
from core_stage import Phone, flow


def menu(gather: str = "speak: Press", keys: str = "", more: str = "") -> str:
    keys = keys or '{"1": one, digits: other, anything_else: odd, nothing: silent}'
    states = f"""\
  hello:
    do: [answer]
    then: menu
  menu:
    do:
      - gather: {{{gather}}}
    keys: {keys}
{more}"""
    for name in ("one", "other", "odd", "silent"):
        states += f"  {name}:\n    do: [{{speak: {name}}}]\n    then: hangup\n"
    return flow(states, top="remember:\n  pressed: {type: digits}\n")


def at_menu(text: str) -> tuple[Phone, str]:
    phone = Phone(text)
    return phone, phone.calls(wait=2)


def test_a_listed_key_goes_its_way():
    """'valid and listed -> that key'"""
    phone, call = at_menu(menu("speak: Press, digits: 1"))

    phone.press(call, "1")

    assert phone.states(call)[-1] == "one"


def test_digits_that_are_not_listed_go_the_way_of_digits():
    """'else digits'"""
    phone, call = at_menu(menu("speak: Press, digits: 1"))

    phone.press(call, "7")

    assert phone.states(call)[-1] == "other"


def test_digits_that_are_not_listed_go_the_way_of_anything_else_without_digits():
    """'else anything_else'"""
    phone, call = at_menu(menu("speak: Press, digits: 1", '{"1": one, anything_else: odd, nothing: silent}'))

    phone.press(call, "7")

    assert phone.states(call)[-1] == "odd"


def test_invalid_digits_go_the_way_of_anything_else():
    """'invalid, or timeout with some digits -> anything_else'"""
    phone, call = at_menu(menu('speak: Press, digits: 2 to 3, end_key: "#"'))

    phone.press(call, "4#")

    assert phone.states(call)[-1] == "odd"


def test_a_timeout_with_some_digits_goes_the_way_of_anything_else():
    """'timeout with some digits -> anything_else'"""
    phone, call = at_menu(menu("speak: Press, digits: 4, wait: 3s, tries: 3"))

    phone.press(call, "1", wait=10)

    assert "odd" in phone.states(call)


@pytest.mark.parametrize("status", ["invalid", "timeout"])
def test_wrong_digits_go_the_way_of_nothing_without_anything_else(status: str):
    """'else nothing'"""
    phone, call = at_menu(menu("speak: Press, digits: 4, tries: 3", "{digits: other, nothing: silent}"))

    phone.webhook("call.gather.ended", call, n=phone.leg(call).n, status=status, digits="1")

    assert phone.states(call)[-1] == "silent"


def test_silence_is_asked_again_and_then_goes_the_way_of_nothing():
    """'tries repeats it after silence only, nothing follows the last'"""
    phone, call = at_menu(menu("speak: Press, digits: 1, wait: 2s, tries: 3"))

    phone.wait(20)

    assert phone.heard(call) == ["Press", "Press", "Press", "silent"]


def test_a_question_without_words_is_asked_once():
    """'tries (3 with a prompt)'"""
    phone, call = at_menu(menu("digits: 1, wait: 2s"))

    phone.wait(20)

    assert phone.did(call).count("gather") == 1
    assert phone.states(call)[-1] == "silent"


def test_three_tries_are_usual_with_words():
    phone, call = at_menu(menu("speak: Press, digits: 1, wait: 2s"))

    phone.wait(30)

    assert phone.heard(call).count("Press") == 3


def test_what_is_not_written_has_its_usual_value():
    """'wait 5s; between digits 3s; end_key #; only -> valid_digits'"""
    phone, call = at_menu(menu('speak: Press, only: "12"'))

    parameters = phone.parameters("gather_using_speak", call)

    assert parameters["timeout_millis"] == 5000
    assert parameters["inter_digit_timeout_millis"] == 3000
    assert parameters["terminating_digit"] == "#"
    assert parameters["valid_digits"] == "12"
    assert (parameters["minimum_digits"], parameters["maximum_digits"]) == (1, 128)
    assert parameters["maximum_tries"] == 1


def test_audio_and_silence_have_operations_of_their_own():
    phone, call = at_menu(menu("play: tune, digits: 1"))
    assert phone.parameters("gather_using_audio", call)["media_name"] == "tune"

    phone, call = at_menu(menu("digits: 1, wait: 7s"))
    assert phone.parameters("gather", call)["initial_timeout_millis"] == 7000


def test_digits_go_into_a_variable():
    text = menu("speak: Press, digits: 2, into: pressed", "{digits: other, nothing: silent}").replace(
        "speak: other", 'speak: "{{ pressed }}"'
    )
    phone, call = at_menu(text)

    phone.press(call, "42", wait=3)

    assert "42" in phone.heard(call)


@pytest.mark.parametrize("status", ["cancelled", "call_hangup", "cancelled_amd"])
def test_a_gather_that_was_cut_has_no_exit(status: str):
    """'cancelled, call_hangup, stale -> no exit'"""
    phone, call = at_menu(menu())

    phone.webhook("call.gather.ended", call, n=phone.leg(call).n, status=status, digits="1")

    assert phone.state(call) == "menu"


def test_a_stale_gather_has_no_exit():
    """'cancelled, call_hangup, stale -> no exit'; runtime.md, Stale (a)"""
    phone, call = at_menu(menu())

    phone.webhook("call.gather.ended", call, n=phone.leg(call).n - 1, status="valid", digits="1")

    assert phone.state(call) == "menu"


def test_a_higher_count_is_no_reason_to_doubt():
    """'Never ==: later commands raise n'"""
    phone, call = at_menu(menu())

    phone.webhook("call.gather.ended", call, n=phone.leg(call).n + 3, status="valid", digits="1")

    assert phone.state(call) == "one"


def test_an_event_without_a_token_is_never_judged_by_it():
    """'client_state is absent on some events'; Stale (e): 'foreign or no token: never judged by n'"""
    phone, call = at_menu(menu())

    phone.webhook("call.gather.ended", call, status="valid", digits="1")

    assert phone.state(call) == "one"


def test_handlers_run_between_the_tries():
    """'Handlers' steps run when the running step has finished and before the rest of do'"""
    more = "    on:\n      call.dtmf.received:\n        do:\n          - log: 'key {{ event.digit }}'\n"
    phone, call = at_menu(menu('speak: Press, digits: 1, only: "1", wait: 2s, tries: 3', more=more))

    phone.webhook("call.dtmf.received", call, digit="9")
    phone.wait(4)

    assert phone.logged() == ["key 9"]
    assert phone.state(call) == "menu"


def test_a_gather_whose_answer_was_lost_counts_as_silence():
    """'play, speak, send_dtmf, gather, dial are not sent: action.in_doubt (default: carry on)': nobody is stuck."""
    phone = Phone(menu())
    call = phone.calls(wait=0.3)
    phone.fail("gather_using_speak", "10007", status=500, times=1000)
    phone.wait(3)
    assert phone.state(call) == "menu"

    phone.wait(120)

    assert phone.states(call)[-1] in ("silent", "broken")
    assert phone.state(call) == "ended"


def test_a_secret_is_masked_in_the_history():
    """'digits gathered into a secret (both event types)' (interfaces.md, Safe by default)"""
    text = menu("speak: Press, digits: 4, into: pressed", "{digits: other, nothing: silent}").replace(
        "{type: digits}", "{type: digits, secret: true}"
    )
    phone, call = at_menu(text)

    phone.press(call, "4821", wait=3)

    events = [line.record for line in phone.stage.journal if line.kind == "event" and "payload" in line.record]
    shown = [event["payload"] for event in events if event["type"] in ("call.dtmf.received", "call.gather.ended")]
    assert len(shown) == 5
    assert "4821" not in str(phone.stage.journal)
    assert all(payload.get("digit", payload.get("digits")) == "***" for payload in shown)
