"""Telnyx's own bridge with the first caller of a queue: one at a time, and who was taken by whom."""

from __future__ import annotations

from core_stage import AGENTS, Phone, flow
from legs_flow import office
from test_legs_links import QUEUE_ROLE, QUEUE_STATES, queue_flow

BRIDGE = queue_flow("bridge")


def agent(phone: Phone, wait: float = 0.0, number: int = 1) -> str:
    return phone.calls(to=AGENTS, from_=f"+1555222000{number}", wait=wait)


def test_the_first_caller_is_taken_and_both_are_linked():
    phone = office(BRIDGE)
    first, second = phone.calls(wait=3), phone.calls(from_="+34600111333", wait=3)
    taker = agent(phone, wait=3)

    assert phone.world.look(taker).bridged_with == first
    assert (phone.state(first), phone.state(taker), phone.state(second)) == ("talk", "talk", "line")
    assert sorted(phone.logged()) == ["agent joined", "dequeued bridged", "got +34600111222"]
    sent = phone.parameters("bridge")
    assert (sent["queue"], sent["park_after_unbridge"]) == ("support", "self")
    assert "call_control_id" not in sent
    assert phone.problems() == []


def test_agents_of_one_instant_get_a_caller_each():
    phone = office(BRIDGE)
    callers = [phone.calls(from_=f"+3460011133{index}", wait=2) for index in range(3)]
    takers = [agent(phone, number=index) for index in range(3)]
    phone.wait(8)

    pairs = {phone.world.look(taker).bridged_with: taker for taker in takers}
    assert set(pairs) == set(callers)
    for call, taker in pairs.items():
        assert phone.leg(call).links["agent"].run == phone.stage.run_of(taker)
        assert phone.leg(taker).links["caller"].run == phone.stage.run_of(call)
    assert phone.problems() == []


def test_only_one_bridge_is_in_flight():
    phone = office(BRIDGE)
    for index in range(2):
        phone.calls(from_=f"+3460011133{index}", wait=2)
    phone.world.delay("call.bridged", 2.0, 2)
    agent(phone, number=1)
    agent(phone, number=2)
    phone.wait(1.5)
    assert phone.did().count("bridge") == 1
    phone.wait(5)

    assert phone.did().count("bridge") == 2


def test_an_empty_queue_is_an_error_and_the_next_agent_gets_their_turn():
    phone = office(BRIDGE)
    taker = agent(phone, wait=4)
    assert phone.heard(taker) == ["None"]
    assert len(phone.errors()) == 1
    call = phone.calls(wait=3)
    second = agent(phone, wait=3, number=2)

    assert phone.world.look(second).bridged_with == call
    assert phone.problems() == []


def test_a_caller_that_is_not_ours_is_no_partner():
    phone = office(BRIDGE)
    stranger = phone.world.call(from_="+15550009", to="+15558887777", now=phone.now).call_control_id
    phone.wait(1)
    path = f"/calls/{stranger}/actions"
    phone.world.request("POST", f"{path}/answer", query={}, body={}, now=phone.now)
    phone.world.request("POST", f"{path}/enqueue", query={}, body={"queue_name": "support"}, now=phone.now)
    taker = agent(phone, wait=3)
    assert phone.state(taker) == "take"
    assert phone.leg(taker).links == {}
    phone.wait(12)

    assert len(phone.errors()) == 1
    assert phone.state(taker) in ("leaving", "ended", "none")


def test_an_agent_who_hangs_up_gives_the_turn_away():
    phone = office(BRIDGE)
    call = phone.calls(wait=3)
    phone.world.delay("call.bridged", 4.0, 2)
    first = agent(phone, wait=0.3)
    phone.hang_up(first, wait=6)
    phone.calls(from_="+34600111333", wait=3)
    second = agent(phone, wait=3, number=2)

    assert phone.world.look(second).bridged_with is not None
    assert phone.state(call) == "ended"
    assert phone.problems() == []


def test_connect_and_bridge_on_one_queue_wait_for_each_other():
    role = QUEUE_ROLE.replace("VERB", "connect").removeprefix("roles:\n")
    helper = role.replace("  agent:", "  helper:").replace(AGENTS, "+15550000012")
    states = QUEUE_STATES.replace("agent.joined: talk", "agent.joined: talk\n      helper.joined: talk")
    phone = office(flow(states, roles=QUEUE_ROLE.replace("VERB", "bridge") + helper))
    callers = [phone.calls(from_=f"+3460011133{index}", wait=2) for index in range(2)]
    bridging = agent(phone)
    connecting = phone.calls(to="+15550000012", from_="+15552220005")
    phone.wait(10)

    assert phone.world.look(bridging).bridged_with in callers
    assert phone.world.look(connecting).room is not None
    assert sorted(len(phone.world.state()["rooms"][name]["members"]) for name in phone.world.state()["rooms"]) == [2]


def test_a_bridge_that_fails_after_it_took_the_caller_leaves_both_alone():
    phone = office(BRIDGE)
    call = phone.calls(wait=3)
    phone.world.delay("call.bridged", 60.0, 1)
    taker = agent(phone, wait=3)
    assert phone.leg(taker).links["caller"].run == phone.stage.run_of(call)
    phone.wait(12)

    assert phone.errors() == ["no_answer"]
    assert phone.leg(call).links == phone.leg(taker).links == {}
