"""Rooms: created once, joined by all, left in order (language.md, section 3, "Room"; section 2, "Link")."""

from __future__ import annotations

import pytest
from core_stage import AGENTS, CALLER, OFFICE, Phone, flow

# A room for callers and agents of one file; key * leaves it, key # goes to another one.
TEAM = flow(
    """\
  a:
    do: [answer, {join_conference: {room: team}}, {log: caller in}]
    on:
      agent.joined:
        do: [{log: "agent joined {{ agent.number }}"}]
      agent.call.hangup:
        do: [{log: agent hung up}]
      agent.left:
        do: [{log: agent left}]
      call.dtmf.received:
        - if: event.digit == "*"
          then: out
        - then: other
      conference.ended:
        do: [{log: room ended}]
        then: out
    after:
      3h: hangup
  out:
    do: [leave_conference, {log: caller out}, {speak: Bye}]
    then: hangup
  other:
    do: [{join_conference: {room: other}}, {log: in other}]
    after:
      1h: hangup
""",
    roles=f"""\
roles:
  agent:
    starts_when:
      calls_to: ["{AGENTS}"]
    anywhere:
      on_error: sorry
    start: a
    states:
      a:
        do: [answer, {{join_conference: {{room: team, muted: true, on_hold: true, end_room_on_exit: true}}}}]
        on:
          caller.joined:
            do: [{{log: "caller joined"}}]
          caller.left:
            do: [{{log: caller left}}]
          call.dtmf.received: out
        after:
          3h: hangup
      out:
        do: [leave_conference, {{log: agent out}}]
        after:
          1h: hangup
      sorry:
        do: [{{speak: Sorry}}]
        then: hangup
""",
)


def team(**options) -> Phone:
    return Phone(TEAM, **options)


def agent(phone: Phone, wait: float = 1.0) -> str:
    return phone.calls(to=AGENTS, from_="+15552220001", wait=wait)


# -- coming in ---------------------------------------------------------------------------------------------------


def test_the_first_one_creates_the_room_and_the_others_join():
    """'join_conference: {room: NAME} creates'"""
    phone = team()

    first, second = phone.calls(wait=1), phone.calls(wait=1)

    assert [row.command.operation for _, row in phone.rows() if "conf" in row.command.operation] == [
        "conference_create",
        "conference_join",
    ]
    assert phone.parameters("conference_create")["name"] == "team"
    assert (phone.leg(first).is_in_room, phone.leg(second).is_in_room) == (True, True)
    assert phone.problems() == []


def test_two_callers_in_one_instant_get_one_room():
    """'also for two callers in one instant'"""
    phone = team()

    calls = [phone.calls(), phone.calls(), phone.calls()]
    phone.wait(2)

    assert phone.did().count("conference_create") == 1
    assert phone.did().count("conference_join") == 2
    assert [phone.leg(call).is_in_room for call in calls] == [True] * 3
    assert phone.problems() == []


def test_a_name_that_is_taken_is_joined_by_its_id():
    """'on 90033 joins by name'"""
    phone = team()
    host = phone.world.call(from_=CALLER, to="+19998887777", now=phone.now).call_control_id
    request = phone.world.request
    request("POST", f"/calls/{host}/actions/answer", query={}, body={}, now=phone.now)
    body = {"call_control_id": host, "name": "team"}
    room_id = request("POST", "/conferences", query={}, body=body, now=phone.now).body["data"]["id"]

    call = phone.calls(wait=1)

    assert phone.leg(call).conference_id == room_id
    assert phone.did() == ["answer", "conference_create", "conference_join"]
    assert "conference_list" in phone.reads()


def test_a_room_that_waits_for_somebody_to_start_it_is_found_as_well():
    """Telnyx lists such a room as init, not as in_progress."""
    phone = team()
    host = phone.world.call(from_=CALLER, to="+19998887777", now=phone.now).call_control_id
    phone.world.request("POST", f"/calls/{host}/actions/answer", query={}, body={}, now=phone.now)
    body = {"call_control_id": host, "name": "team", "start_conference_on_create": False}
    phone.world.request("POST", "/conferences", query={}, body=body, now=phone.now)

    call = phone.calls(wait=1)

    assert phone.leg(call).is_in_room


def test_a_room_that_has_gone_is_made_anew():
    """'on "gone" starts over (3 times)'; '90019 is none either: the room has ended (join starts over ...)'"""
    phone = team()
    phone.calls(wait=1)
    phone.fail("conference_join", "90019")

    second = phone.calls(wait=2)

    assert phone.leg(second).is_in_room
    assert phone.errors() == []
    assert phone.problems() == []


@pytest.mark.parametrize(("times", "is_in"), [(3, True), (4, False)])
def test_it_starts_over_three_times_at_most(times: int, is_in: bool):
    """'(3 times)'"""
    phone = team()
    phone.calls(wait=1)
    phone.fail("conference_join", "90019", times=times)

    second = phone.calls(wait=3)

    assert phone.leg(second).is_in_room is is_in
    assert phone.errors() == ([] if is_in else ["room_gone"])


