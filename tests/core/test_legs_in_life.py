"""
What happens to legs in real life, each with the sentence of facts.md or language.md that it is about.

FRIC are the numbers of Telnyx's own log of what went wrong with a contact centre.
"""

from __future__ import annotations

import pytest
from core_stage import AGENTS, CALLER, OFFICE, Phone, flow
from desk_flow import DESK
from legs_flow import DIAL, MOBILE, TOP, answer, office, rung
from test_legs_after_kill import restarted
from test_legs_links import queue_flow
from test_legs_planned import booked, dials, told

from engine.core.event import Event

TRANSFER = flow(
    """\
  a:
    do: [answer, {transfer: {to: "+15557770001", as: boss, ring_for: 20s}}, {log: through}]
    on:
      call.bridged: {do: [{log: bridged}]}
      boss.call.hangup: {do: [{log: "{{ event.hangup_cause }}"}], then: next}
    after: {1h: hangup}
  next:
    do: [{gather: {speak: "Press 1 to leave a message.", digits: 1}}]
    keys: {"1": hangup, anything_else: next, nothing: hangup}
"""
)
# An agent is let to the caller only when a person, and no machine, has answered.
CAREFUL = flow(
    """\
  ring:
    do:
      - answer
      - dial: {to: "+15557770001", as: agent, ring_for: 20s, detect_machine: detect}
    on:
      agent.call.hangup: nobody
      agent.says.ready: talk
    after: {50s: nobody}
  talk:
    do: [{join_conference: {room: own}}]
    on: {agent.left: hangup}
    after: {1h: hangup}
  nobody:
    do: [{speak: Nobody is there}]
    then: hangup
""",
    top=TOP,
    roles="""\
roles:
  agent:
    anywhere: {on_error: hangup}
    start: listen
    states:
      listen:
        on:
          call.machine.detection.ended:
            - if: event.result == "machine"
              then: hangup
            - do: [{tell: {caller: ready}}]
              then: wait
        after: {10s: hangup}
      wait:
        on: {caller.left: hangup}
        after: {1h: hangup}
""",
)


def calling(text: str, **options) -> tuple[Phone, str]:
    phone = office(text, **options)
    return phone, phone.calls(wait=2)


def ends(phone: Phone, *calls: str) -> list[str]:
    return [phone.world.look(call).state for call in calls]


# -- nobody is there ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "is_ours"), [(DIAL, True), (TRANSFER, False)], ids=["dial", "transfer"])
def test_a_caller_who_leaves_ends_the_ringing_of_the_agent(text, is_ours):
    """facts.md, 7: agent keeps ringing after caller left (FRIC-008). 8, 5: cancel the other leg's ringing."""
    phone, call = calling(text)
    agent = rung(phone)

    phone.hang_up(call, wait=3)

    assert ends(phone, call, agent) == ["ended", "ended"]
    hung_up = [row.command.path["call_control_id"] for _, row in phone.rows(operation="hangup")]
    assert hung_up == ([agent] if is_ours else [])  # of a transfer Telnyx ends the ringing itself
    assert phone.left_over() == []


@pytest.mark.parametrize("text", [DIAL, TRANSFER], ids=["dial", "transfer"])
@pytest.mark.parametrize(("how", "cause"), [("busy", "user_busy"), ("nobody answers", "timeout")])
def test_a_far_leg_that_fails_leaves_the_caller_with_the_next_step(text, how, cause):
    """
    facts.md, 4: Failure = hangup of leg B only; leg A stays up and needs a next step. 7: caller dropped when agent
    does not answer (FRIC-007).
    """
    phone, call = calling(text)
    if how == "busy":
        phone.world.refuse(rung(phone), phone.now)
    phone.wait(0.3 if how == "busy" else 18.5)

    assert phone.world.look(call).state == "answered"
    assert phone.errors() == []
    assert phone.states(call)[1:] == ["nobody" if text is DIAL else "next"]
    assert phone.logged() == ([] if text is DIAL else [cause])
    phone.wait(60)
    assert phone.left_over() == []


@pytest.mark.parametrize("cause", ["call_rejected", "unspecified"])
def test_a_dial_that_telnyx_takes_and_fails_downstream_is_only_a_hangup(cause):
    """facts.md, 3: A dial can return 200 and fail downstream: D13 and D38, visible only as hangup (FRIC-002/003)."""
    phone = office()
    call = phone.calls(wait=0.03)
    phone.world.delay("call.initiated", 900.0, 1)  # of the leg that is rung: as good as never
    phone.wait(2)
    phone.world.refuse(rung(phone), phone.now, cause)
    phone.wait(1)

    assert phone.states(call) == ["ring", "nobody"]
    assert phone.errors() == []
    phone.wait(1000)
    assert phone.left_over() == []


