"""Calls that a flow makes later: at their time, as often as their flow says, and never twice at once."""

from __future__ import annotations

import pytest
from core_stage import START, Phone, flow
from legs_flow import MOBILE, answer, office, rung

from engine.core.event import Event
from engine.core.planned import ordered

CALLBACK = """\
flow: callback
starts_when:
  outgoing_call: true
  another_flow_calls: {needs: {reason: text}}
settings:
  call_from: "+15551233333"
  longest_call: 1h
  call_attempts: {tries: 3, wait_between: 20m, ring_for: 30s, detect_machine: greeting_end}
anywhere:
  on_error: hangup
start: hello
states:
  hello:
    do:
      - log: "{{ caller.number }} because of {{ reason }}"
      - speak: Hello
    on:
      call.machine.detection.ended: {do: [{log: "{{ event.result }}"}]}
    after:
      5m: hangup
"""


def booking(when: str = "in: 1h", to: str = f'"{MOBILE}"') -> str:
    return flow(
        "  a:\n    do:\n      - answer\n"
        f"      - call_later: {{flow: callback, to: {to}, {when}, give: {{reason: why}}}}\n"
        "      - log: booked\n    then: hangup\n"
    )


def booked(*flows: str, **options) -> Phone:
    phone = office(*(flows or (booking(), CALLBACK)), **options)
    phone.calls(wait=3)
    assert phone.logged() == ["booked"]
    return phone


def dials(phone: Phone) -> list[float]:
    return [round(at - START) for at, _ in phone.rows(operation="dial")]


def told(phone: Phone) -> list[str]:
    return [line.record["what"] for line in phone.stage.journal if line.kind == "call"]


def test_the_call_is_made_at_its_time_with_the_settings_of_its_flow():
    phone = booked()
    phone.wait(3590)
    assert dials(phone) == []
    phone.wait(10)
    sent = phone.parameters("dial")

    assert dials(phone) == [3600]
    assert (sent["to"], sent["from"], sent["connection_id"]) == (MOBILE, "+15551233333", "77")
    assert (sent["timeout_secs"], sent["time_limit_secs"]) == (30, 3600)
    assert sent["answering_machine_detection"] == "greeting_end"
    assert "link_to" not in sent


def test_who_answers_enters_the_flow_with_what_was_given():
    phone = booked()
    phone.wait(3600)
    call = answer(phone, wait=8)

    assert phone.state(call) == "hello"
    assert phone.leg(call).role == "caller"
    assert phone.heard(call) == ["Hello"]
    assert phone.logged()[1:] == [f"{MOBILE} because of why", "human"]
    assert told(phone) == ["planned", "rings", "answered"]
    phone.hang_up(call, wait=5)
    assert phone.left_over() == []


def test_it_is_tried_again_after_a_while_and_not_for_ever():
    phone = booked()
    phone.wait(3600)
    phone.world.refuse(rung(phone), phone.now)
    phone.wait(3 * 3600)

    assert dials(phone) == [3600, 3603 + 1200, 3603 + 1200 + 30 + 1200]  # refused at once, then not answered
    assert told(phone) == ["planned", "rings", "not answered", "rings", "not answered", "rings", "given up"]
    assert phone.left_over() == []


def test_an_answer_ends_the_attempts():
    phone = booked()
    phone.wait(3600)
    phone.world.refuse(rung(phone), phone.now)
    phone.wait(1201)
    call = answer(phone, wait=8)
    phone.hang_up(call, wait=7200)

    assert len(dials(phone)) == 2


def test_a_time_that_has_passed_means_at_once():
    states = booking('at: "{{ then }}"').replace("anywhere:", "remember:\n  then: {type: time}\nanywhere:", 1)
    states = states.replace("      - call_later", '      - set: {then: "{{ now() }}"}\n      - call_later')
    phone = office(states, CALLBACK)
    phone.calls(wait=2)

    assert len(phone.rows(operation="dial")) == 1


def test_a_time_that_is_not_known_is_an_error():
    states = booking('at: "{{ then }}"').replace("anywhere:", "remember:\n  then: {type: time}\nanywhere:", 1)
    phone = office(states, CALLBACK)
    phone.calls(wait=2)

    assert phone.errors() == ["no_time"]
    assert dials(phone) == []


def test_the_version_of_the_planning_run_is_kept():
    phone = booked()
    before = phone.stage.library.current
    other = Phone(booking(), CALLBACK.replace("speak: Hello", "speak: Other")).stage.library.current
    phone.stage.library.use(other)
    phone.wait(3600)
    call = answer(phone, wait=3)

    assert phone.heard(call) == ["Hello"]
    assert phone.stage.rows[phone.stage.run_of(call)].version == before.hash


