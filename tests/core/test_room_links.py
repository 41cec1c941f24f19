"""Rooms: who is linked with whom, in which order they go, and who hears of it (language.md, section 2, "Link")."""

from __future__ import annotations

import pytest
from core_stage import AGENTS, OFFICE, Phone, flow
from room_stage import TEAM, agent, team

from engine.core.event import Event

# -- links -------------------------------------------------------------------------------------------------------


def test_a_room_links_legs_of_different_roles():
    """'a common room link two legs'; 'agent.joined'"""
    phone = team()

    phone.calls(wait=1)
    agent(phone)

    assert sorted(phone.logged()) == ["agent joined +15552220001", "caller in", "caller joined"]


def test_a_room_does_not_link_legs_of_one_role():
    """'A room links only legs of different roles of one file'"""
    phone = team()

    calls = [phone.calls(wait=1), phone.calls(wait=1)]

    assert [phone.leg(call).links for call in calls] == [{}, {}]


def test_a_room_links_only_legs_of_one_file():
    """'of one file'"""
    other = TEAM.replace("flow: desk", "flow: other").replace(OFFICE, "+15550000008").replace(AGENTS, "+15550000009")
    phone = Phone(TEAM, other)

    phone.calls(wait=1)
    phone.calls(to="+15550000009", from_="+15552220001", wait=1)

    assert phone.logged() == ["caller in"]


def test_links_are_pairwise_and_the_earliest_stays():
    """'pairwise; a leg has one link per role name, the earliest, and a room never replaces a link that exists'"""
    phone = team()
    one, two = phone.calls(wait=1), phone.calls(wait=1)

    first, second = agent(phone), agent(phone)

    runs = [phone.stage.run_of(call) for call in (one, two, first, second)]
    assert phone.leg(one).links["agent"].run == runs[2]
    assert phone.leg(first).links["caller"].run == runs[0]
    assert phone.leg(two).links["agent"].run == runs[3]
    assert phone.leg(second).links["caller"].run == runs[1]


def test_two_who_join_at_once_are_both_linked():
    """'the room's row alone holds members, so two who join at once are both linked' (runtime.md)"""
    phone = team()

    caller, person = phone.calls(), agent(phone, wait=0)
    phone.wait(2)

    assert phone.leg(caller).links["agent"].run == phone.stage.run_of(person)
    assert phone.leg(person).links["caller"].run == phone.stage.run_of(caller)


# -- going out ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["conference.participant.left", "call.hangup"])
def test_call_hangup_comes_before_left(first: str):
    """`agent.call.hangup` comes before `agent.left`."""
    phone = Phone(TEAM.replace(", end_room_on_exit: true", ""))
    phone.calls(wait=1)
    person = agent(phone)
    phone.world.delay("conference.participant.left" if first == "call.hangup" else "call.hangup", 0.3)

    phone.hang_up(person)

    assert phone.logged()[-2:] == ["agent hung up", "agent left"]
    assert phone.problems() == []


def test_left_without_a_hangup():
    """'agent.left (hung up, left the bridge or room, or was connected elsewhere)'"""
    phone = Phone(TEAM.replace(", end_room_on_exit: true", ""))
    caller = phone.calls(wait=1)
    person = agent(phone)

    phone.press(person, "1")

    assert sorted(phone.logged()[-2:]) == ["agent left", "agent out"]
    assert "agent hung up" not in phone.logged()
    assert phone.leg(caller).links == {}
    assert phone.leg(person).links == {}
    assert phone.problems() == []


def test_one_whom_telnyx_takes_out_is_left_behind_by_both():
    """Somebody removes the leg through the API: the room is told half a second later."""
    phone = Phone(TEAM.replace(", end_room_on_exit: true", ""))
    phone.calls(wait=1)
    person = agent(phone)
    room_id = phone.leg(person).conference_id

    body = {"call_control_id": person}
    phone.world.request("POST", f"/conferences/{room_id}/actions/leave", query={}, body=body, now=phone.now)
    phone.wait(1)

    assert "agent left" in phone.logged()
    assert "agent hung up" not in phone.logged()
    assert phone.problems() == []


def test_leave_conference_without_a_room_is_done():
    """'leave_conference: ... nothing to leave = done'"""
    phone = Phone(flow("  a:\n    do: [answer, leave_conference, {speak: Hello}]\n    then: hangup\n"))

    call = phone.calls(wait=5)

    assert phone.did(call) == ["answer", "speak", "hangup"]


