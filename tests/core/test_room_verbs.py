"""What steps do to a room (language.md, section 3, "Room", and section 1, 4)."""

from __future__ import annotations

import orjson
import pytest
from room_verbs_stage import Team

from engine.core.change import Row
from engine.core.event import ACCEPTED, Event
from engine.core.room import room_change
from engine.core.room_state import Member, Room, Work

EVERYBODY: dict[str, object] = {}


def member(run: str, call_control_id: str) -> Member:
    return Member(run, call_control_id, "desk", "caller", 1, conference_id="c", is_in=True, is_asked=True)


def event_for(row: Row, page: int, leg: str) -> Event:
    """The room is told something at first; then Telnyx answers with page one and page two of two."""
    sent = list(orjson.loads(row.state)["sent"])
    if not sent:
        return Event(id="x", type="room.check", payload={"queue": "q"}, run=row.run)
    body = {
        "data": [{"id": leg, "call_control_id": leg, "status": "joined"}],
        "meta": {"page_number": page - 1, "total_pages": 2},
    }
    return Event(id=f"e{page}", type=ACCEPTED, payload={"command_id": sent[0], "body": body}, run=row.run)


# -- who is meant ------------------------------------------------------------------------------------------------


def test_a_text_for_the_whole_room_is_heard_by_everybody_and_ends_the_step():
    """'conference.speak/playback.ended by conference id'"""
    team = Team("conference_speak: Hello all")

    team.act(wait=0.1)
    assert team.logged() == []
    team.wait(5)

    assert team.logged() == ["done"]
    assert [team.heard(call) for call in (team.one, team.two, team.agent)] == [["Hello all"]] * 3
    assert "call_control_ids" not in team.parameters("conference_speak")
    assert team.problems() == []


@pytest.mark.parametrize(
    ("to", "who"),
    [("me", ["one"]), ("agent", ["agent"]), ("helper", ["agent"]), ("caller", ["one", "two"]),
     ("[me, helper]", ["one", "agent"])],
)  # fmt: skip
def test_to_means_the_legs_of_that_label(to: str, who: list[str]):
    """'as: agent labels the leg for every flow; to: agent in conference_* means those legs'"""
    team = Team(f"conference_speak: {{text: Psst, to: {to}}}")

    team.act(wait=5)

    assert team.parameters("conference_speak")["call_control_ids"] == [getattr(team, name) for name in who]
    assert {name for name in ("one", "two", "agent") if team.heard(getattr(team, name))} == set(who)
    assert team.logged() == ["done"]
    assert team.problems() == []


@pytest.mark.parametrize("verb", ["conference_mute", "conference_stop", "participant_retrieve"])
def test_nobody_there_is_an_error_of_the_step_and_never_everybody(verb: str):
    """'nobody there is an error, never an empty list (which would mean everybody)'"""
    team = Team(f"{verb}: {{to: helper}}")
    team.hang_up(team.agent)

    team.act()

    assert team.logged() == [f"error nobody_there of {verb}"]
    assert team.sent(verb) == []


def test_a_text_to_several_is_done_when_the_last_has_heard_it():
    """'with to: the participant events'"""
    team = Team("conference_speak: {text: To all callers, to: caller}")
    team.world.delay("conference.participant.speak.ended", 3.0)

    team.act(wait=3)
    assert team.logged() == []
    team.wait(3)

    assert team.logged() == ["done"]


def test_one_who_leaves_while_being_spoken_to_is_not_waited_for():
    team = Team("conference_speak: {text: A long text for the helper alone to hear, to: helper}")
    team.act(wait=0.5)

    team.hang_up(team.agent, wait=1.5)

    assert team.logged() == ["done"]
    assert team.problems() == []


# -- verb by verb ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["mute", "unmute", "hold", "stop"])
def test_without_to_everybody_is_meant(verb: str):
    """'Hold/mute/play with an empty or missing call_control_ids apply to everyone' (facts.md, section 4)"""
    team = Team(f"conference_{verb}")

    team.act()

    assert team.sent(f"conference_{verb}") == [EVERYBODY]
    assert team.logged() == ["done"]


def test_an_unhold_of_everybody_names_everybody():
    """'unhold requires the list' (facts.md, section 4)"""
    team = Team("conference_hold: {audio: tune}", "conference_unhold")

    team.act()

    assert team.parameters("conference_hold") == {"media_name": "tune"}
    assert team.parameters("conference_unhold") == {"call_control_ids": [team.one, team.two, team.agent]}
    assert [team.world.look(call).on_hold for call in (team.one, team.two, team.agent)] == [False] * 3


