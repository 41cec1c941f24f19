"""language.md, section 2 and the table of section 3: several legs of one interaction."""

from __future__ import annotations

import pytest
from core_stage import AGENTS, Phone, flow
from desk_flow import DESK
from legs_flow import CALLER_STATES, DIAL, ROLE, TOP, answer, office, rung
from room_stage import TEAM
from test_legs_links import queue_flow

from engine.check.run import check_files
from engine.core.event import Event
from engine.scenario.stage import Stage


def agent(phone: Phone, number: int = 1, wait: float = 1.0) -> str:
    return phone.calls(to=AGENTS, from_=f"+1555222000{number}", wait=wait)


# -- what finishes a step ----------------------------------------------------------------------------------------

TRANSFER = """\
  a:
    do: [answer, {transfer: {to: "+15557770001", as: boss}}, {log: finished}]
    on:
      call.bridged: {do: [{log: bridged}]}
      boss.call.hangup: no
    after: {1h: hangup}
  no:
    do: [{speak: No}]
    then: hangup
"""
BRIDGE = CALLER_STATES.replace(
    '    do:\n      - log: "talks to {{ agent.number }}"\n',
    "    do:\n      - bridge: {to: agent}\n      - log: finished\n",
)


@pytest.mark.parametrize("verb", ["bridge", "transfer"])
def test_bridge_and_transfer(verb: str):
    """bridge, transfer are finished by this leg's `call.bridged`."""
    phone = office(flow(TRANSFER) if verb == "transfer" else flow(BRIDGE, top=TOP, roles=ROLE))
    phone.world.delay("call.bridged", 5.0, 2)
    call = phone.calls(wait=2)
    answer(phone, wait=4)
    assert phone.did(call)[-1] == ("transfer" if verb == "transfer" else "bridge")
    assert "finished" not in phone.logged()
    phone.wait(2)

    assert phone.logged().count("finished") == 1


def test_dial():
    """dial is finished by B's `call.answered`."""
    phone = office()
    phone.calls(wait=10)
    assert phone.did()[-1] == "dial"
    assert "dialled" not in phone.logged()
    phone.world.delay("call.answered", 3.0)
    answer(phone, wait=2)
    assert "dialled" not in phone.logged()
    phone.wait(2)

    assert "dialled" in phone.logged()


RINGS = {"dial": 'dial: {to: "+15557770001", as: agent}', "transfer": 'transfer: {to: "+15557770001", as: agent}'}


@pytest.mark.parametrize("verb", RINGS)
@pytest.mark.parametrize("how", ["busy", "nobody answers"])
@pytest.mark.parametrize("leads", [True, False])
def test_the_other_ones_hangup(verb: str, how: str, leads: bool):
    """
    B's hangup before that ends the step without error: `<leg>.call.hangup` is required, decides, and neither the rest
    of `do` nor `then` follows.
    """
    handler = "agent.call.hangup: c" if leads else "agent.call.hangup: {do: [{log: decides}]}"
    states = f"  a:\n    do: [answer, {{{RINGS[verb]}}}, {{log: rest of do}}]\n    then: b\n    on: {{HANDLER}}\n"
    states += (
        "  b:\n    do: [{log: then}]\n    then: hangup\n  c:\n"
        "    do: [{log: decided}, {speak: Hello}]\n    then: hangup\n"
    )
    roles = ROLE if verb == "dial" else ""
    phone = office(flow(states.replace("HANDLER", handler), roles=roles))
    call = phone.calls(wait=2)
    if how == "busy":
        phone.world.refuse(rung(phone), phone.now)
    phone.wait(45)

    assert phone.logged() == (["decided"] if leads else ["decides"])
    assert (phone.errors(), phone.states(call)) == ([], ["a", "c"] if leads else ["a"])
    project = b'telnyx: {connection_id: "77", caller_id: "+15559990000"}\n'
    for written, is_fault in ((handler, not leads), ("call.cost: c", True)):
        text = flow(states.replace("HANDLER", written), roles=roles)
        problems = check_files({"desk.flow.yaml": text.encode(), "project.yaml": project})
        assert ("T007" in {problem.rule for problem in problems}) is is_fault


