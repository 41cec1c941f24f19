"""`connect` and `bridge` for legs that are linked, ringing or of another file: clear outcomes, and quick ones."""

from __future__ import annotations

import pytest
from core_stage import AGENTS, Phone, flow
from legs_flow import answer, office

from engine.core.event import Event

TOP = "\nanywhere:\n  on:\n    agent.joined: {do: [{log: caller joined}], then: talk}\n  on_error: broken\n"
# A caller in line has an agent rung; key 1 rings, an agent's key 1 takes the first caller.
DESK = flow(
    """\
  line:
    do: [answer, {enqueue: {queue: support, max_wait: 20m}}]
    on:
      call.dtmf.received: ring
      call.dequeued: {do: [{log: out of line}]}
    after:
      30m: hangup
  ring:
    do:
      - dial: {to: "+15557770001", as: agent, ring_for: 30s}
    then: line
    on:
      agent.call.hangup: line
    after:
      2m: line
  talk:
    do: [{log: "talks to {{ agent.number }}"}]
    on:
      agent.left: {do: [{log: agent left}], then: bye}
    after:
      2h: hangup
  bye:
    do: [{speak: Bye}]
    then: hangup
""",
    top=TOP,
    roles=f"""\
roles:
  agent:
    starts_when:
      calls_to: ["{AGENTS}"]
    anywhere:
      on_error: failed
    start: ready
    states:
      ready:
        do: [answer]
        on:
          caller.joined: {{do: [{{log: agent joined}}]}}
          caller.left: {{do: [{{log: agent left alone}}]}}
          call.dtmf.received: take
        after:
          2h: hangup
      take:
        do: [{{connect: {{queue: support}}}}, {{log: "has {{{{ caller.number }}}}"}}]
        on:
          caller.joined: {{do: [{{log: agent joined}}]}}
          caller.left: ready
        after:
          2h: hangup
      failed:
        do: [{{log: agent failed}}]
        after:
          1h: hangup
""",
)


def together(phone: Phone, one: str, two: str) -> bool:
    here, there = phone.world.look(one), phone.world.look(two)
    return here.bridged_with == two or (bool(here.room_name) and here.room_name == there.room_name)


@pytest.fixture(params=["connect", "bridge"])
def desk(request: pytest.FixtureRequest) -> str:
    return DESK.replace("then: talk", "then: stay", 1).replace("connect: {queue", f"{request.param}: {{queue")


def test_an_agent_who_was_rung_by_one_caller_may_take_another(desk: str):
    """agent.left: '... or was connected elsewhere' (language.md, section 2, Link)"""
    phone = office(desk)
    first = phone.calls(from_="+15551110001", wait=2)
    second = phone.calls(from_="+15551110002", wait=2)
    phone.press(second, "1")
    agent = answer(phone)
    assert phone.leg(agent).links["caller"].number == "+15551110002"
    phone.press(agent, "1", wait=4)

    assert together(phone, first, agent)
    assert phone.leg(agent).links["caller"].number == "+15551110001"
    assert "agent" not in phone.leg(second).links
    assert phone.errors() == []
    assert phone.problems() == []


def test_an_agent_may_take_the_very_caller_who_had_them_rung(desk: str):
    """A link begins and ends once: the two go on with the one they have, now in a room."""
    phone = office(desk)
    call = phone.calls(from_="+15551110001", wait=2)
    phone.press(call, "1")
    agent = answer(phone)
    phone.press(agent, "1", wait=4)

    assert together(phone, call, agent)
    assert phone.logged().count("caller joined") == phone.logged().count("agent joined") == 1
    assert phone.logged()[-1] == "has +15551110001"
    assert phone.problems() == []
    phone.hang_up(agent, wait=2)
    assert "agent" not in phone.leg(call).links
    assert phone.problems() == []


@pytest.mark.parametrize("answers", ["never", "while they are put together", "later"])
def test_a_caller_who_has_somebody_rung_may_be_taken_by_somebody_else(answers: str):
    phone = office(DESK)
    call = phone.calls(from_="+15551110001", wait=2)
    phone.press(call, "1")
    ringing = phone.world.ringing[0].call_control_id
    agent = phone.calls(to=AGENTS, from_="+15552220001", wait=2)
    phone.press(agent, "1", wait=0.05)
    if answers.startswith("while"):
        phone.world.pick_up(ringing, phone.now)
    phone.wait(3)
    if answers == "later" and phone.world.ringing:
        phone.world.pick_up(ringing, phone.now)
    phone.wait(3)

    assert together(phone, call, agent)
    assert phone.state(call) == "talk"
    assert phone.leg(call).links["agent"].run == phone.stage.run_of(agent)
    assert phone.errors() == []
    assert not phone.world.ringing
    assert phone.problems() == []


def test_a_caller_who_is_being_transferred_is_not_taken_meanwhile():
    ring = '      - dial: {to: "+15557770001", as: agent, ring_for: 30s}\n'
    transfer = DESK.replace(ring, ring.replace("dial", "transfer").replace("agent", "boss"))
    phone = office(transfer.replace("agent.call.hangup: line", "boss.call.hangup: line"))
    call = phone.calls(from_="+15551110001", wait=2)
    phone.press(call, "1")
    agent = phone.calls(to=AGENTS, from_="+15552220001", wait=2)
    phone.press(agent, "1", wait=3)

    assert phone.state(call) == "ring"
    assert phone.errors() == ["nobody_waiting"]


# -- a command that comes too early: Telnyx wants the call answered first (90034) -----------------------------------


