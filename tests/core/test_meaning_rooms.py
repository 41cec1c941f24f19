"""language.md, section 3, "Room": what becomes of the rooms that legs join."""

from __future__ import annotations

import pytest
from core_stage import AGENTS, CALLER, Phone, flow
from room_verbs_stage import Team, people

JOINS = "  a:\n    do: [answer, {join_conference: {JOIN}}, {log: in}]\n    after: {1h: hangup}\n"


def joins(options: str, **more: str) -> str:
    return flow(JOINS.replace("JOIN", options), **more)


def room_commands(phone: Phone) -> list[str]:
    return [name for name in phone.did() if name.startswith(("conference", "participant"))]


def foreign_room(phone: Phone, name: str) -> str:
    """Another application of the same account opens a room; returns its id."""
    host = phone.world.call(from_=CALLER, to="+19998887777", now=phone.now).call_control_id
    phone.world.request("POST", f"/calls/{host}/actions/answer", query={}, body={}, now=phone.now)
    body = {"call_control_id": host, "name": name}
    return phone.world.request("POST", "/conferences", query={}, body=body, now=phone.now).body["data"]["id"]


@pytest.mark.parametrize("already", ["nobody", "two at once", "another application", "gone", "gone too often"])
def test_join(already: str):
    """
    `join_conference: {room: NAME}` creates, on 90033 joins by name, on "gone" starts over (3 times): also for two
    callers in one instant.
    """
    phone = Phone(joins("room: team"))
    calls, expected, gone = 1, ["conference_create"], {"gone": 3, "gone too often": 4}.get(already, 0)
    if already == "two at once":
        calls, expected = 3, ["conference_create", "conference_join", "conference_join"]
    if already == "another application":
        room_id, expected = foreign_room(phone, "team"), ["conference_create", "conference_join"]
    if gone:
        phone.calls(wait=1)
        phone.fail("conference_join", "90019", times=gone)
        expected = ["conference_join"]
    there = [phone.calls() for _ in range(calls)]
    phone.wait(3)

    is_in = already != "gone too often"
    assert [phone.leg(call).is_in_room for call in there] == [is_in] * calls
    assert phone.errors() == ([] if is_in else ["room_gone"])
    assert phone.logged().count("in") == (calls if is_in else 0) + bool(gone)
    assert room_commands(phone)[-1 if gone and is_in else 0 :][: len(expected)] == expected or gone
    if already == "another application":
        assert phone.leg(there[0]).conference_id == room_id
    assert len(phone.world.state()["rooms"]) <= 1


def test_join_is_finished_by_its_event():
    """join_conference is finished by this leg's `conference.participant.joined`."""
    phone = Phone(joins("room: team"))
    phone.calls(wait=1)
    assert phone.logged() == ["in"]
    phone.world.delay("conference.participant.joined", 4.0)

    second = phone.calls(wait=3)
    assert (room_commands(phone)[-1], phone.logged()) == ("conference_join", ["in"])
    phone.webhook(
        "conference.participant.joined",
        phone.world.legs[0].call_control_id,
        conference_id=phone.leg(second).conference_id,
    )
    assert phone.logged() == ["in"]  # somebody else's
    phone.wait(2)

    assert phone.logged() == ["in", "in"]


def test_must_exist():
    """`must_exist: true` only joins (required with role monitor or whisper)."""
    phone = Phone(joins("room: team, must_exist: true"))
    phone.calls(wait=2)
    assert (phone.errors(), room_commands(phone)) == (["no_such_room"], [])

    phone = Phone(joins("room: team, must_exist: true"))
    room_id = foreign_room(phone, "team")
    call = phone.calls(wait=2)
    assert (room_commands(phone), phone.leg(call).conference_id) == (["conference_join"], room_id)


WISHES = "role: barge, muted: true, on_hold: true, end_room_on_exit: true"