def test_the_others():
    """The others are finished by HTTP 200; `notify` when it is stored for sending."""
    for step in (
        "send_dtmf: 12",
        "transcription_start",
        "check_queue: support",
        "conference_mute",
        "telnyx: {operation: suppression_start}",
    ):
        states = (
            f"  a:\n    do: [answer, {{enqueue: {{queue: support, max_wait: 1h}}}}, {{{step}}}, {{log:"
            f" finished}}]\n    after: {{1h: hangup}}\n"
        )
        if step == "conference_mute":
            states = states.replace("{enqueue: {queue: support, max_wait: 1h}}", "{join_conference: {room: team}}")
        phone = Phone(
            flow(
                states.replace("{transcription_start}", "transcription_start").replace(
                    "{conference_mute}", "conference_mute"
                )
            )
        )
        phone.wait(1)
        operation = {"check_queue": "queued_call_retrieve", "telnyx": "suppression_start"}.get(
            step.split(":")[0], step.split(":")[0]
        )
        phone.fail(operation, "10007", status=503, times=2)
        phone.calls()
        while not any(row.command.operation == operation for _, row in phone.stage.outbox.sent):
            assert phone.stage.tick()
        assert phone.logged() == [], step  # it is sent, and not yet accepted
        phone.wait(5)
        assert phone.logged() == ["finished"], step

    phone = Phone(flow("  a:\n    do: [{notify: {to: inbox, x: y}}, {log: finished}]\n    after: {1h: hangup}\n"))
    phone.calls(wait=0)
    while not phone.logged():
        assert phone.notified() == []
        assert phone.stage.tick()
    assert phone.logged() == ["finished"]


# -- links -------------------------------------------------------------------------------------------------------


class OneRow(Stage):
    """Notices when one event changes more than its own run."""

    def receive(self, event: Event) -> None:
        before = dict(self.rows)
        Stage.receive(self, event)
        changed = [run for run, row in self.rows.items() if before.get(run) is not row]
        assert len(changed) <= 1, (event.type, changed)


@pytest.mark.parametrize("how", ["dial", "connect", "room", "bridge"])
def test_messages_only(how: str):
    """Runs talk by messages only."""
    text = {"dial": DIAL, "connect": DESK, "room": TEAM, "bridge": queue_flow("bridge")}[how]
    phone = office(text, stage=OneRow)
    call = phone.calls(wait=2)
    other = answer(phone, wait=2) if how == "dial" else agent(phone, wait=2)
    phone.press(other, "" if how == "room" else "1", wait=3)
    assert phone.leg(call).links["agent"].run == phone.stage.run_of(other)
    if how != "bridge":
        phone.press(call, "3", wait=1)
    phone.hang_up(other, wait=5)

    assert phone.leg(call).links == {}


def test_links_of_rooms():
    """
    A room links only legs of different roles of one file, pairwise; a leg has one link per role name, the earliest,
    and a room never replaces a link that exists.
    """
    other = (
        TEAM.replace("flow: desk", "flow: other")
        .replace("+15550000001", "+15550000008")
        .replace(AGENTS, "+15550000009")
    )
    phone = Phone(TEAM.replace(", end_room_on_exit: true", ""), other)
    one, two = phone.calls(wait=1), phone.calls(wait=1)
    stranger = phone.calls(to="+15550000009", from_="+15552220009", wait=1)
    assert [phone.leg(call).links for call in (one, two, stranger)] == [{}, {}, {}]

    first, second, third = agent(phone, 1), agent(phone, 2), agent(phone, 3)
    runs = {call: phone.stage.run_of(call) for call in (one, two, first, second, third)}
    partners = {call: {link.run for link in phone.leg(call).links.values()} for call in runs}
    assert partners == {one: {runs[first]}, first: {runs[one]}, two: {runs[second]}, second: {runs[two]}, third: set()}

    dialled = office(
        flow(
            CALLER_STATES.replace('- log: "talks to {{ agent.number }}"', "- join_conference: {room: team}"),
            top=TOP,
            roles=ROLE.replace("          - speak: Hello\n", "          - join_conference: {room: team}\n"),
        )
    )
    calls = []
    for _ in range(2):
        call = dialled.calls(wait=2)
        calls.append((call, answer(dialled, wait=2)))
    for call, its_agent in calls:  # all four are in one room
        assert dialled.leg(call).links["agent"].run == dialled.stage.run_of(its_agent)
        assert dialled.leg(its_agent).links["caller"].run == dialled.stage.run_of(call)


JOINED = "      agent.joined: {do: [{log: joined}]}\n      agent.left: {do: [{log: left}]}\n"


