"""Rooms: created once, joined by all, left in order (language.md, section 3, "Room"; section 2, "Link")."""

from __future__ import annotations

import pytest
from core_stage import CALLER, OFFICE, Phone, flow
from room_stage import TEAM, agent, team

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


# -- too early ---------------------------------------------------------------------------------------------------

JOIN = "  a:\n    do: [{join_conference: team}, {log: in}]\n    after: {10m: hangup}\n"


def test_a_join_before_the_answer_waits_for_call_answered():
    """'90034 = wait for call.answered, 10 s' (runtime.md, Commands, 6)"""
    phone = Phone(flow(JOIN))
    call = phone.calls(wait=1)
    assert (phone.logged(), phone.errors(), phone.state(call)) == ([], [], "a")

    phone.world.request("POST", f"/calls/{call}/actions/answer", query={}, body={}, now=phone.now)
    phone.wait(5)

    assert (phone.logged(), phone.errors()) == (["in"], [])
    assert phone.leg(call).is_in_room
    assert phone.problems() == []


def test_a_join_whose_call_is_never_answered_fails():
    phone = Phone(flow(JOIN))
    phone.calls(wait=12)

    assert len(phone.errors()) == 1
    assert phone.logged() == []


@pytest.mark.parametrize(("times", "errors"), [(1, []), (2, []), (3, ["90034"])])
def test_a_join_that_comes_too_early_is_tried_twice_more(times: int, errors: list[str]):
    """An answered call for which Telnyx says 90034 nevertheless: webhooks are faster than its rooms."""
    phone = Phone(flow(JOIN.replace("do: [", "do: [answer, ")))
    phone.calls(wait=3)
    phone.fail("conference_join", "90034", times=times)

    second = phone.calls(wait=5)

    assert phone.errors() == errors
    assert phone.leg(second).is_in_room is not bool(errors)