def test_leaving_and_speaking():
    phone = team()
    call = phone.calls(wait=1)

    phone.press(call, "*", wait=3)

    assert phone.logged() == ["caller in", "caller out"]
    assert phone.heard(call) == ["Bye"]
    assert phone.left_over() == []


def test_leaving_while_the_room_is_being_made():
    """The create is on its way: the leg is taken out as soon as the room has an id."""
    phone = team()
    call = phone.calls(wait=0.05)
    assert phone.did(call) == ["answer"]
    assert phone.did() == ["answer", "conference_create"]
    phone.webhook("call.dtmf.received", call, digit="*")

    phone.wait(5)

    assert phone.did() == ["answer", "conference_create", "conference_leave", "speak", "hangup"]
    assert phone.left_over() == []


def test_a_leg_is_in_one_room_at_a_time():
    """To join another room is to leave the one it is in: its links there end."""
    phone = team()
    call = phone.calls(wait=1)
    person = agent(phone)

    phone.press(call, "5")

    assert phone.world.look(call).room_name == "other"
    assert phone.leg(call).room == "other"
    assert phone.leg(person).links == {}
    assert "in other" in phone.logged()
    assert phone.problems() == []


def test_coming_back_at_once():
    states = """\
  a:
    do: [answer, {join_conference: team}]
    on:
      call.dtmf.received: b
    after:
      1h: hangup
  b:
    do: [leave_conference]
    then: a
"""
    phone = Phone(flow(states))
    call = phone.calls(wait=1)
    phone.world.delay("conference.participant.left", 0.7)

    phone.press(call, "1", wait=3)

    assert phone.states(call) == ["a", "b", "a"]
    assert phone.leg(call).is_in_room
    assert phone.problems() == []


# -- events of the room ------------------------------------------------------------------------------------------


def test_the_end_of_the_room_reaches_those_who_listen():
    """'Room events ... reach the flows in that room that listen to them.'"""
    phone = team()
    call = phone.calls(wait=1)
    room_id = phone.leg(call).conference_id

    phone.world.request(
        "POST", f"/conferences/{room_id}/actions/leave", query={}, body={"call_control_id": call}, now=phone.now
    )
    phone.wait(1)

    assert "room ended" in phone.logged()


def test_an_old_conference_is_ignored():
    """'an old conference_id is ignored'"""
    phone = team()
    call = phone.calls(wait=1)

    phone.stage.keys["conf:old"] = "room:team"
    phone.stage.receive(Event(id="x", type="conference.ended", payload={"conference_id": "old"}))
    phone.wait(1)

    assert phone.leg(call).is_in_room
    assert "room ended" not in phone.logged()


def test_an_event_of_an_unknown_conference_passes():
    """'else journal and 200'"""
    phone = team()
    phone.stage.receive(Event(id="x", type="conference.created", payload={"conference_id": "unknown"}))

    assert [line.kind for line in phone.stage.journal] == ["stray"]


def test_the_end_of_the_room_also_reaches_who_was_in_it_lately():
    """'conference.ended and conference.recording.saved: also those who were members in the last hour' (runtime.md)"""
    states = """\
  a:
    do: [answer, {join_conference: team}]
    on:
      call.dtmf.received: b
    after:
      1h: hangup
  b:
    do: [leave_conference]
    after:
      1h: hangup
"""
    handlers = (
        "    conference.ended:\n      do: [{log: ended}]\n    conference.recording.saved:\n      do: [{log: saved}]\n"
    )
    phone = Phone(flow(states, top=f"anywhere:\n  on:\n{handlers}  on_error: broken\n"))
    first, second = phone.calls(wait=1), phone.calls(wait=1)
    room_id = phone.leg(first).conference_id
    phone.press(first, "1")

    phone.hang_up(second)
    assert phone.logged() == ["ended"]
    phone.world.send("conference.recording.saved", None, {"conference_id": room_id}, phone.now)
    phone.wait(1)

    assert phone.logged() == ["ended", "saved", "saved"]  # the second one's handlers, after its end


def test_everybody_is_told_that_the_room_has_ended_and_may_make_a_new_one():
    states = """\
  a:
    do: [answer, {join_conference: {room: team, lasts: 2m}}]
    on:
      conference.ended: a
    after:
      1h: hangup
"""
    phone = Phone(flow(states))
    calls = [phone.calls(wait=1), phone.calls(wait=1)]

    phone.wait(130)

    assert [phone.states(call) for call in calls] == [["a", "a"], ["a", "a"]]
    assert [phone.world.look(call).room_name for call in calls] == ["team", "team"]
    assert phone.did().count("conference_create") == 2
    assert phone.problems() == []