def test_muting_one_mutes_only_that_one():
    team = Team("conference_mute: helper")

    team.act()

    assert [team.world.look(call).muted for call in (team.one, team.two, team.agent)] == [False, False, True]


def test_audio_is_played_as_often_as_it_says():
    team = Team("conference_play: {audio: tune, repeat: 2}")

    team.act(wait=60)

    assert team.parameters("conference_play") == {"media_name": "tune", "loop": 2}
    assert team.logged() == ["done"]


def test_endless_audio_is_finished_when_accepted_and_ends_when_something_else_is_said():
    """'play: {repeat: forever} | when accepted'"""
    team = Team("conference_play: {audio: tune, repeat: forever}", "conference_speak: Hello")

    team.act(wait=5)

    assert team.did()[-3:] == ["conference_play", "conference_stop", "conference_speak"]
    assert team.parameters("conference_play")["loop"] == "infinity"
    assert team.heard(team.two) == ["tune", "Hello"]
    assert team.logged() == ["done"]
    assert team.room("team")["works"] == []


def test_endless_audio_for_some_makes_way_for_them_alone():
    team = Team(
        "conference_play: {audio: tune, repeat: forever, to: me}", "conference_speak: {text: Hello, to: caller}"
    )

    team.act(wait=5)

    assert team.parameters("conference_stop") == {"call_control_ids": [team.one]}
    assert (team.heard(team.one), team.heard(team.two)) == (["tune", "Hello"], ["Hello"])
    assert team.logged() == ["done"]


def test_markup_is_sent_as_markup_and_a_voice_is_passed_on():
    team = Team('conference_speak: {text: "<speak>Hi</speak>", voice: Telnyx.One, language: es-ES}')

    team.act(wait=3)

    assert team.parameters("conference_speak") == {
        "payload": "<speak>Hi</speak>", "payload_type": "ssml", "voice": "Telnyx.One", "language": "es-ES",
    }  # fmt: skip


def test_an_empty_text_is_not_sent():
    top = "remember:\n  name: {type: text}\n"
    team = Team('conference_speak: "{{ name }}"', top=top)

    team.act()

    assert (team.sent("conference_speak"), team.logged()) == ([], ["done"])


def test_the_room_is_recorded_paused_resumed_and_stopped():
    """'conference_record_start (format required by Telnyx)'"""
    team = Team(
        "conference_record_start: {format: wav, channels: dual, beep: true}", "conference_record_pause",
        "conference_record_resume", "conference_record_stop",
    )  # fmt: skip

    team.act(wait=3)

    assert team.sent("conference_record_start") == [{"format": "wav", "channels": "dual", "play_beep": True}]
    assert team.did()[-3:] == [f"conference_record_{word}" for word in ("pause", "resume", "stop")]
    assert team.logged() == ["done"]


@pytest.mark.parametrize("verb", ["conference_record_stop", "conference_stop"])
def test_where_there_is_nothing_to_stop_a_stop_is_done(verb: str):
    """`conference_stop` and `conference_record_stop` with no room or recording are done."""
    team = Team(verb, "leave_conference", verb)

    team.act(wait=2)

    assert team.logged() == ["done"]
    assert len(team.sent(verb)) == 1


def test_what_does_not_fit_is_the_steps_error_with_the_code_of_telnyx():
    """'a key that does not fit, e.g. 8 without 7' (supervise.flow.yaml)"""
    team = Team("conference_record_resume")

    team.act()

    assert team.logged() == ["error 10005 of conference_record_resume"]


def test_keys_are_pressed_in_the_room():
    team = Team("conference_send_dtmf: {digits: 12#, to: helper, each: 0.2s}")

    team.act()

    assert team.parameters("conference_send_dtmf") == {
        "digits": "12#", "duration_millis": 200, "call_control_ids": [team.agent],
    }  # fmt: skip
    assert team.heard(team.agent) == ["12#"]


def test_my_role_changes_and_a_whisper_reaches_those_it_names():
    """'in conference_role, which changes my own role ... those who hear me'"""
    team = Team("conference_role: {role: whisper, to: helper}", "conference_role: barge")

    team.act()

    assert team.sent("conference_update") == [
        {"call_control_id": team.one, "supervisor_role": "whisper", "whisper_call_control_ids": [team.agent]},
        {"call_control_id": team.one, "supervisor_role": "barge"},
    ]
    assert team.logged() == ["done"]


