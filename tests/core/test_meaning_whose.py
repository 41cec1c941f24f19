"""language.md, sections 1 and 2: which events there are, whose they are, and which legs are linked."""

from __future__ import annotations

import pytest
from core_stage import AGENTS, CALLER, Phone, flow
from desk_flow import DESK
from legs_flow import answer, office, rung
from room_stage import TEAM
from room_verbs_stage import people

from engine.check.run import check_files
from engine.tables import catalogue

LISTENS = """\
  a:
    do: [answer, {join_conference: {room: team}}]
    on:
      conference.participant.left: {do: [{log: me}]}
      anyone.conference.participant.joined: {do: [{log: another came}]}
      agent.call.hangup: {do: [{log: agent hung up}]}
      agent.left: {do: [{log: agent left}]}
      conference.floor.changed: {do: [{log: floor}]}
    after: {2h: hangup}
"""
DEAF = flow(
    "  a:\n    do: [answer, {join_conference: {room: team}}]\n    after: {2h: hangup}\n",
    name="deaf",
    number="+15550000008",
)
ROLE = f"""\
roles:
  agent:
    starts_when: {{calls_to: ["{AGENTS}"]}}
    anywhere: {{on_error: hangup}}
    start: a
    states:
      a:
        do: [answer, {{join_conference: {{room: ROOM}}}}]
        after: {{2h: hangup}}
"""
JOINS = flow(LISTENS, roles=ROLE.replace("ROOM", "team"))


def agent(phone: Phone, wait: float = 1.0) -> str:
    return phone.calls(to=AGENTS, from_="+15552220001", wait=wait)


def test_unprefixed():
    """Unprefixed = about this call."""
    phone = Phone(JOINS.replace("anyone.conference.participant.joined", "call.dtmf.received"), DEAF)
    call, other = phone.calls(wait=1), phone.calls(to="+15550000008", wait=1)
    phone.press(other, "1")
    phone.hang_up(other)
    assert phone.logged() == []

    phone.press(call, "1")
    path = f"/conferences/{phone.leg(call).conference_id}/actions/leave"
    phone.world.request("POST", path, query={}, body={"call_control_id": call}, now=phone.now)
    phone.wait(1)
    assert phone.logged() == ["another came", "me"]


def test_others_in_my_room():
    """`anyone.conference.participant.joined` = others in my room."""
    phone = Phone(JOINS, DEAF, flow(LISTENS.replace("team", "elsewhere"), name="far", number="+15550000009"))
    phone.calls(wait=1)
    phone.calls(to="+15550000009", wait=1)
    assert phone.logged() == []  # oneself is no other, and another room is not mine

    phone.calls(to="+15550000008", wait=1)
    assert phone.logged() == ["another came"]


def test_the_linked_leg():
    """`agent.call.hangup` = the linked leg of role agent."""
    phone = Phone(JOINS, DEAF)
    phone.calls(wait=1)
    linked, second, stranger = agent(phone), agent(phone), phone.calls(to="+15550000008", wait=1)
    for call in (second, stranger):  # the second agent has no link with the caller
        phone.hang_up(call)
    assert "agent hung up" not in phone.logged()

    phone.hang_up(linked)
    assert phone.logged()[-2:] == ["agent hung up", "agent left"]


def test_events_of_the_room():
    """Room events reach the flows in that room that listen to them."""
    elsewhere = flow(
        LISTENS.replace("team", "elsewhere").replace("log: floor", "log: wrong"), name="far", number="+15550000009"
    )
    phone = Phone(JOINS, DEAF, elsewhere)
    one, _two, deaf = phone.calls(wait=1), phone.calls(wait=1), phone.calls(to="+15550000008", wait=1)
    phone.calls(to="+15550000009", wait=1)
    before = phone.leg(deaf).ver

    room_id = phone.leg(one).conference_id
    phone.world.send("conference.floor.changed", deaf, {"conference_id": room_id}, phone.now)  # it names some leg
    phone.wait(1)

    assert phone.logged().count("floor") == 2
    assert "wrong" not in phone.logged()
    assert phone.leg(deaf).ver == before


def _handles(event: str) -> str:
    return flow(
        f"  a:\n    do: [answer, {{join_conference: {{room: team}}}}]\n    on:\n"
        f"      {event}: {{do: [{{log: handled}}]}}\n    after: {{2h: hangup}}\n"
    )


@pytest.mark.parametrize("event", [*sorted(catalogue().events), "call.teleported", "conference.teleported"])
def test_every_event(event: str):
    """
    All 62 events of the catalogue can be handled; a type it does not know passes through and can be handled too (with
    a warning).
    """
    text = _handles(event)
    found = [problem for problem in check_files({"desk.flow.yaml": text.encode()}) if problem.rule != "R012"]
    assert [problem.rule for problem in found if problem.severity == "error"] == []
    is_known = event in catalogue().events
    assert (len(catalogue().events), "R008" in {problem.rule for problem in found}) == (62, not is_known)

    phone = Phone(text)
    call = phone.calls(wait=2)
    count = phone.logged().count("handled")
    room_id = phone.leg(call).conference_id
    if event.startswith("conference."):
        about = None if not event.startswith("conference.participant.") else call
        phone.world.send(event, about, {"conference_id": room_id}, phone.now)
        phone.wait(0.5)
    else:
        phone.webhook(event, call)

    assert phone.logged().count("handled") == count + 1, event


# -- legs --------------------------------------------------------------------------------------------------------

