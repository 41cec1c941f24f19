"""Rooms: roles, questions, other people's events, rooms of others, and what goes wrong (language.md, "Room")."""

from __future__ import annotations

import orjson
import pytest
from core_stage import AGENTS, Phone, flow
from room_verbs_stage import Team, people

from engine.core.room_state import _REGION_IN_BODY, _REGION_IN_QUERY
from engine.tables import catalogue

BOSS = "+15550000009"
_BOSS = """\
  a:
    do: [answer, {join_conference: {JOIN}}]
    on:
      call.dtmf.received: act
    after:
      3h: hangup
  act:
    do: [STEP, {log: done}]
    after:
      3h: hangup
    on_error:
      do: [{log: "error {{ event.error.code }}"}]
      then: stay
"""


def boss(join: str, step: str = "leave_conference") -> str:
    """Return another flow, of somebody who joins as *join* says and with a key does *step*."""
    states = _BOSS.replace("JOIN", join).replace("STEP", step)
    return flow(states, name="boss", number=BOSS)


class Office(Team):
    """The team's room, and somebody of another flow who comes last."""

    def __init__(self, join: str, step: str = "leave_conference", *team: str) -> None:
        Phone.__init__(self, people(*team or ("leave_conference",)), boss(join, step))
        self.one = self.calls(from_="+15551110001", wait=1)
        self.agent = self.calls(to=AGENTS, from_="+15552220001", wait=1)
        self.boss = self.calls(to=BOSS, from_="+15553330001", wait=1)


# -- roles -------------------------------------------------------------------------------------------------------


def test_a_monitor_of_another_flow_only_joins():
    """'must_exist: true only joins (required with role monitor or whisper)'"""
    office = Office("room: team, role: monitor, must_exist: true")

    assert office.parameters("conference_join")["supervisor_role"] == "monitor"
    assert office.leg(office.boss).is_in_room
    assert office.did().count("conference_create") == 1
    assert office.problems() == []


def test_a_whisper_reaches_those_whom_to_names():
    """'in a join with role: whisper: those who hear me'"""
    office = Office("room: team, role: whisper, to: helper, must_exist: true")

    assert office.parameters("conference_join")["whisper_call_control_ids"] == [office.agent]


def test_a_whisper_that_nobody_would_hear_is_an_error():
    """'nobody there is an error, never an empty list'"""
    office = Office("room: team, role: whisper, to: nobody, must_exist: true")

    assert office.errors() == ["nobody_there"]
    assert office.states(office.boss) == ["a", "broken"]


def test_a_role_name_is_a_label_only_in_its_own_flow():
    """'as: agent labels the leg for every flow'"""
    office = Office("room: team", "{conference_mute: agent}")

    office.press(office.boss, "1")

    assert office.logged() == ["error nobody_there"]


def test_who_creates_the_room_gets_the_role_by_an_update():
    """'when this leg created the room they follow as update, mute, hold, PATCH'"""
    phone = Phone(boss("room: team, role: barge"))

    call = phone.calls(to=BOSS, wait=1)

    assert phone.parameters("conference_update") == {"call_control_id": call, "supervisor_role": "barge"}
    assert phone.problems() == []


_DESK = flow(
    """\
  a:
    do: [answer, {enqueue: {queue: support, max_wait: 10m}}]
    on: {call.dequeued: a, agent.joined: b}
  b:
    after: {1h: hangup}
""",
    roles=f"""\
roles:
  agent:
    starts_when: {{calls_to: ["{AGENTS}"]}}
    anywhere: {{on_error: hangup}}
    start: a
    states:
      a:
        do: [answer, {{connect: {{queue: support}}}}]
        after: {{1h: hangup}}
""",
)


def test_in_a_private_room_the_roles_are_the_labels():
    """'each leg bears its role's name as label, so supervisors can join'"""
    phone = Phone(_DESK, boss("room: support 10, role: whisper, to: agent, must_exist: true"))
    phone.calls(wait=1)
    agent = phone.calls(to=AGENTS, wait=2)

    phone.calls(to=BOSS, wait=1)

    assert phone.parameters("conference_join")["whisper_call_control_ids"] == [agent]
    assert phone.problems() == []


# -- region ------------------------------------------------------------------------------------------------------


