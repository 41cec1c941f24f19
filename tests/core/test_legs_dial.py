"""dial: a leg that another one rings, from the message that makes it to the link between the two."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import pytest
from core_stage import CALLER, Phone, flow
from legs_flow import CALLER_STATES, DIAL, MOBILE, ROLE, TOP, answer, office, rung

from engine.core.event import ClientState, Event
from engine.core.links import RUNG
from engine.scenario.stage import Stage


def ringing(phone: Phone) -> str:
    call = phone.calls(wait=2)
    assert phone.state(call) == "ring"
    return call


def test_a_dial_says_who_rings_and_for_how_long():
    phone = office()
    call = ringing(phone)

    sent = phone.parameters("dial")

    assert (sent["to"], sent["from"], sent["connection_id"]) == (MOBILE, "+15559990000", "77")
    assert (sent["timeout_secs"], sent["time_limit_secs"]) == (20, 14400)
    assert sent["link_to"] == call
    assert set(sent["webhook_retries_policies"]) >= {"call.answered", "call.hangup"}
    assert "answering_machine_detection" not in sent


@pytest.mark.parametrize(
    ("options", "project", "settings", "shown"),
    [
        ('from: "+15551110000"', b"telnyx: {connection_id: '1', caller_id: '+15552220000'}", "", "+15551110000"),
        ("", b"telnyx: {connection_id: '1', caller_id: '+15552220000'}", "+15553330000", "+15553330000"),
        ("", b"telnyx: {connection_id: '1', caller_id: '+15552220000'}", "", "+15552220000"),
        ("", b"telnyx: {connection_id: '1'}", "", "+15550000001"),
    ],
)
def test_the_number_shown_is_the_nearest_one_that_is_given(options, project, settings, shown):
    states = CALLER_STATES.replace("ring_for: 20s", f"ring_for: 20s, {options}" if options else "ring_for: 20s")
    top = (f'settings:\n  call_from: "{settings}"\n' if settings else "") + TOP
    phone = Phone(flow(states, top=top, roles=ROLE), project=project, answer_after_s=None)
    ringing(phone)

    assert phone.parameters("dial")["from"] == shown


def test_the_connection_is_that_of_the_call_where_the_project_names_none():
    phone = Phone(DIAL, project=b"may_call: ['+1']\n", answer_after_s=None, connection_id="555")
    ringing(phone)

    assert phone.parameters("dial")["connection_id"] == "555"


def test_the_message_that_makes_the_leg_stands_before_the_dial():
    phone = office()
    ringing(phone)
    [(_, dial)] = phone.rows(operation="dial")
    token = ClientState.decode(dial.command.parameters["client_state"])

    assert token is not None
    assert token.run != dial.run
    born = phone.stage.leg(token.run)
    assert born is not None
    assert (born.flow, born.role, born.status) == ("desk", "agent", "rung")
    assert phone.stage.rows[token.run].version == phone.stage.rows[dial.run].version


def test_an_answer_begins_the_role_and_finishes_the_dial():
    phone = office()
    call = ringing(phone)
    agent = answer(phone)

    assert (phone.state(call), phone.state(agent)) == ("talk", "hello")
    assert phone.heard(agent) == ["Hello"]
    assert sorted(phone.logged()) == sorted(
        [f"rung by {CALLER}", "agent joined", f"answered {MOBILE}", "dialled", "caller joined", f"talks to {MOBILE}"]
    )
    assert phone.problems() == []


def test_an_event_of_the_rung_leg_may_lead_elsewhere_before_the_rest_of_do():
    states = CALLER_STATES.replace(
        'agent.call.answered: {do: [{log: "answered {{ event.to }}"}]}', "agent.joined: talk"
    )
    phone = office(flow(states, top=TOP, roles=ROLE))
    call = ringing(phone)
    answer(phone)

    assert phone.state(call) == "talk"
    assert "dialled" not in phone.logged()


@pytest.mark.parametrize("how", ["busy", "timeout"])
def test_a_hangup_before_the_answer_decides(how):
    phone = office()
    call = ringing(phone)
    if how == "busy":
        phone.world.refuse(rung(phone), phone.now)
    phone.wait(25)

    assert phone.heard(call)[:1] == ["Nobody"]
    assert "dialled" not in phone.logged()
    assert phone.errors() == []
    phone.wait(10)
    assert phone.left_over() == []


def test_neither_the_rest_of_do_nor_then_follows_a_hangup_that_nobody_takes_further():
    states = CALLER_STATES.replace(
        "agent.call.hangup: nobody", 'agent.call.hangup: {do: [{log: "{{ event.hangup_cause }}"}]}', 1
    )
    phone = office(flow(states, top=TOP, roles=ROLE))
    call = ringing(phone)
    phone.world.refuse(rung(phone), phone.now)
    phone.wait(2)

    assert phone.state(call) == "ring"
    assert phone.logged() == ["user_busy"]


def test_the_callers_hangup_ends_the_ringing():
    phone = office()
    call = ringing(phone)
    agent = rung(phone)
    phone.hang_up(call, wait=3)

    assert phone.world.look(agent).state == "ended"
    assert phone.logged() == []
    assert phone.left_over() == []


@pytest.mark.parametrize("event", ["call.initiated", "all"])
def test_the_callers_hangup_ends_a_ringing_of_which_nothing_was_heard_yet(event):
    phone = office()
    phone.world.delay("call.initiated", 30.0, 9)
    call = phone.world.call(from_=CALLER, to="+15550000001", now=phone.now).call_control_id
    phone.wait(31)
    phone.wait(0.02)  # the dial has just been sent, and not been answered yet
    phone.wait(0.04)
    if event == "all":
        phone.world.delay("call.hangup", 5.0, 1)
    phone.hang_up(call, wait=40)

    assert [phone.world.look(leg.call_control_id).state for leg in phone.world.legs] == ["ended", "ended"]
    phone.wait(120)
    assert phone.left_over() == []


def test_a_state_that_is_left_gives_up_the_leg_that_still_rings():
    states = CALLER_STATES.replace("40s: nobody", "5s: nobody")
    phone = office(flow(states, top=TOP, roles=ROLE))
    call = ringing(phone)
    agent = rung(phone)
    phone.wait(5)

    assert phone.heard(call) == ["Nobody"]
    assert phone.world.look(agent).state == "ended"


def test_an_answer_that_comes_when_nobody_waits_any_more_is_hung_up():
    states = CALLER_STATES.replace("40s: nobody", "5s: nobody")
    phone = office(flow(states, top=TOP, roles=ROLE))
    ringing(phone)
    agent = rung(phone)
    phone.world.delay("call.answered", 6.0, 1)
    phone.world.pick_up(agent, phone.now)
    phone.wait(30)

    assert phone.world.look(agent).state == "ended"
    assert phone.heard(agent) == []
    assert phone.left_over() == []


def test_telnyx_refuses_to_ring():
    phone = office()
    phone.fail("dial", "10015")
    call = phone.calls(wait=3)

    assert phone.errors() == ["10015"]
    assert phone.heard(call) == ["Sorry"]
    phone.wait(10)
    assert phone.left_over() == []


class SlowMessages(Stage):
    """The messages by which rung legs begin to exist wait until they are let go."""

    held: ClassVar[list[Event]] = []

    def receive(self, event):
        if event.type == RUNG:
            SlowMessages.held.append(event)
        else:
            Stage.receive(self, event)

    def let_go(self):
        for event in SlowMessages.held:
            Stage.receive(self, event)


@pytest.fixture
def slow():
    SlowMessages.held = []
    phone = office(stage=SlowMessages)
    return phone, phone.calls(wait=2)


def test_webhooks_that_come_before_the_message_are_kept(slow):
    phone, call = slow
    agent = answer(phone)
    assert phone.leg(agent).status == "unborn"
    assert phone.state(call) == "ring"
    phone.stage.let_go()
    phone.wait(1)

    assert (phone.state(call), phone.state(agent)) == ("talk", "hello")


def test_a_hangup_that_comes_before_the_message_is_kept(slow):
    phone, call = slow
    phone.world.refuse(rung(phone), phone.now)
    phone.wait(1)
    phone.stage.let_go()
    phone.wait(1)

    assert phone.states(call) == ["ring", "nobody"]


def test_a_webhook_with_our_token_and_no_message_is_forgotten_after_a_while():
    phone = office()
    token = ClientState("test", "nobody", 0).encode()
    fields = {"call_leg_id": "l", "call_control_id": "c", "client_state": token}
    phone.stage.receive(Event(id="x", type="call.answered", payload=fields))
    assert phone.stage.leg("nobody").status == "unborn"
    phone.wait(100)

    assert phone.stage.leg("nobody").status == "ended"
    assert phone.stage.timers == {}


def test_a_second_dial_of_the_same_role_is_no_second_link():
    states = CALLER_STATES.replace("- log: dialled", '- dial: {to: "+15557770002", as: agent}\n      - log: dialled')
    phone = office(flow(states, top=TOP, roles=ROLE))
    call = ringing(phone)
    first = answer(phone)
    second = answer(phone)

    assert phone.leg(call).links["agent"].run == phone.stage.run_of(first)
    assert phone.leg(second).links == {}
    assert phone.state(second) == "hello"
    assert phone.logged().count("agent joined") == phone.logged().count("caller joined") == 1
    assert phone.problems() == []


def test_a_machine_is_looked_for_only_where_it_is_asked():
    states = CALLER_STATES.replace("ring_for: 20s", "ring_for: 20s, detect_machine: greeting_end, longest: 10m")
    roles = ROLE.replace(
        "caller.joined:", 'call.machine.detection.ended: {do: [{log: "{{ event.result }}"}]}\n          caller.joined:'
    )
    phone = office(flow(states, top=TOP, roles=roles))
    ringing(phone)
    sent = phone.parameters("dial")
    assert (sent["answering_machine_detection"], sent["time_limit_secs"]) == ("greeting_end", 600)
    answer(phone, wait=10, machine=True)

    assert "machine" in phone.logged()


def test_a_leg_that_nobody_claims_in_time_is_hung_up(slow):
    """Whoever answered it would else hear nothing, for hours."""
    phone, _ = slow
    agent = answer(phone)
    phone.wait(100)

    assert phone.world.look(agent).state == "ended"
    phone.stage.let_go()
    phone.wait(200)
    assert phone.stage.timers.keys() <= {phone.stage.run_of(phone.world.legs[0].call_control_id)}


def test_a_leg_that_was_given_up_and_answers_after_all_is_hung_up():
    phone = office()
    ringing(phone)
    agent = rung(phone)
    run = phone.stage.run_of(agent)
    given_up = replace(phone.stage.leg(run), status="ended", at="ended", call_control_id="", call_leg_id="", timers={})
    phone.stage.rows[run] = replace(phone.stage.rows[run], state=given_up.encode(), ended_at=phone.now)
    phone.world.pick_up(agent, phone.now)
    phone.wait(1)

    assert phone.world.look(agent).state == "ended"