LATER = """\
flow: callback
starts_when: {outgoing_call: true}
anywhere: {on_error: hangup}
start: a
states:
  a:
    do: [{log: started}, answer, {speak: Hello}]
    then: hangup
"""


@pytest.mark.parametrize("how", ["dial", "call_later"])
def test_an_outgoing_leg(how: str):
    """An outgoing leg enters `start` at its call.answered."""
    steps = {
        "dial": '{dial: {to: "+15557770001", as: agent}}',
        "call_later": '{call_later: {flow: callback, to: "+15557770001", in: 1s}}',
    }
    on = "    on: {agent.call.hangup: hangup}\n" if how == "dial" else ""
    roles = (
        "roles:\n  agent:\n    anywhere: {on_error: hangup}\n    start: a\n    states:\n      a:\n"
        "        do: [{log: started}, {speak: Hello}]\n        then: hangup\n"
    )
    phone = office(
        flow(
            f"  a:\n    do: [answer, {steps[how]}]\n{on}    after: {{2h: hangup}}\n",
            roles=roles if how == "dial" else "",
        ),
        LATER,
    )
    phone.calls(wait=9)
    far = rung(phone)
    assert phone.logged() == []
    phone.world.delay("call.answered", 3.0)
    answer(phone, wait=2)
    assert phone.logged() == []
    phone.wait(2)

    assert phone.logged() == ["started"]
    assert phone.heard(far) == ["Hello"]
    assert "answer" not in phone.did(far)


LINKS = {
    "connect": ("{enqueue: {queue: support, max_wait: 1h}}", "{connect: support}"),
    "bridge": ("{enqueue: {queue: support, max_wait: 1h}}", "{bridge: {queue: support}}"),
    "a common room": ("{join_conference: {room: team}}", "{join_conference: {room: team}}"),
    "dial": ('{dial: {to: "+15557770001", as: agent}}', ""),
    "transfer": ('{transfer: {to: "+15557770001", as: boss}}', ""),
}


@pytest.mark.parametrize("how", LINKS)
def test_what_links(how: str):
    """`connect`, `dial`, `bridge` and a common room link two legs; `transfer` makes none (its leg has no run)."""
    mine, theirs = LINKS[how]
    roles = ROLE.replace("{{join_conference: {{room: ROOM}}}}", "THEIRS").replace(
        "{join_conference: {room: ROOM}}", theirs or "{log: hello}"
    )
    if not theirs:
        roles = roles.replace(f'    starts_when: {{calls_to: ["{AGENTS}"]}}\n', "")
    on = {"dial": "    on: {agent.call.hangup: hangup}\n", "transfer": "    on: {boss.call.hangup: hangup}\n"}.get(
        how, ""
    )
    phone = office(
        flow(
            f"  a:\n    do: [answer, {mine}]\n{on}    after: {{2h: hangup}}\n", roles="" if how == "transfer" else roles
        )
    )
    call = phone.calls(wait=2)
    other = agent(phone, wait=3) if theirs else answer(phone, wait=3)

    if how == "transfer":
        assert phone.world.look(call).bridged_with == other
        assert phone.leg(call).links == {}
        assert phone.stage.run_of(other) == phone.stage.run_of(call)  # no run of its own
    else:
        assert phone.leg(call).links["agent"].run == phone.stage.run_of(other) != phone.stage.run_of(call)
        assert phone.leg(other).links["caller"].run == phone.stage.run_of(call)


@pytest.mark.parametrize("how", ["hung up", "left the room", "was connected elsewhere"])
def test_left(how: str):
    """`agent.left`: hung up, left the bridge or room, or was connected elsewhere."""
    if how == "was connected elsewhere":
        takes_another = DESK.replace("          caller.left: ready\n", "          call.dtmf.received: take\n")
        phone = Phone(
            takes_another.replace("agent.left: rating", "agent.left: {do: [{log: agent left}], then: rating}")
        )
        phone.calls(wait=1), phone.calls(wait=1)
        person = agent(phone)
        phone.press(person, "1", wait=3)
        phone.press(person, "2", wait=4)
    else:
        phone = Phone(TEAM.replace(", end_room_on_exit: true", ""))
        phone.calls(wait=1)
        person = agent(phone)
        if how == "hung up":
            phone.hang_up(person)
        else:
            phone.press(person, "1")

    assert phone.logged().count("agent left") == 1
    assert ("agent hung up" in phone.logged()) is (how == "hung up")


def test_labels_of_private_rooms():
    """Each leg bears its role's name as label, so supervisors can join; the link is exact."""
    joins = "{join_conference: {room: support 10, role: whisper, to: agent, must_exist: true}}"
    boss = flow(f"  a:\n    do: [answer, {joins}]\n    after: {{1h: hangup}}\n", name="boss", number="+15550000009")
    phone = Phone(
        DESK,
        boss,
        people("log: x")
        .replace("flow: desk", "flow: third")
        .replace("+15550000001", "+15550000011")
        .replace(AGENTS, "+15550000012"),
    )
    callers = [phone.calls(from_=f"{CALLER}{i}", wait=1) for i in range(2)]
    agents = [agent(phone), agent(phone)]
    for person in agents:
        phone.press(person, "1", wait=3)
    supervisor = phone.calls(to="+15550000009", wait=1)

    assert phone.parameters("conference_join")["whisper_call_control_ids"] == [agents[0]]
    assert phone.leg(supervisor).links == {}
    for call, person in zip(callers, agents, strict=True):
        assert [link.run for link in phone.leg(call).links.values()] == [phone.stage.run_of(person)]
        assert [link.run for link in phone.leg(person).links.values()] == [phone.stage.run_of(call)]