def test_the_region_of_a_room_goes_with_every_command_about_it():
    """'region query on conferences: a conference lives in one region' (facts.md, section 3)"""
    text = people("conference_mute", "check_conference").replace("{room: team}", "{room: team, region: Europe}")
    team = Team(text=text)

    team.act()

    assert team.parameters("conference_create")["region"] == "Europe"
    assert team.sent("conference_join")[1]["region"] == "Europe"  # the agent names none
    assert team.sent("conference_mute") == [{"region": "Europe"}]
    assert team.logged() == ["done"]


def test_regions_go_where_telnyx_takes_them():
    operations = catalogue().operations.values()
    about_rooms = [row for row in operations if row.name.startswith(("conference_", "participant_"))]

    assert {row.name for row in about_rooms if "region" in row.parameters} == _REGION_IN_BODY
    assert {row.name for row in about_rooms if "region" in row.query} == _REGION_IN_QUERY


# -- questions ---------------------------------------------------------------------------------------------------

_ASK = """\
  a:
    do: [answer, {{join_conference: {{room: team}}}}]
    on:
      call.dtmf.received: ask
    after:
      3h: hangup
  ask:
    do: [{{conference_gather: {{{options}}}}}]
    keys:
      "1": yes_it_is
      digits: other
      anything_else: wrong
      nothing: silent
    after:
      1h: hangup
    on_error:
      do: [{{log: "error {{{{ event.error.code }}}}"}}]
      then: stay
  yes_it_is: {{do: [{{log: "one {{{{ answer }}}}"}}], after: {{1h: hangup}}}}
  other: {{do: [{{log: other}}], after: {{1h: hangup}}}}
  wrong: {{do: [{{log: wrong}}], after: {{1h: hangup}}}}
  silent: {{do: [{{log: silent}}], after: {{1h: hangup}}}}
"""


def asking(options: str) -> Team:
    top = "remember:\n  answer: {type: digits}\n"
    text = people(top=top).partition("roles:")
    states = flow(_ASK.format(options=options), top=top)
    return Team(text=states + text[1] + text[2])


def test_a_question_in_the_room_is_answered_with_keys():
    """'conference_gather ... keys'; facts.md, section 4: presumably call.gather.ended"""
    team = asking("play: tune, digits: 1, into: answer, tries: 2")
    team.press(team.one, "5", wait=2)

    team.press(team.one, "1")

    assert team.parameters("conference_gather_using_audio") == {
        "call_control_id": team.one, "media_name": "tune", "minimum_digits": 1, "maximum_digits": 1,
        "terminating_digit": "#", "inter_digit_timeout_millis": 3000, "timeout_millis": 5000, "maximum_tries": 1,
    }  # fmt: skip
    assert team.logged() == ["one 1"]
    assert team.heard(team.two) == []
    assert team.problems() == []
    assert team.room("team")["works"] == []


def test_silence_is_asked_again_and_then_leads_to_nothing():
    """'tries (3 with a prompt) repeats it after silence only, nothing follows the last'"""
    team = asking("play: tune, digits: 1")
    team.press(team.one, "5")

    team.wait(120)

    assert len(team.sent("conference_gather_using_audio")) == 3
    assert team.logged() == ["silent"]


def test_a_question_to_somebody_else_is_answered_there():
    """'When to is another leg, its call.gather.ended arrives at that leg's run'"""
    team = asking("play: tune, to: helper, digits: 1, into: answer")
    team.press(team.one, "5", wait=2)

    team.press(team.agent, "1")

    assert team.parameters("conference_gather_using_audio")["call_control_id"] == team.agent
    assert team.logged()[-1] == "one 1"


def test_a_question_to_somebody_who_goes_is_an_error():
    team = asking("play: tune, to: helper, digits: 1")
    team.press(team.one, "5", wait=2)

    team.hang_up(team.agent, wait=2)

    assert team.logged() == ["error nobody_there"]
    assert team.problems() == []


def test_leaving_the_state_ends_the_question():
    """'A handler with only then leaves at once and stops what is playing.'"""
    states = _ASK.format(options="play: tune, digits: 1").replace("1h: hangup", "1h: hangup\n      2s: silent", 1)
    text = people().partition("roles:")
    team = Team(text=flow(states, top="remember:\n  answer: {type: digits}\n") + text[1] + text[2])
    team.press(team.one, "5", wait=4)

    assert "gather_stop" in team.did(team.one)
    assert not team.world.look(team.one).gathering
    assert team.logged() == ["silent"]
    team.wait(1000)
    assert team.room("team")["works"] == []


# -- rooms of others ---------------------------------------------------------------------------------------------


