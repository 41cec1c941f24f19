"""What may hold a secret stays out of the history and with its own leg, also when it comes late."""

from __future__ import annotations

from typing import Any

from core_stage import Phone, flow
from legs_flow import CALLER_STATES, ROLE, TOP, answer, office

from engine.core.event import ACCEPTED, Event

SECRET = "remember:\n  pin: {type: digits, secret: true}\n"
ASKS = """\
  ask:
    do: [answer, {gather: {speak: PIN, digits: 4, into: pin}}]
    keys: {digits: waits, nothing: hangup}
  waits:
    do: [{speak: One moment}]
    after: {1h: hangup}
"""


def told_of(phone: Phone, *names: str) -> list[Any]:
    """The values of these fields in the history."""
    payloads = [line.record["payload"] for line in phone.stage.journal if line.kind == "event"]
    return [payload[name] for payload in payloads for name in names if payload.get(name) not in (None, "")]


def test_keys_that_are_reported_after_the_question_do_not_get_into_the_history():
    """Webhooks have no order: call.dtmf.received may come when call.gather.ended has led elsewhere."""
    phone = Phone(flow(ASKS, top=SECRET))
    call = phone.calls(wait=3)
    asked = phone.leg(call).n
    phone.press(call, "4821", wait=1)
    assert phone.state(call) == "waits"
    phone.webhook("call.dtmf.received", call, n=asked, digit="8")

    assert set(told_of(phone, "digit", "digits")) == {"***"}


def test_what_was_keyed_before_the_hang_up_does_not_get_into_the_history():
    phone = Phone(flow(ASKS, top=SECRET))
    call = phone.calls(wait=3)
    phone.hang_up(call, wait=1)
    phone.webhook("call.gather.ended", call, status="call_hangup", digits="482")

    assert set(told_of(phone, "digit", "digits")) == {"***"}


def test_an_answer_from_outside_that_nobody_waits_for_any_more_does_not_get_into_the_history():
    phone = Phone(flow(ASKS, top=SECRET))
    call = phone.calls(wait=2)
    payload = {"command_id": "of a state long left", "operation": "http", "status": 200, "body": {"pin": "4821"}}
    phone.stage.receive(Event(id="late", type=ACCEPTED, run=phone.stage.run_of(call), payload=payload))

    assert "4821" not in str(phone.stage.journal)


def test_what_an_ai_asks_for_a_secret_is_never_told_to_another_leg():
    """Like keys (section 2): what the AI heard stays with the leg that was asked."""
    gather = "          - gather_using_ai: {longest: 1m, parameters: {type: object}, into: {pin: pin}}\n"
    listens = CALLER_STATES.replace(
        "agent.left: alone",
        "agent.left: alone\n      agent.call.ai_gather.partial_results: {do: [{log: heard}]}\n"
        "      agent.call.ai_gather.ended: {do: [{log: heard}]}",
    )
    phone = office(flow(listens, top=SECRET + TOP, roles=ROLE.replace("          - speak: Hello\n", gather)))
    phone.calls(wait=2)
    agent = answer(phone)
    phone.webhook("call.ai_gather.partial_results", agent, partial_results={"pin": "4821"})
    phone.webhook("call.ai_gather.ended", agent, status="valid", result={"pin": "4821"})
    phone.wait(1)

    assert "heard" not in phone.logged()
    assert "4821" not in str(phone.stage.journal)


def test_keys_for_a_secret_of_a_flow_that_another_one_runs_are_never_told_to_another_leg():
    quiz = flow(
        ASKS.replace("waits, nothing: hangup", "end, nothing: end").replace("answer, ", ""), name="quiz", top=SECRET
    )
    quiz = quiz.replace('starts_when:\n  calls_to: ["+15550000001"]', "starts_when:\n  another_flow_calls: {}")
    listens = CALLER_STATES.replace(
        "agent.left: alone", "agent.left: alone\n      agent.call.dtmf.received: {do: [{log: heard}]}"
    )
    roles = ROLE.replace("          - speak: Hello\n", "          - run: {flow: quiz}\n")
    phone = office(flow(listens, top=TOP, roles=roles), quiz)
    phone.calls(wait=2)
    agent = answer(phone, wait=3)
    assert phone.leg(agent).flow == "quiz"
    phone.press(agent, "48", wait=1)

    assert "heard" not in phone.logged()
    assert set(told_of(phone, "digit", "digits")) == {"***"}


def test_keys_of_somebody_who_does_not_wait_for_the_question_do_not_get_into_the_history():
    early = "  hello:\n    do: [answer, {speak: A long welcome to our bank}]\n    then: ask\n"
    phone = Phone(flow(early + ASKS.replace("answer, ", ""), top=SECRET))
    call = phone.calls(wait=1)
    phone.press(call, "48", wait=0.5)
    assert phone.state(call) == "hello"

    assert set(told_of(phone, "digit")) == {"***"}


def test_keys_of_a_menu_stay_in_the_history_of_a_flow_that_asks_for_a_secret_later():
    menu = "  menu:\n    do: [answer, {gather: {speak: Menu, digits: 1}}]\n    keys: {1: ask, nothing: hangup}\n"
    phone = Phone(flow(menu + ASKS.replace("answer, ", ""), top=SECRET))
    call = phone.calls(wait=1)
    phone.press(call, "1", wait=2)
    assert phone.state(call) == "ask"

    assert set(told_of(phone, "digit", "digits")) == {"1"}