def test_the_hangup_alone_is_enough_without_a_client_state():
    """facts.md, 0, 9: client_state is absent on some events: never the only correlation key."""
    phone = office()
    call = phone.calls(wait=0.03)
    for event in ("call.initiated", "call.hangup"):
        phone.world.delay(event, 900.0, 1)
    phone.wait(2)
    leg = phone.world.ringing[0]
    phone.world.refuse(leg.call_control_id, phone.now, "call_rejected")
    fields = {"call_control_id": leg.call_control_id, "call_leg_id": leg.call_leg_id, "hangup_cause": "call_rejected"}
    phone.stage.receive(Event(id="bare", type="call.hangup", payload={**fields, "client_state": None}))
    phone.wait(0.2)

    assert phone.states(call) == ["ring", "nobody"]
    assert phone.errors() == []


@pytest.mark.parametrize("text", [DIAL, TRANSFER], ids=["dial", "transfer"])
def test_a_command_that_is_taken_and_makes_no_leg_does_not_hold_the_caller(text):
    """facts.md, 0, 3: 200 means accepted, not done: OK and no leg and no webhook. Every command needs a watchdog."""
    phone = office(text)
    for event in ("call.initiated", "call.hangup"):
        phone.world.delay(event, 9e5, 9)
    leg = phone.world.call(from_=CALLER, to=OFFICE, now=phone.now)
    fields = {"call_control_id": leg.call_control_id, "call_leg_id": leg.call_leg_id, "from": CALLER, "to": OFFICE}
    phone.stage.receive(Event(id="first", type="call.initiated", payload=fields | {"direction": "incoming"}))
    phone.wait(3)
    assert phone.state(leg.call_control_id) in ("ring", "a")
    phone.wait(60)

    assert phone.state(leg.call_control_id) not in ("ring", "a")


def test_an_agents_machine_never_hears_the_caller():
    """language.md, 3: `call.machine.*` only where detection is asked for."""
    phone, call = calling(CAREFUL)
    machine = answer(phone, wait=5, machine=True)

    assert ends(phone, machine) == ["ended"]
    assert phone.states(call) == ["ring", "nobody"]
    assert phone.heard(call) == ["Nobody is there"]


def test_an_agent_who_is_a_person_gets_the_caller():
    phone, call = calling(CAREFUL)
    person = answer(phone, wait=5)

    assert (phone.state(call), phone.state(person)) == ("talk", "wait")
    assert phone.problems() == []


# -- several at once ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [DESK, queue_flow("bridge")], ids=["connect", "bridge"])
def test_two_agents_in_one_instant_get_two_callers(text):
    """language.md, 2: claims it in the store (two agents at one instant get two callers)."""
    phone = office(text)
    callers = [phone.calls(from_=f"+3460011122{number}", wait=2) for number in range(2)]
    agents = [phone.calls(to=AGENTS, from_=f"+1555222000{number}", wait=0) for number in range(2)]
    phone.wait(2)
    for agent in agents if text is DESK else ():
        phone.world.press(agent, "1", phone.now)
    phone.wait(4)

    partners = {phone.leg(agent).links["caller"].run for agent in agents}
    assert partners == {phone.stage.run_of(call) for call in callers}
    assert phone.problems() == []


def test_an_agent_whom_two_callers_ring_is_linked_with_the_one_whom_they_answer():
    """language.md, 2: a leg has one link per role name. Each call of the agent's phone is a leg of its own."""
    phone = office()
    first, second = phone.calls(wait=2), phone.calls(from_="+34600111333", wait=2)
    to_first, to_second = (rung(phone, place) for place in (0, 1))
    phone.world.pick_up(to_second, phone.now)
    phone.wait(1)
    phone.world.refuse(to_first, phone.now)  # busy: they talk to the second caller
    phone.wait(1)

    assert phone.leg(second).links["agent"].run == phone.stage.run_of(to_second)
    assert (phone.states(first)[-1], phone.state(second)) == ("nobody", "talk")
    assert phone.problems() == []


def test_an_agent_who_takes_both_calls_has_two_legs_with_a_caller_each():
    phone = office()
    calls = [phone.calls(from_=f"+3460011122{number}", wait=2) for number in range(2)]
    for leg in (rung(phone, 0), rung(phone, 1)):
        phone.world.pick_up(leg, phone.now)
    phone.wait(2)

    partners = [phone.leg(call).links["agent"].run for call in calls]
    assert len(set(partners)) == 2
    assert [phone.stage.leg(run).links["caller"].number for run in partners] == ["+34600111220", "+34600111221"]
    assert phone.problems() == []