def test_what_belongs_to_join():
    """
    `role, muted, on_hold, end_room_on_exit` belong to join: when this leg created the room they follow as update,
    mute, hold, PATCH.
    """
    phone = Phone(joins(f"room: team, {WISHES}"))
    first = phone.calls(wait=2)
    created = phone.parameters("conference_create")
    assert not {"mute", "hold", "supervisor_role", "end_conference_on_exit"} & set(created)
    followed = ["conference_update", "conference_mute", "conference_hold", "participant_update"]
    assert sorted(room_commands(phone)[1:]) == sorted(followed)
    assert phone.parameters("conference_update") == {"call_control_id": first, "supervisor_role": "barge"}
    assert phone.parameters("participant_update")["end_conference_on_exit"] is True
    look = phone.world.look(first)
    assert (look.role, look.muted, look.on_hold) == ("barge", True, True)

    second = phone.calls(wait=2)
    assert room_commands(phone)[5:] == ["conference_join"]
    joined = phone.parameters("conference_join")
    names = ("supervisor_role", "mute", "hold", "end_conference_on_exit")
    assert [joined[name] for name in names] == ["barge", True, True, True]
    phone.hang_up(second)
    assert phone.world.look(first).state == "ended"


def test_what_belongs_to_create():
    """`max_people, music_until_joined, lasts` belong to create."""
    phone = Phone(joins("room: team, max_people: 5, lasts: 30m, music_until_joined: hold_music"))
    first = phone.calls(wait=1)
    created = phone.parameters("conference_create")
    assert (created["max_participants"], created["duration_minutes"]) == (5, 30)
    assert created["hold_audio_url"] == "https://example.com/hold.mp3"
    assert phone.heard(first) == ["https://example.com/hold.mp3"]

    phone.calls(wait=1)
    assert not {"max_participants", "duration_minutes", "hold_audio_url"} & set(phone.parameters("conference_join"))


def test_music_until_joined():
    """
    `music_until_joined` creates with `start_conference_on_create: false`; everyone after the first joins with
    `start_conference_on_enter: true`.
    """
    phone = Phone(joins("room: team, music_until_joined: hold_music"))
    first = phone.calls(wait=1)
    assert phone.parameters("conference_create")["start_conference_on_create"] is False
    assert phone.world.look(first).hears != ()

    for _ in range(2):
        phone.calls(wait=1)
        assert phone.parameters("conference_join")["start_conference_on_enter"] is True
        assert phone.world.look(first).hears == ()
    plain = Phone(joins("room: team"))
    plain.calls(wait=1)
    assert plain.parameters("conference_create").get("start_conference_on_create") is not False


def test_names_of_rooms():
    """Room names are the project's; `room: own` is this call's."""
    other = joins("room: team", name="other", number="+15550000009")
    phone = Phone(joins("room: team"), other)
    one, two = phone.calls(wait=1), phone.calls(to="+15550000009", wait=1)
    assert phone.leg(one).conference_id == phone.leg(two).conference_id

    phone = Phone(joins("room: own"))
    one, two = phone.calls(wait=1), phone.calls(wait=1)
    assert phone.leg(one).conference_id != phone.leg(two).conference_id
    assert room_commands(phone) == ["conference_create"] * 2


# -- who is meant ------------------------------------------------------------------------------------------------

BOSS = "+15550000009"
ACTS = """\
  a:
    do: [answer, {join_conference: {JOIN}}]
    on: {call.dtmf.received: act}
    after: {1h: hangup}
  act:
    do: [STEP, {log: done}]
    after: {1h: hangup}
    on_error:
      do: [{log: "{{ event.error.code }}"}]
      then: stay
"""


def office(join: str, step: str, agents: str = "as: helper") -> tuple[Phone, list[str]]:
    """A caller, an agent and a boss of another flow, in one room; the boss then does *step*."""
    boss = flow(ACTS.replace("JOIN", join).replace("STEP", step), name="boss", number=BOSS)
    phone = Phone(people("leave_conference").replace("as: helper", agents), boss)
    calls = [phone.calls(to=to, from_=f"+1555111000{i}", wait=1) for i, to in enumerate(("+15550000001", AGENTS, BOSS))]
    phone.press(calls[2], "1", wait=7)
    return phone, calls