def test_another_room_is_known_by_its_name():
    """'the room being mine unless named'"""
    phone = Phone(people(), boss("room: other", "{conference_mute: {room: team}}"))
    phone.calls(wait=1)
    other = phone.calls(to=BOSS, wait=1)

    phone.press(other, "1")

    assert phone.rows(operation="conference_mute")[0][1].command.path == {"id": phone.room("team")["conference_id"]}
    assert phone.logged() == ["done"]


@pytest.mark.parametrize("starts", [True, False])
def test_a_room_that_is_not_of_ringflow_is_found_by_its_name(starts: bool):
    phone = Phone(boss("room: other", "{conference_speak: {text: Hello, room: theirs}}"))
    host = phone.world.call(from_="+15557770001", to="+19998887777", now=phone.now).call_control_id
    phone.world.request("POST", f"/calls/{host}/actions/answer", query={}, body={}, now=phone.now)
    body = {"call_control_id": host, "name": "theirs", "start_conference_on_create": starts}
    phone.world.request("POST", "/conferences", query={}, body=body, now=phone.now)
    call = phone.calls(to=BOSS, wait=1)

    phone.press(call, "1", wait=20)

    assert phone.heard(host) == (["Hello"] if starts else [])
    assert phone.logged() == ["done"]
    assert orjson.loads(phone.stage.rows["room:theirs"].state)["conference_id"] == ""
    assert phone.stage.rows["room:theirs"].ended_at is not None


@pytest.mark.parametrize(
    ("step", "logged"),
    [("{conference_mute: {room: nowhere}}", "error no_such_room"), ("{conference_stop: {room: nowhere}}", "done"),
     ("{conference_record_stop: {room: nowhere}}", "done"), ("{check_conference: nowhere}", "done")],
)  # fmt: skip
def test_a_room_that_is_not_there(step: str, logged: str):
    """'nothing to leave = done; likewise conference_stop and conference_record_stop with no room or recording'"""
    phone = Phone(boss("room: other", step))
    call = phone.calls(to=BOSS, wait=1)

    phone.press(call, "1", wait=2)

    assert phone.logged() == [logged]
    assert phone.stage.rows["room:nowhere"].ended_at is not None


def test_a_room_is_named_by_a_formula():
    text = flow(
        "  a:\n    do: [answer, {gather: {speak: Room?, digits: 2, into: number_of_room}}]\n    keys:\n"
        "      digits: b\n      anything_else: a\n      nothing: a\n  b:\n"
        '    do: [{join_conference: {room: "support {{ number_of_room }}"}}]\n    after:\n      1h: hangup\n',
        top="remember:\n  number_of_room: {type: digits}\n",
    )
    phone = Phone(text)
    call = phone.calls(wait=2)

    phone.press(call, "42", wait=2)

    assert phone.leg(call).room == "support 42"
    assert phone.leg(call).is_in_room


# -- events of others --------------------------------------------------------------------------------------------

_HEARS = """{
      anyone.conference.participant.joined: {do: [{log: "joined {{ event.conference_id == mine }}"}]},
      anyone.conference.participant.left: {do: [{log: "left"}]},
      anyone.conference.participant.speak.ended: {do: [{log: "heard it"}]}}"""


def test_others_in_the_room_are_heard_of_as_anyone():
    """'anyone.conference.participant.joined = others in my room'"""
    on = _HEARS.replace(" {{ event.conference_id == mine }}", "")
    team = Team("conference_speak: {text: Hi, to: helper}", on=on)
    team.act(wait=3)
    assert team.logged() == ["done", "heard it"]

    third = team.calls(from_="+15551110003", wait=1)
    team.hang_up(third, wait=2)

    assert team.logged() == ["done", "heard it", "joined", "left"]


def test_ones_own_coming_is_not_anyones():
    """'Unprefixed = about this call.'"""
    team = Team(
        "leave_conference", "join_conference: {room: team}", on=_HEARS.replace(" {{ event.conference_id == mine }}", "")
    )

    team.act(wait=3)

    assert team.logged() == ["done"]


def test_the_fields_of_the_event_come_with_it():
    on = '{anyone.conference.participant.joined: {do: [{log: "in: {{ event.call_control_id }}"}]}}'
    team = Team("log: waits", on=on)
    team.act()

    third = team.calls(from_="+15551110003", wait=1)

    assert team.logged() == ["waits", "done", f"in: {third}"]