def test_the_end_of_the_room_hangs_everybody_up():
    """'end | conference.ended'"""
    team = Team("conference_end")

    team.act(wait=2)

    assert [team.world.look(call).state for call in (team.one, team.two, team.agent)] == ["ended"] * 3
    assert team.left_over() == []


# -- reading -----------------------------------------------------------------------------------------------------


def test_check_conference_counts_people_and_tells_the_times():
    """'check_queue, check_conference read'"""
    team = Team("check_conference", 'log: "{{ room.people }} since {{ minutes_since(room.started_at) }}"')

    team.wait(120)
    team.act()

    seen = team.leg(team.one).room_seen
    assert team.logged() == ["3 since 2", "done"]
    assert seen["ends_at"] - seen["started_at"] == 4 * 3600


def test_those_in_the_room_are_listed_by_the_names_that_to_takes():
    top = "remember:\n  names: {type: list}\n"
    team = Team("participant_list: names", 'log: "in: {{ names }}"', top=top)
    stranger = team.world.call(from_="+15557770001", to="+19998887777", now=team.now).call_control_id
    team.world.request("POST", f"/calls/{stranger}/actions/answer", query={}, body={}, now=team.now)
    body = {"call_control_id": stranger}
    team.world.request("POST", "/conferences/team/actions/join", query={}, body=body, now=team.now)

    team.act()

    assert team.logged() == [f"in: caller, caller, helper, {stranger}", "done"]


def test_lists_are_read_page_by_page():
    """'"meta":{"page_number","page_size","total_pages","total_results"}' (facts.md, section 3)"""
    work = Work(run="leg", serial=1, flow="desk", call_control_id="v3:a", operation="participant_list")
    room = Room(run="room:team", stage="open", conference_id="c", works=[work], members={"leg": member("leg", "v3:a")})
    row = Row(run="room:team", ver=1, state=orjson.dumps(room).decode())
    queries = []

    for page, leg in ((1, ""), (2, "v3:a"), (3, "v3:b")):
        change = room_change(event_for(row, page, leg), row, run="room:team", now=10.0 + page)
        row = change.row
        queries += [command.command.query for command in change.commands if command.command.query]

    assert [query["page[number]"] for query in queries] == [1, 2]
    assert change.commands[-1].command.parameters["payload"]["names"] == ["caller", "v3:b"]


def test_a_participant_is_looked_at():
    step = 'log: "{{ participant.muted }} {{ participant.on_hold }} {{ participant.status }}"'
    team = Team("conference_mute: helper", "participant_retrieve: helper", step)

    team.act()

    assert team.logged() == ["yes no joined", "done"]


def test_participants_are_updated_by_their_own_ids():
    """'PATCH: participant ids come from participant_list'"""
    team = Team("participant_update: {to: caller, end_room_on_exit: true, beep: on_exit}")

    team.act()

    assert team.sent("participant_update") == [{"beep_enabled": "on_exit", "end_conference_on_exit": True}] * 2
    assert team.logged() == ["done"]
    team.hang_up(team.two)
    assert team.world.look(team.agent).state == "ended"


def test_the_names_of_all_open_rooms_are_listed():
    """'conference_list (names of open rooms, all pages)'; one that waits to be started is open as well"""
    top = "remember:\n  names: {type: list}\n"
    team = Team("conference_list: names", 'log: "in: {{ names }}"', top=top)
    for name, starts in (("waits", False), ("talks", True)):
        host = team.world.call(from_="+15557770001", to="+19998887777", now=team.now).call_control_id
        team.world.request("POST", f"/calls/{host}/actions/answer", query={}, body={}, now=team.now)
        body = {"call_control_id": host, "name": name, "start_conference_on_create": starts}
        team.world.request("POST", "/conferences", query={}, body=body, now=team.now)

    team.act()

    assert team.logged() == ["in: talks, team, waits", "done"]


def test_endless_audio_is_stopped_once():
    """A second stop would cut what is said meanwhile."""
    team = Team(
        "conference_play: {audio: tune, repeat: forever}", "conference_speak: Hello",
        agent="conference_speak: And hello from me",
    )  # fmt: skip
    team.world.delay("conference.playback.ended", 2.0)
    team.act(wait=0.3)

    team.press(team.agent, "1", wait=8)

    assert len(team.sent("conference_stop")) == 1
    assert team.heard(team.two) == ["tune", "Hello", "And hello from me"]
    assert team.logged() == ["done", "agent done"]
