"""language.md, section 2: `connect` and `bridge`, from both sides."""

from __future__ import annotations

import pytest
from core_stage import AGENTS, Phone, flow
from desk_flow import DESK
from legs_flow import answer, office, rung
from test_legs_links import STAYS, queue_flow
from test_meaning_legs import TRANSFER, agent

# -- connect -----------------------------------------------------------------------------------------------------


def test_connect():
    """
    `connect` takes the first live caller of the queue, claims it in the store (two agents at one instant get two
    callers).
    """
    phone = Phone(DESK)
    dead, first, second, third = (phone.calls(from_=f"+3460011122{i}", wait=2) for i in range(4))
    path = f"/queues/support/calls/{dead}"
    assert phone.world.request("PATCH", path, query={}, body={"keep_after_hangup": True}, now=phone.now).status == 204
    phone.hang_up(dead)
    agents = [agent(phone, number) for number in (1, 2)]
    for person in agents:
        phone.world.press(person, "1", phone.now)
    phone.wait(4)

    assert [phone.state(call) for call in (first, second, third)] == ["talking", "talking", "line"]
    links = {phone.leg(call).links["agent"].run for call in (first, second)}
    assert links == {phone.stage.run_of(person) for person in agents}


@pytest.mark.parametrize("who", ["caller", "agent"])
def test_both_survive(who: str):
    """Both survive the other's leaving: when the link ends the engine takes the one who stays out of that room."""
    phone = Phone(DESK)
    caller, person = phone.calls(wait=1), agent(phone)
    phone.press(person, "1", wait=2)
    assert phone.world.look(caller).room == phone.world.look(person).room is not None
    goes, stays = (caller, person) if who == "caller" else (person, caller)

    phone.hang_up(goes, wait=2)

    look = phone.world.look(stays)
    assert (look.state, look.room) == ("answered", None)
    assert phone.state(stays) == ("ready" if who == "caller" else "rating")
    assert phone.did(stays)[-1] == "gather_using_speak"
    assert phone.world.state()["rooms"] == {}


@pytest.mark.parametrize("fails", ["nobody waits", "conference_create", "conference_join", "leave_queue at Telnyx"])
def test_connect_fails(fails: str):
    """
    Nobody waiting is an error of the step; when it fails half-way the caller is put back in line and neither leg
    is lost.
    """
    phone = Phone(DESK, **({"join_from_queue": "refused"} if fails.startswith("leave") else {}))
    callers = [] if fails == "nobody waits" else [phone.calls(wait=1)]
    person = agent(phone)
    if fails.startswith("conference"):
        phone.fail(fails, "10015")
    elif callers:
        phone.world.delay("conference.participant.joined", 3600.0, times=2)

    phone.press(person, "1", wait=60)

    assert phone.states(person)[:3] == ["ready", "take", "nobody"]
    assert phone.world.look(person).state == "answered"
    assert (phone.errors()[:1] == ["nobody_waiting"]) is (not callers)
    for call in callers:
        assert (phone.state(call), phone.world.look(call).queue) == ("line", "support")
        assert phone.did(call)[-1] == "playback_start"  # its music plays again
    assert phone.problems() == []


# -- bridge ------------------------------------------------------------------------------------------------------


def test_one_queue_bridge_at_a_time():
    """`call.bridged` names no partner, so one queue bridge per queue is in flight at a time."""
    other = queue_flow("bridge").replace("flow: desk", "flow: sales").replace("support", "sales")
    other = other.replace("+15550000001", "+15550000008").replace(AGENTS, "+15550000009")
    phone = office(queue_flow("bridge"), other)
    callers = [phone.calls(from_=f"+3460011133{i}", wait=2) for i in range(3)]
    phone.calls(to="+15550000008", wait=2)
    phone.world.delay("call.bridged", 3.0, 6)
    takers = [agent(phone, i, wait=0) for i in range(3)]
    phone.calls(to="+15550000009", from_="+15552220009")
    seen = []
    for _ in range(4):
        phone.wait(2.5)
        seen.append(sum(row.command.parameters.get("queue") == "support" for _, row in phone.rows(operation="bridge")))
    assert seen[0] == 1
    assert seen == sorted(seen)
    assert sum(row.command.parameters.get("queue") == "sales" for _, row in phone.rows(operation="bridge")) == 1
    phone.wait(10)

    pairs = {phone.leg(taker).links["caller"].run for taker in takers}
    assert pairs == {phone.stage.run_of(call) for call in callers}
    for taker in takers:
        partner = phone.world.look(taker).bridged_with
        assert phone.leg(taker).links["caller"].run == phone.stage.run_of(partner)


@pytest.mark.parametrize(
    ("how", "text", "meet", "first_stays", "other_stays"), [row for row in STAYS if row[0].startswith("bridge")]
)
def test_who_survives_a_bridge(how, text, meet, first_stays, other_stays):
    """Only the leg that bridges survives the other's leaving (`park_after_unbridge: self`)."""
    for goes in (0, 1):
        phone = office(text)
        legs = meet(phone)
        assert phone.parameters("bridge")["park_after_unbridge"] == "self"
        bridging = next(call for call in legs if "bridge" in phone.did(call))
        phone.hang_up(legs[goes], wait=0.3)
        stays = legs[1 - goes]
        assert (phone.world.look(stays).state != "ended") is (stays == bridging), how


@pytest.mark.parametrize("first", ["mine", "the other's"])
def test_two_call_bridged(first: str):
    """The first `call.bridged` of either leg counts as `call.bridged` of this one, the second is ignored."""
    phone = office(flow(TRANSFER))
    phone.world.delay("call.bridged", 3600.0, 2)
    call = phone.calls(wait=2)
    far = rung(phone)
    answer(phone)
    assert phone.logged() == []
    order = [call, far] if first == "mine" else [far, call]
    for one in order:
        phone.webhook("call.bridged", one)
        assert phone.logged() == ["bridged", "finished"]
    phone.wait(5)

    assert phone.logged() == ["bridged", "finished"]


@pytest.mark.parametrize("reason", ["bridged", "bridging-in-process"])
def test_a_connection_that_fails(reason: str):
    """With `bridged` or `bridging-in-process` the connection may still fail."""
    phone = office(queue_flow("bridge"), dequeued_on_bridge=reason)
    call = phone.calls(wait=3)
    phone.world.delay("call.bridged", 3600.0, 2)
    taker = agent(phone, wait=3)
    assert f"dequeued {reason}" in phone.logged()
    assert phone.state(taker) == "take"  # not connected until it is said
    phone.wait(12)

    assert phone.errors() == ["no_answer"]
    assert phone.leg(call).links == phone.leg(taker).links == {}
    assert phone.states(call)[-1] == "alone"  # the caller's flow hears of it and goes on
    assert phone.heard(call)[-1] == "You are alone"