# -- webhooks of our own legs -----------------------------------------------------------------------------------------


def test_two_call_bridged_of_one_bridge_count_once():
    """facts.md, 4: `call.bridged` for leg A and leg B. language.md, 2: the second is ignored."""
    phone, _ = calling(TRANSFER)
    answer(phone, wait=2)

    assert sorted(phone.logged()) == ["bridged", "through"]
    events = [line.record["type"] for line in phone.stage.journal if line.kind == "event"]
    assert events.count("call.bridged") == 2


@pytest.mark.parametrize("has_token", [True, False])
@pytest.mark.parametrize("text", [DIAL, TRANSFER], ids=["dial", "transfer"])
def test_call_initiated_of_our_own_legs_starts_no_flow(text, has_token):
    """facts.md, 0, 8: fires for our own outbound legs too (FRIC-001). 0, 9: client_state is absent on some events."""
    taker = flow("  a:\n    do: [answer, {speak: Never}]\n    then: hangup\n", name="taker", number=MOBILE)
    phone = office(text, taker)
    call = phone.calls(wait=2)
    leg = phone.world.ringing[0]
    if not has_token:
        fields = {
            "call_control_id": leg.call_control_id, "call_leg_id": leg.call_leg_id, "direction": "outgoing",
            "from": leg.from_, "to": MOBILE, "client_state": None,
        }  # fmt: skip
        phone.stage.receive(Event(id="bare", type="call.initiated", payload=fields))
    answer(phone, wait=3)

    assert "Never" not in phone.heard(leg.call_control_id)
    assert [row.command.operation for _, row in phone.rows() if row.command.operation == "answer"] == ["answer"]
    assert phone.world.look(call).state == "answered"


def to_the_dial(phone: Phone) -> str:
    """Let time run until Telnyx has begun to ring, and has not answered the dial yet."""
    while not phone.world.ringing:
        assert phone.stage.tick()
    assert [flight.row.command.operation for flight in phone.stage.outbox.flights.values()] == ["dial"]
    return rung(phone)


@pytest.mark.parametrize("how", ["answers", "is busy"])
def test_webhooks_of_a_leg_may_come_before_the_dials_own_answer(how):
    """facts.md, 8, 2: Out-of-order / concurrent events; the dial's 200 is one of them."""
    phone = office(webhook_delay_s=0.001)
    call = phone.calls()
    agent = to_the_dial(phone)
    if how == "answers":
        phone.world.pick_up(agent, phone.now)
    else:
        phone.world.refuse(agent, phone.now)
    phone.wait(0.01)

    assert "dial" in [flight.row.command.operation for flight in phone.stage.outbox.flights.values()]
    assert phone.states(call) == (["ring", "talk"] if how == "answers" else ["ring", "nobody"])
    phone.wait(2)
    assert phone.errors() == []
    assert phone.problems() == []


def test_a_hangup_before_answered_is_the_last_word_about_a_rung_leg():
    """facts.md, 8, 2: terminal states win; late `answered` is ignored."""
    phone, call = calling(DIAL)
    agent = rung(phone)
    phone.world.delay("call.answered", 5.0, 1)
    phone.world.pick_up(agent, phone.now)
    phone.hang_up(agent, wait=10)

    assert phone.states(call) == ["ring", "nobody"]
    assert "agent joined" not in phone.logged()
    assert phone.errors() == []
    phone.wait(60)
    assert phone.left_over() == []


def test_a_hangup_before_answered_ends_a_call_that_came_in():
    phone = office()
    call = phone.calls()
    phone.world.delay("call.answered", 5.0, 1)
    while phone.world.look(call).state != "answered":
        assert phone.stage.tick()
    phone.hang_up(call, wait=10)

    assert phone.state(call) == "ended"
    assert "dial" not in phone.did()
    assert phone.left_over() == []


# -- attempts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("at", ["before the first attempt", "while it rings", "between two attempts"])
def test_attempts_go_on_over_a_restart(at):
    """language.md, 3: `call_attempts: {tries, wait_between, ring_for, detect_machine}`."""
    phone = booked()
    if at == "before the first attempt":
        phone.stage = restarted(phone.stage)
    phone.wait(3600)
    if at == "while it rings":
        phone.stage = restarted(phone.stage)
    phone.world.refuse(rung(phone), phone.now)
    phone.wait(3)
    if at == "between two attempts":
        phone.stage = restarted(phone.stage)
    phone.wait(1200)
    call = answer(phone, wait=3)

    assert dials(phone) == [3600, 4803]
    assert phone.state(call) == "hello"
    assert told(phone) == ["planned", "rings", "not answered", "rings", "answered"]