# -- what goes wrong ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["90019", "90058"])
@pytest.mark.parametrize(
    "step", ["conference_mute", "conference_speak: Hi", "participant_list: names", "conference_end"]
)
def test_a_room_that_has_ended_is_no_error(code: str, step: str):
    """'90019 is none either: the room has ended (join starts over, every other room step counts as done)'"""
    team = Team(step, top="remember:\n  names: {type: list}\n")
    operation = step.partition(":")[0]
    team.fail(operation, code)

    team.act(wait=2)

    assert team.logged() == ["done"]


def test_the_end_of_the_room_finishes_what_was_said_in_it():
    text = people("conference_speak: A text that is much too long for a room that ends so soon after it")
    team = Team(text=text.replace("{room: team}", "{room: team, lasts: 60s}"))
    team.wait(56)

    team.act(wait=2)

    assert team.logged() == ["done"]
    assert team.problems() == []


def test_a_step_without_answer_is_in_doubt_and_the_flow_carries_on():
    """'default: carry on'"""
    team = Team("conference_play: tune")
    team.fail("conference_play", "10007", status=500)

    team.act(wait=2)

    assert team.logged() == ["in doubt", "done"]


def test_a_text_whose_end_is_never_told_is_given_up():
    """'else a watchdog (speak by text length ...), then GET, then the error exit'"""
    team = Team("conference_speak: Hello")
    team.world.delay("conference.speak.ended", 5000.0)

    team.act(wait=60)

    assert team.logged() == ["error no_answer of conference_speak"]
    assert team.room("team")["works"] == []
    assert not team.stage.timers.get("room:team")


def test_two_texts_end_in_the_order_in_which_they_were_asked_for():
    """'owns its speak and play (oldest first)'"""
    team = Team("conference_speak: First of all", agent="conference_speak: Then this follows")
    team.press(team.one, "1", wait=0.2)
    team.press(team.agent, "1", wait=0.2)
    assert team.logged() == []

    team.wait(1.2)
    assert team.logged() == ["done"]
    team.wait(10)

    assert team.logged() == ["done", "agent done"]
    assert team.heard(team.two) == ["First of all", "Then this follows"]


def test_events_of_an_earlier_conference_of_that_name_finish_nothing():
    """'an old conference_id is ignored'"""
    team = Team("conference_speak: A text that takes its time")
    team.act(wait=0.5)

    team.webhook("conference.speak.ended", team.one, conference_id="another")

    assert team.logged() == []


def test_two_callers_in_one_instant_do_the_same_thing():
    team = Team("conference_speak: Hello")

    team.world.press(team.one, "1", team.now)
    team.world.press(team.two, "1", team.now)
    team.wait(10)

    assert team.heard(team.agent) == ["Hello", "Hello"]
    assert team.logged() == ["done", "done"]
    assert team.problems() == []


def test_a_room_step_after_leaving_counts_as_done():
    team = Team("leave_conference", "conference_mute", "conference_gather: {play: tune, digits: 1}")

    team.act(wait=2)

    assert (team.sent("conference_mute"), team.logged()) == ([], ["done"])


def test_who_speaks_to_the_room_and_hangs_up_leaves_nothing_behind():
    team = Team("conference_speak: Hello")
    team.act(wait=0.2)

    for call in (team.one, team.two, team.agent):
        team.hang_up(call)
    team.wait(5)

    assert team.left_over() == []


def test_everyone_after_the_first_ends_the_music():
    """'everyone after the first joins with start_conference_on_enter: true'"""
    text = people().replace("{room: team}", "{room: team, music_until_joined: hold_music}", 1)
    team = Phone(text, boss("room: team, role: monitor, must_exist: true"))
    first = team.calls(wait=1)
    team.calls(to=BOSS, wait=1)
    assert "start_conference_on_enter" not in team.parameters("conference_join")  # who only listens is no company

    team.calls(to=AGENTS, wait=1)

    assert team.parameters("conference_join")["start_conference_on_enter"] is True
    assert team.world.look(first).hears == ()


@pytest.mark.parametrize(
    ("step", "logged"),
    [("conference_mute: helper", ["error nobody_there of conference_mute"]), ("conference_role: barge", [])],
)
def test_a_call_that_has_ended_is_the_one_that_the_step_is_about(step: str, logged: list[str]):
    """'90018 is no error: the hang-up is on its way'; the end of another leg leaves nobody there"""
    team = Team(step)
    team.fail("conference_mute", "90018")
    team.fail("conference_update", "90018")

    team.act()

    assert team.logged() == logged
