"""Every command for Telnyx says which flow it is for, so that flows can take turns in sending."""

from __future__ import annotations

from core_stage import CALLER, Phone
from room_verbs_stage import Team
from test_legs_planned import booked
from test_subflows import SAY, flow, used

from engine.core.command import TELL


def flows_of(phone: Phone) -> dict[str, set[str]]:
    """Return the operations of all commands, with the flows that they are for."""
    found: dict[str, set[str]] = {}
    for _, row in phone.stage.outbox.sent:
        if row.command.operation != TELL:
            found.setdefault(row.command.operation, set()).add(row.flow)
    return found


def test_a_flow_that_another_one_uses_sends_in_that_ones_turn():
    phone = Phone(flow("  a:\n    do: [answer, {run: ask}, {speak: Done}]\n    then: hangup\n"), used(SAY))
    phone.calls(wait=30)

    assert flows_of(phone) == {name: {"desk"} for name in ("answer", "speak", "hangup")}


def test_a_flow_that_was_handed_the_call_sends_in_its_own_turn():
    phone = Phone(
        flow("  a:\n    do: [answer]\n    then: {flow: ask}\n"), used(SAY.replace("then: end", "then: hangup"))
    )
    phone.calls(wait=30)

    assert flows_of(phone) == {"answer": {"desk"}, "speak": {"ask"}, "hangup": {"ask"}}


def test_what_a_room_does_is_for_the_flow_of_those_who_asked():
    team = Team("conference_speak: Hello all")
    team.act(wait=10)

    found = flows_of(team)
    assert {"conference_create", "conference_join", "conference_speak"} <= found.keys()
    assert set().union(*found.values()) == {"desk"}


def test_connecting_two_legs_is_for_their_flow():
    roles = """
roles:
  agent:
    starts_when:
      calls_to: ["+15550000002"]
    anywhere: {on_error: hangup}
    start: take
    states:
      take:
        do: [answer, {connect: {queue: line}}]
        then: talk
      talk:
        on:
          caller.left: hangup
        after:
          10m: hangup
"""
    states = """\
  a:
    do: [answer, {enqueue: {queue: line, max_wait: 10m}}]
    on:
      agent.joined: talking
      call.dequeued: hangup
  talking:
    on:
      agent.left: hangup
    after:
      10m: hangup
"""
    phone = Phone(flow(states, roles=roles))
    phone.calls(wait=2)
    agent = phone.calls(to="+15550000002", from_=CALLER, wait=5)
    phone.hang_up(agent, wait=5)

    found = flows_of(phone)
    assert {"queued_call_list", "conference_create", "conference_join"} <= found.keys()
    assert set().union(*found.values()) == {"desk"}


def test_a_planned_call_is_for_the_flow_that_will_have_it():
    phone = booked()
    phone.wait(3_700)

    assert flows_of(phone)["dial"] == {"callback"}