def test_labels():
    """`as: agent` labels the leg for every flow; `to: agent` in `conference_*` means those legs."""
    for step in ("conference_speak: {text: Psst, to: helper}", "conference_play: {audio: tune, to: helper}"):
        phone, (caller, agent, boss) = office("room: team", f"{{{step}}}")
        assert [bool(phone.heard(call)) for call in (caller, agent, boss)] == [False, True, False]
        assert phone.logged() == ["done"]
    for verb in ("conference_mute", "conference_hold", "conference_stop", "conference_send_dtmf"):
        more = "digits: 1, " if verb == "conference_send_dtmf" else ""
        phone, (_, agent, _) = office("room: team", f"{{{verb}: {{{more}to: helper}}}}")
        assert phone.parameters(verb)["call_control_ids"] == [agent]


def test_those_who_hear_me():
    """
    In `conference_role`, which changes my own role, and in a join with `role: whisper`, `to` names those who
    hear me.
    """
    phone, (_, agent, boss) = office("room: team", "{conference_role: {role: whisper, to: helper}}")
    sent = phone.parameters("conference_update")
    assert (sent["call_control_id"], sent["whisper_call_control_ids"]) == (boss, [agent])
    assert phone.world.look(boss).role == "whisper"

    phone, (_, agent, boss) = office("room: team, role: whisper, to: helper, must_exist: true", "leave_conference")
    assert phone.parameters("conference_join")["whisper_call_control_ids"] == [agent]


@pytest.mark.parametrize(
    "step",
    ["conference_speak: {text: Psst, to: nobody}", "conference_play: {audio: tune, to: nobody}",
     "conference_mute: nobody",
     "conference_hold: {to: nobody}", "conference_stop: {to: nobody}", "conference_send_dtmf: {digits: 1, to: nobody}",
     "conference_role: {role: whisper, to: nobody}", "conference_unhold: nobody", "conference_unmute: nobody"],
)  # fmt: skip
def test_nobody_there(step: str):
    """Nobody there is an error, never an empty list (which would mean everybody)."""
    before = office("room: team", "log: waits")[0].did()
    phone, _ = office("room: team", f"{{{step}}}")

    assert phone.logged() == ["nobody_there"]
    assert phone.did() == before


# -- speaking ----------------------------------------------------------------------------------------------------


def test_speaking_in_rooms():
    """
    conference_speak, conference_play are finished by `conference.speak/playback.ended` by conference id, oldest first;
    with `to:` by the participant events.
    """
    for step, event in (("conference_speak: Hello", "speak"), ("conference_play: tune", "playback")):
        team = Team(step)
        team.world.delay(f"conference.{event}.ended", 9.0)
        team.act(wait=8)
        team.webhook(f"conference.{event}.ended", team.one, conference_id="another")
        team.wait(0.2)
        assert team.logged() == []
        team.wait(9)
        assert team.logged() == ["done"]
    for step, event in (
        ("conference_speak: {text: Hello, to: caller}", "speak"),
        ("conference_play: {audio: tune, to: caller}", "playback"),
    ):
        team = Team(step)
        team.world.delay(f"conference.participant.{event}.ended", 9.0, 2)
        team.act(wait=8)
        assert team.logged() == []
        team.wait(9)
        assert team.logged() == ["done"]
    team = Team("conference_speak: The first and longer text", agent="conference_speak: Second")
    team.press(team.one, "1", wait=0.1)
    team.press(team.agent, "1", wait=0.1)
    team.wait(1.6)
    assert team.logged() == ["done"]
    team.wait(5)
    assert team.logged() == ["done", "agent done"]