@pytest.mark.parametrize("how", ["dial", "dial and bridge", "connect", "room", "bridge"])
@pytest.mark.parametrize("end", ["hang up", "caller hangs up"])
def test_links_begin_and_end_once(how: str, end: str):
    """A link begins and ends once, and the engine says so: `agent.joined`, `agent.left`."""
    waits = f"    on:\n{JOINED}    after: {{2h: hangup}}\n"
    enqueue, room = "{enqueue: {queue: support, max_wait: 1h}}", "{join_conference: {room: team}}"
    dial = '{dial: {to: "+15557770001", as: agent}}'
    mine = {"dial": dial, "dial and bridge": f"{dial}, {{bridge: {{to: agent}}}}", "room": room}.get(how, enqueue)
    theirs = {"connect": "{connect: support}", "bridge": "{bridge: {queue: support}}", "room": room}.get(
        how, "{log: hello}"
    )
    starts = "" if how.startswith("dial") else f'    starts_when: {{calls_to: ["{AGENTS}"]}}\n'
    roles = (
        f"roles:\n  agent:\n{starts}    anywhere: {{on_error: hangup}}\n    start: a\n    states:\n"
        f"      a:\n        do: [answer, {theirs}]\n"
    )
    roles += (
        "        on:\n          caller.joined: {do: [{log: agent joined}]}\n"
        "          caller.left: {do: [{log: agent left}]}\n        after: {2h: hangup}\n"
    )
    handler = "      agent.call.hangup: {do: [{log: gone}]}\n" if how.startswith("dial") else ""
    phone = office(
        flow(f"  a:\n    do: [answer, {mine}]\n{waits.replace('    after', handler + '    after')}", roles=roles)
    )
    call = phone.calls(wait=2)
    other = answer(phone, wait=3) if how.startswith("dial") else agent(phone, wait=3)
    assert sorted(phone.logged()) == sorted(["agent joined", "joined", *(["hello"] if how.startswith("dial") else [])])

    phone.hang_up(other if end == "hang up" else call, wait=5)

    told = [text for text in phone.logged() if text in ("left", "agent left")]
    survives = "left" if end == "hang up" else "agent left"
    is_hung_up = (how, end) in (
        ("bridge", "hang up"),
        ("dial and bridge", "caller hangs up"),
    )  # by Telnyx, with the other
    assert told == ([] if is_hung_up else [survives])
    assert phone.logged().count("joined") == phone.logged().count("agent joined") == 1


# -- words and variables -----------------------------------------------------------------------------------------

TELLS = """\
  a:
    do: [answer, {tell: {agent: {price: 7}}}, {log: told}, {join_conference: {room: team}}]
    on: {call.dtmf.received: {do: [{tell: {agent: {price: "{{ event.digit }}"}}}, {tell: {agent: hello}}]}}
    after: {1h: hangup}
"""
HEARS = f"""\
roles:
  agent:
    starts_when: {{calls_to: ["{AGENTS}"]}}
    anywhere: {{on_error: hangup}}
    start: a
    states:
      a:
        do: [answer, {{join_conference: {{room: team}}}}]
        on:
          caller.says.price: {{do: [{{log: "price {{{{ event.value }}}}"}}]}}
          caller.says.hello: {{do: [{{log: "hello {{{{ event.value }}}}"}}]}}
        after: {{1h: hangup}}
"""


def test_tell():
    """`tell` is heard as `caller.says.word` with `event.value`; without a link it is dropped."""
    phone = Phone(flow(TELLS, roles=HEARS))
    call = phone.calls(wait=2)
    assert (phone.logged(), phone.errors()) == (["told"], [])
    person = agent(phone)
    assert phone.logged() == ["told"]  # what was dropped is not heard later

    phone.press(call, "5")

    assert phone.logged() == ["told", "price 5", "hello "]
    phone.hang_up(person, wait=2)
    phone.press(call, "6")
    assert phone.logged() == ["told", "price 5", "hello "]


def test_variables_of_the_linked_leg():
    """`agent.account` reads a declared, non-secret variable of the linked leg."""
    top = "remember:\n  account: {type: digits}\n  code: {type: digits, secret: true}\n"
    states = (
        "  a:\n    do: [answer, {join_conference: {room: team}}]\n    on:\n"
        '      call.dtmf.received: {do: [{log: "<{{ agent.NAME }}>"}]}\n    after: {1h: hangup}\n'
    )
    roles = (
        HEARS[: HEARS.index("        on:\n")]
        + "        on: {call.dtmf.received: {do: [{set: {account: '77', code: '99'}}]}}\n        after: {1h: hangup}\n"
    )
    phone = Phone(flow(states.replace("NAME", "account"), top=top, roles=roles))
    call, person = phone.calls(wait=2), agent(phone)
    phone.press(call, "1")
    phone.press(person, "1")
    phone.press(call, "1")
    assert phone.logged() == ["<>", "<77>"]
    assert phone.leg(call).variables["account"] == ""

    for name, is_fault in (("account", False), ("code", True), ("acount", True)):
        text = flow(states.replace("NAME", name), top=top, roles=roles)
        faults = [p for p in check_files({"desk.flow.yaml": text.encode()}) if p.severity == "error"]
        assert bool(faults) is is_fault, name


@pytest.mark.parametrize("where", ["step", "exit"])
def test_hangup(where: str):
    """`hangup` ends this leg and the run."""
    step = ", hangup, {log: never}" if where == "step" else ""
    exit_ = "over" if where == "step" else "hangup"
    phone = Phone(
        flow(
            f"  a:\n    do: [answer, {{log: here}}{step}]\n    then: {exit_}\n  over:\n"
            f"    do: [{{log: never}}]\n    then: hangup\n"
        )
    )
    call, other = phone.calls(wait=2), phone.calls(wait=0)

    assert (phone.world.look(call).state, phone.state(call)) == ("ended", "ended")
    assert phone.logged() == ["here"]
    assert phone.world.look(other).state != "ended"
    phone.wait(5)
    assert phone.left_over() == []