def test_any_other_refusal_is_the_steps_error():
    """'90032 = on_error with event.error.code "90032"'"""
    phone = team()
    phone.calls(wait=1)
    phone.fail("conference_join", "90032")

    second = phone.calls(wait=1)

    assert phone.errors() == ["90032"]
    assert phone.states(second) == ["a", "broken"]
    phone.wait(5)
    assert phone.problems() == []


def test_a_create_that_is_refused_lets_the_next_one_try():
    phone = team()
    phone.fail("conference_create", "10015")

    first, second = phone.calls(), phone.calls()
    phone.wait(1)

    assert phone.states(first) == ["a", "broken"]
    assert phone.leg(second).is_in_room


def test_must_exist_only_joins():
    """'must_exist: true only joins'"""
    states = "  a:\n    do: [answer, {join_conference: {room: team, must_exist: true}}]\n    after:\n      1h: hangup\n"
    phone = Phone(flow(states), TEAM.replace("flow: desk", "flow: team").replace(OFFICE, "+15550000009"))

    lonely = phone.calls(wait=2)
    assert phone.errors() == ["no_such_room"]
    assert phone.states(lonely) == ["a", "broken"]
    phone.calls(to="+15550000009", wait=1)
    call = phone.calls(wait=1)

    assert phone.leg(call).is_in_room
    assert phone.did().count("conference_create") == 1


def test_what_belongs_to_join_follows_for_the_leg_that_created_the_room():
    """'role, muted, on_hold, end_room_on_exit belong to join: when this leg created the room they follow as update,
    mute, hold, PATCH.'"""
    phone = team()

    call = agent(phone)

    assert phone.did()[2:] == ["conference_mute", "conference_hold", "participant_update"]
    look = phone.world.look(call)
    assert (look.muted, look.on_hold) == (True, True)
    caller = phone.calls(wait=1)
    phone.hang_up(call)
    assert phone.world.look(caller).state == "ended"  # end_room_on_exit


def test_what_belongs_to_join_goes_with_the_join():
    phone = team()
    phone.calls(wait=1)

    agent(phone)

    parameters = phone.parameters("conference_join")
    assert (parameters["mute"], parameters["hold"], parameters["end_conference_on_exit"]) == (True, True, True)


def test_what_belongs_to_create():
    """'max_people, music_until_joined, lasts belong to create (music_until_joined creates with
    start_conference_on_create: false; everyone after the first joins with start_conference_on_enter: true)'"""
    states = """\
  a:
    do:
      - answer
      - join_conference: {room: team, max_people: 5, lasts: 30m, beep: on_enter, music_until_joined: hold_music}
    after:
      1h: hangup
"""
    phone = Phone(flow(states))
    first = phone.calls(wait=1)
    parameters = phone.parameters("conference_create")
    assert parameters["max_participants"] == 5
    assert parameters["duration_minutes"] == 30
    assert parameters["start_conference_on_create"] is False
    assert parameters["hold_audio_url"] == "https://example.com/hold.mp3"
    assert parameters["beep_enabled"] == "on_enter"
    assert phone.heard(first) == ["https://example.com/hold.mp3"]

    phone.calls(wait=1)

    assert phone.parameters("conference_join")["start_conference_on_enter"] is True
    assert phone.world.look(first).hears == ()


def test_own_is_this_calls_room():
    """'room: own is this call's.'"""
    states = "  a:\n    do: [answer, {join_conference: {room: own}}]\n    after:\n      1h: hangup\n"
    phone = Phone(flow(states))

    one, two = phone.calls(wait=1), phone.calls(wait=1)

    assert phone.leg(one).room != phone.leg(two).room
    assert phone.did().count("conference_create") == 2


def test_the_creators_webhook_may_be_faster_than_the_answer():
    phone = team()
    call = phone.calls(wait=0.06)

    phone.wait(1)

    assert phone.leg(call).is_in_room
    assert phone.room("team")["stage"] == "open"


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
    """'agent.call.hangup comes before agent.left', whichever webhook Telnyx sends first."""
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

    assert sorted(phone.logged()[-3:]) == ["agent left", "agent out", "caller left"] or sorted(
        phone.logged()[-2:]
    ) == ["agent left", "agent out"]
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
    call = phone.calls(wait=0.12)
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

    phone.world.request("POST", f"/conferences/{room_id}/actions/leave", query={}, body={"call_control_id": call}, now=phone.now)
    phone.wait(1)

    assert "room ended" in phone.logged()


def test_an_old_conference_is_ignored():
    """'an old conference_id is ignored'"""
    phone = team()
    call = phone.calls(wait=1)

    from engine.core.event import Event

    phone.stage.keys["conf:old"] = "room:team"
    phone.stage.receive(Event(id="x", type="conference.ended", payload={"conference_id": "old"}))
    phone.wait(1)

    assert phone.leg(call).is_in_room
    assert "room ended" not in phone.logged()


def test_an_event_of_an_unknown_conference_passes():
    """'else journal and 200'"""
    from engine.core.event import Event

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
    handlers = "    conference.ended:\n      do: [{log: ended}]\n    conference.recording.saved:\n      do: [{log: saved}]\n"
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