def test_a_dial_that_begins_again_rings_one_leg_and_is_linked_with_it():
    phone = office(DESK)
    call = phone.calls(wait=2)
    phone.fail("dial", "90034")
    phone.press(call, "1", wait=2)
    assert len(phone.world.ringing) == 1
    agent = answer(phone)

    assert phone.leg(call).links["agent"].run == phone.stage.run_of(agent)
    assert phone.leg(call).rung == {}
    assert phone.errors() == []


def test_a_queue_bridge_that_comes_too_early_and_takes_the_caller_nevertheless_leaves_nobody_linked():
    phone = office(DESK.replace("connect: {queue", "bridge: {queue"))
    call = phone.calls(wait=2)
    agent = phone.calls(to=AGENTS, from_="+15552220001", wait=2)
    phone.fail("bridge", "90034")
    phone.press(agent, "1", wait=2)

    assert phone.errors() == ["90034"]
    assert phone.leg(call).links == phone.leg(agent).links == {}
    assert "agent left" in phone.logged()
    assert phone.queue("support")["bridges"] == []


# -- legs of two files ----------------------------------------------------------------------------------------------

OTHER_NUMBER = "+15550000009"
OTHER = flow(
    """  line:
    do: [answer, {enqueue: {queue: support, max_wait: 20m}}]
    on:
      call.dequeued: {do: [{log: other one out of line}]}
    after:
      30m: hangup
""",
    name="other",
    top="\nanywhere:\n  on:\n    call.bridged: {then: hangup}\n  on_error: broken\n",
    number=OTHER_NUMBER,
)


def test_an_agent_whose_file_has_nobody_waiting_is_told_at_once_and_the_others_keep_their_place():
    phone = office(DESK, OTHER)
    waiting = [phone.calls(to=OTHER_NUMBER, from_=f"+1555111000{n}", wait=1) for n in range(2)]
    agent = phone.calls(to=AGENTS, from_="+15552220001", wait=2)
    phone.press(agent, "1", wait=1)

    assert phone.errors() == ["not_linked"]
    assert phone.state(agent) == "failed"
    assert [phone.world.look(call).queue for call in waiting] == ["support", "support"]
    assert "other one out of line" not in phone.logged()
    assert phone.problems() == []


def test_the_agents_own_caller_is_found_behind_any_number_of_others():
    phone = office(DESK, OTHER)
    for number in range(12):
        phone.calls(to=OTHER_NUMBER, from_=f"+1555111{number:04}", wait=0.5)
    call = phone.calls(from_="+15551119999", wait=2)
    agent = phone.calls(to=AGENTS, from_="+15552220001", wait=2)
    phone.press(agent, "1", wait=5)

    assert together(phone, call, agent)
    assert phone.errors() == []


def test_a_caller_handed_over_to_the_agents_file_while_waiting_is_taken():
    away = OTHER.replace("    after:\n      30m: hangup", "    after:\n      3s: {flow: desk}")
    desk = DESK.replace("starts_when:\n", "starts_when:\n  another_flow_calls: {}\n", 1)
    phone = office(desk, away)
    call = phone.calls(to=OTHER_NUMBER, from_="+15551110001", wait=6)
    agent = phone.calls(to=AGENTS, from_="+15552220001", wait=2)
    phone.press(agent, "1", wait=3)

    assert phone.leg(call).flow == "desk"
    assert together(phone, call, agent)
    assert phone.problems() == []


def test_a_claim_from_before_it_named_the_agents_file_is_still_heard():
    """A message of the version before may be under way when this one starts."""
    phone = office(DESK)
    call = phone.calls(wait=2)
    run = phone.stage.run_of(call)
    payload = {"queue": "support", "agent": "somebody", "room": "support 10"}
    phone.stage.receive(Event(id="old", type="connect.claim", run=run, payload=payload))

    assert phone.leg(call).connecting is not None


def test_a_bridge_that_the_other_leg_hears_of_when_a_room_has_ended_the_link_ends_it_for_both():
    """Two ways lead from leg to leg, one through the room: neither end of a link is left hanging in the air."""
    phone = office(DESK)
    call = phone.calls(wait=2)
    agent = phone.calls(to=AGENTS, from_="+15552220001", wait=2)
    phone.press(agent, "1", wait=4)
    runs = {"agent": phone.stage.run_of(agent), "caller": phone.stage.run_of(call)}
    ended = {"room": "support 10", "stay": 1, "run": runs["caller"], "role": "caller", "hangup": None, "out": True}
    phone.stage.receive(Event(id="1", type="link.ended", run=runs["agent"], payload=ended))
    via = {"run": runs["caller"], "role": "caller", "via": "bridge"}
    phone.stage.receive(Event(id="2", type="leg.via", run=runs["agent"], payload=via))
    told = [
        row.command.parameters["type"]
        for row in phone.stage.outbox.rows
        if row.command.path.get("run") == runs["caller"]
    ]

    assert "leg.unlinked" in told


def test_a_hang_up_that_an_older_version_told_without_its_fields_is_one():
    """Messages are durable: one of the version before may be under way when this one starts."""
    states = DESK.replace(
        "agent.left: {", 'agent.call.hangup: {if: event.hangup_cause == "x", then: bye}\n      agent.left: {'
    )
    phone = office(states)
    call = phone.calls(wait=2)
    agent = phone.calls(to=AGENTS, from_="+15552220001", wait=2)
    phone.press(agent, "1", wait=4)
    run = phone.stage.run_of(agent)
    payload = {"room": "support 10", "stay": 1, "run": run, "role": "agent", "hangup": True, "out": True}
    phone.stage.receive(Event(id="old", type="link.ended", run=phone.stage.run_of(call), payload=payload))

    assert phone.state(call) == "bye"
    assert [line for line in phone.stage.journal if line.kind == "failed"] == []