def test_late_events_of_an_earlier_attempt_change_nothing():
    phone = booked()
    phone.wait(3600)
    first = rung(phone)
    phone.world.refuse(first, phone.now)
    phone.wait(1201)
    run = phone.stage.run_of(first)
    phone.webhook("call.answered", first)
    phone.webhook("call.hangup", first)
    second = answer(phone, wait=3)

    assert phone.stage.leg(run).status == "ended"
    assert phone.state(second) == "hello"
    assert told(phone).count("answered") == 1


def test_the_next_attempt_waits_until_the_leg_before_it_has_ended():
    phone = booked()
    phone.world.delay("call.hangup", 1800.0, 1)
    phone.wait(3600)
    phone.wait(1210)

    assert len(dials(phone)) == 1


def test_telnyx_refuses_to_ring_and_it_is_tried_again():
    phone = booked()
    phone.fail("dial", "10015")
    phone.wait(3600 + 1201)

    assert dials(phone) == [3600, 4800]
    assert told(phone)[1:4] == ["rings", "refused", "not answered"]


def test_a_leg_of_which_nothing_is_heard_is_given_up():
    phone = booked()
    phone.world.delay("call.hangup", 9e6, 9)
    phone.wait(3600 + 30 + 400)

    assert told(phone)[-1] in ("not answered", "rings")


def test_a_person_can_order_a_call():
    phone = office(CALLBACK)
    version = phone.stage.library.current.hash
    order = ordered(version, "callback", MOBILE, {"reason": "an order"}, order="one", at=phone.now)
    phone.stage.receive(order)
    phone.stage.receive(Event(id="again", type=order.type, run=order.run, payload=order.payload))
    phone.wait(1)
    call = answer(phone, wait=3)

    assert len(phone.rows(operation="dial")) == 1
    assert phone.logged()[0] == f"{MOBILE} because of an order"
    assert phone.state(call) == "hello"


def test_what_was_given_is_forgotten_when_the_call_is_answered():
    phone = booked()
    [plan] = [run for run in phone.stage.rows if run.startswith("plan:")]
    phone.wait(3600)
    before = phone.stage.rows[plan].state
    answer(phone, wait=3)

    assert '"give":{"reason":"why"}' in before
    assert '"give":{}' in phone.stage.rows[plan].state


# -- numbers from data ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("from_", ["+34600111222", "anonymous"])
def test_a_number_from_data_outside_may_call_is_refused(from_):
    phone = office(booking(to='"{{ caller.number }}"'), CALLBACK)
    phone.calls(from_=from_, wait=3)

    assert phone.errors() == ["may_call"]
    assert phone.logged() == []
    phone.wait(4000)
    assert dials(phone) == []


def test_a_number_from_data_inside_may_call_is_called():
    phone = office(booking(to='"{{ caller.number }}"'), CALLBACK)
    phone.calls(from_="+15551112222", wait=3)
    phone.wait(3600)

    assert phone.parameters("dial")["to"] == "+15551112222"


VERBS = {
    "call_later": 'call_later: {flow: callback, to: "{{ caller.number }}", in: 1h, give: {reason: x}}',
    "dial": 'dial: {to: "{{ caller.number }}", as: agent}',
    "transfer": 'transfer: {to: "{{ caller.number }}", as: boss}',
}
AGENT = (
    "roles:\n  agent:\n    anywhere: {on_error: hangup}\n    start: a\n    states:\n      a:\n        then: hangup\n"
)


@pytest.mark.parametrize("verb", VERBS)
def test_a_refusal_is_offered_before_it_is_an_error(verb):
    states = (
        f"  a:\n    do:\n      - answer\n      - {VERBS[verb]}\n      - log: went on\n    then: broken\n    on:\n"
        '      action.refused: {do: [{log: "{{ event.step }}: {{ event.reason }}"}], then: no}\n'
        "  no:\n    do: [{speak: No}]\n    then: hangup\n"
    )
    phone = office(flow(states, roles=AGENT), CALLBACK)
    call = phone.calls(wait=3)

    assert phone.errors() == []
    assert phone.heard(call) == ["No"]
    assert phone.logged() == [f"{verb}: the number is outside may_call of project.yaml"]


def test_a_refusal_without_an_exit_drops_the_rest():
    states = (
        f"  a:\n    do:\n      - answer\n      - {VERBS['dial']}\n      - log: went on\n    then: broken\n    on:\n"
        "      action.refused: {do: [{log: refused}]}\n"
    )
    phone = office(flow(states, roles=AGENT), CALLBACK)
    call = phone.calls(wait=3)

    assert phone.logged() == ["refused"]
    assert phone.state(call) == "a"
