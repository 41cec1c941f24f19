"""
Which leg stays when the other leaves: every way of being connected, played through on a stage.

What is seen there is the table of docs/legs.md; ``test_which_leg_stays.py`` compares the two.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core_stage import AGENTS, Phone, flow
from legs_flow import office, rung

BOSSES = "+15550000007"
LINE = "enqueue: {queue: support, max_wait: 1h}"
_DIAL = 'dial: {to: "+15557770001", as: agent}'

# What anybody does who is connected: says what it hears, and leaves in the way of the key that is pressed.
_STATES = """\
  begin:
    do: [{begin}]
    on:
      {other}.joined: talk
      {other}.call.hangup: alone
    after: {{2h: hangup}}
  talk:
    do: [{talk}]
    on:
{hears}
      call.dtmf.received:
        - if: event.digit == "1"
          then: out
        - if: event.digit == "2"
          then: elsewhere
        - if: event.digit == "3"
          then: line
        - if: event.digit == "4"
          then: take
    after: {{2h: hangup}}
  take:
    do: [{{connect: {{queue: support}}}}]
    then: talk
  out:
    do: [leave_conference]
    on:
{hears}
    after: {{2h: hangup}}
  line:
    do: [{{enqueue: {{queue: other_line, max_wait: 1h}}}}]
    on:
{hears}
    after: {{2h: hangup}}
  elsewhere:
    do: [{{transfer: {{to: "+15557770009", as: far}}}}]
    on:
      far.call.hangup: alone
{hears}
    after: {{2h: hangup}}
  alone:
    after: {{2h: hangup}}
"""
_HEARS = """\
      {other}.call.hangup: {{do: [{{log: "`{other}.call.hangup`"}}]}}
      {other}.left: {{do: [{{log: "`{other}.left`"}}], then: alone}}
      anyone.conference.participant.left: {{do: [{{log: "`anyone.conference.participant.left`"}}]}}
      conference.ended: {{do: [{{log: "`conference.ended`"}}]}}
      call.hangup: {{do: [{{log: "its own `call.hangup`"}}]}}"""
_INNER = """\
flow: inner
starts_when: {another_flow_calls: true}
anywhere: {on_error: hangup}
start: inside
states:
  inside:
    after: {2h: end}
"""


def _states(other: str, begin: str, *, talk: str = "") -> str:
    talk = talk or f"log: {other} is there"
    hears = _HEARS.format(other=other)
    return _STATES.format(other=other, begin=begin, talk=f"{{{talk}}}", hears=hears)


def _role(name: str, number: str, other: str, begin: str, *, talk: str = "", start: str = "begin") -> str:
    starts = f'    starts_when: {{calls_to: ["{number}"]}}\n' if number else ""
    states = "".join(f"    {line}\n" for line in _states(other, begin, talk=talk).splitlines())
    return f"  {name}:\n{starts}    anywhere: {{on_error: hangup}}\n    start: {start}\n    states:\n{states}"


def _desk(mine: str, theirs: str, *, number: str = AGENTS, talk: str = "", more: str = "") -> str:
    """Return a flow whose caller begins with *mine*, and whose agent begins with *theirs*."""
    roles = f"roles:\n{_role('agent', number, 'caller', theirs)}{more}"
    return flow(_states("agent", f"answer, {{{mine}}}", talk=talk), roles=roles)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two who are connected on a stage: their call_control_ids by what they are called."""

    phone: Phone
    legs: dict[str, str]


def _calls_in(text: str, *others: str) -> Callable[[], Pair]:
    """A caller waits or is in a room, and an agent calls in."""

    def pair() -> Pair:
        phone = office(text, *others)
        caller = phone.calls(wait=3)
        return Pair(phone, {"caller": caller, "agent": phone.calls(to=AGENTS, from_="+15552220001", wait=3)})

    return pair


def _is_rung(text: str) -> Callable[[], Pair]:
    """A caller calls, and somebody is rung and answers."""

    def pair() -> Pair:
        phone = office(text)
        caller = phone.calls(wait=3)
        far = rung(phone)
        phone.world.pick_up(far, phone.now)
        phone.wait(3)
        return Pair(phone, {"caller": caller, "agent": far, "far leg": far})

    return pair


def _with_next_caller(pair: Callable[[], Pair]) -> Callable[[], Pair]:
    def and_next() -> Pair:
        found = pair()
        found.phone.calls(from_="+34600111333", wait=3)
        return found

    return and_next


def _with_supervisor(text: str) -> Callable[[], Pair]:
    def pair() -> Pair:
        found = _calls_in(text)()
        boss = found.phone.calls(to=BOSSES, from_="+15552220009", wait=3)
        return Pair(found.phone, {**found.legs, "supervisor": boss})

    return pair


def _takes_own_caller(text: str) -> Callable[[], Pair]:
    """The agent whom the caller had rung presses a key, and takes that caller out of the queue."""

    def pair() -> Pair:
        found = _is_rung(text)()
        found.phone.press(found.legs["agent"], "4", wait=4)
        return found

    return pair


_CONNECT = _desk(LINE, "answer, {connect: {queue: support}}")
_QUEUE_BRIDGE = _desk(LINE, "answer, {bridge: {queue: support}}")
_DIALLED = _desk(_DIAL, "{log: rung}", number="")
_LEG_BRIDGE = _desk(_DIAL, "{log: rung}", number="", talk="bridge: {to: agent}")
_DIAL_CONNECT = _desk(f"{LINE}}}, {{{_DIAL}", "{log: rung}", number="")
_ROOM = _desk("join_conference: {room: team}", "answer, {join_conference: {room: team}}")
_HOST = _ROOM.replace("{room: team}", "{room: team, end_room_on_exit: true}")
_MONITOR = "answer}, {join_conference: {room: support 10, role: monitor, must_exist: true}"
_SUPERVISOR = _role("supervisor", BOSSES, "caller", "answer", talk=_MONITOR, start="talk")
_SUPERVISED = _desk(LINE, "answer, {connect: {queue: support}}", more=_SUPERVISOR)
_RUNS = _desk(LINE, "answer, {connect: {queue: support}}", talk="run: {flow: inner}")
_TRANSFER = flow(
    """\
  begin:
    do: [answer, {transfer: {to: "+15557770001", as: far}}]
    on:
      call.bridged: talk
      far.call.hangup: alone
    after: {2h: hangup}
  talk:
    on:
      far.call.hangup: {do: [{log: "`far.call.hangup`"}], then: alone}
      call.hangup: {do: [{log: "its own `call.hangup`"}]}
    after: {2h: hangup}
  alone:
    after: {2h: hangup}
"""
)

# -- what is seen ---------------------------------------------------------------------------------------------------

_DONE_BY_TELNYX = {"hung up": "hangs it up", "unbridged": "ends the bridge", "left": "takes it out of the room"}
_KEYS = {"leaves the room": "1", "is transferred": "2", "goes into a queue": "3", "takes the next caller": "4"}


@dataclass(frozen=True, slots=True)
class Case:
    """*who* leaves *how*; what becomes of *other*, with whom it is connected as *section* says, is told."""

    section: Section
    who: str
    how: str
    other: str

    def __str__(self) -> str:
        return f"{self.section.name}-{self.who}-{self.how}-{self.other}".replace(" ", "_")


@dataclass(frozen=True, slots=True)
class Section:
    """One way of being connected: its *name* in the tests, its *title* on the page, and who leaves how."""

    name: str
    title: str
    pair: Callable[[], Pair]
    ways: tuple[tuple[str, str, str], ...]

    def cases(self) -> list[Case]:
        return [Case(self, *way) for way in self.ways]


def row(case: Case) -> str:
    """Play *case* and return its row: what the one who stays hears, where it is then, what Telnyx and ringflow do."""
    found = case.section.pair()
    phone, leaver, stayer = found.phone, found.legs[case.who], found.legs[case.other]
    lines, entries = len(phone.stage.journal), len(phone.world.record)
    _leave(phone, leaver, case.how)
    assert phone.errors() == []
    run = "" if case.other == "far leg" else phone.stage.run_of(stayer)
    heard = [line.record["text"] for line in phone.stage.journal[lines:] if line.kind == "log" and line.run == run]
    news = [entry for entry in phone.world.record[entries:] if entry.leg == stayer]
    sent = [one.what for one in news if one.kind == "request" and not one.what.endswith(("_retrieve", "_list"))]
    done = [one.what for one in news if one.kind == "state" and one.what in _DONE_BY_TELNYX]
    if "conference_leave" in sent:
        done.remove("left")
    cells = (
        case.who,
        case.how,
        case.other,
        ", ".join(heard),
        _place(phone, stayer, run),
        ", ".join(_DONE_BY_TELNYX[what] for what in done),
        ", ".join(f"`{what}`" for what in sent),
        f"`{case}`",
    )
    return f"| {' | '.join(cell or 'nothing' for cell in cells)} |"


def _leave(phone: Phone, leaver: str, how: str) -> None:
    """Let one of the two go, and five seconds pass; whoever is rung meanwhile answers."""
    if how == "hangs up":
        phone.hang_up(leaver, wait=0.5)
    else:
        phone.press(leaver, _KEYS[how], wait=0.5)
    for far in phone.world.ringing:
        phone.world.pick_up(far.call_control_id, phone.now)
    phone.wait(5)


def _place(phone: Phone, leg: str, run: str) -> str:
    look = phone.world.look(leg)
    if look.state == "ended":
        return "over"
    where = "still bridged" if look.bridged_with else "on the line, with nobody"
    return f"{f'in the room `{look.room_name}`' if look.room_name else where}, state `{phone.stage.leg(run).state}`"


_ENDS = ("hangs up", "is transferred", "goes into a queue")
_ROOM_ENDS = ("hangs up", "leaves the room", "is transferred", "goes into a queue")


def _both(*ways: str) -> tuple[tuple[str, str, str], ...]:
    return tuple((who, how, other) for who, other in (("agent", "caller"), ("caller", "agent")) for how in ways)


SECTIONS = (
    Section("connect", "`connect: {queue: support}`, the agent's step", _calls_in(_CONNECT), _both(*_ROOM_ENDS)),
    Section(
        "next",
        "`connect`, and another caller waits",
        _with_next_caller(_calls_in(_CONNECT)),
        (("agent", "takes the next caller", "caller"),),
    ),
    Section(
        "sub_flow",
        "`connect`, and the caller's state runs another flow meanwhile (`run`)",
        _calls_in(_RUNS, _INNER),
        (("agent", "hangs up", "caller"), ("agent", "leaves the room", "caller")),
    ),
    Section(
        "private_room",
        "The private room of `connect`, with a supervisor in it",
        _with_supervisor(_SUPERVISED),
        (
            ("supervisor", "hangs up", "caller"),
            ("supervisor", "leaves the room", "agent"),
            ("agent", "hangs up", "caller"),
            ("agent", "hangs up", "supervisor"),
        ),
    ),
    Section("queue_bridge", "`bridge: {queue: support}`, the agent's step", _calls_in(_QUEUE_BRIDGE), _both(*_ENDS)),
    Section(
        "leg_bridge", "`dial`, then `bridge: {to: agent}`, the caller's steps", _is_rung(_LEG_BRIDGE), _both(*_ENDS)
    ),
    Section("dial", "`dial` alone, the caller's step", _is_rung(_DIALLED), _both("hangs up", "is transferred")),
    Section(
        "dial_connect",
        "`dial`, the caller's step, then `connect`, the agent's",
        _takes_own_caller(_DIAL_CONNECT),
        _both("hangs up", "leaves the room"),
    ),
    Section(
        "transfer",
        "`transfer`, the caller's step",
        _is_rung(_TRANSFER),
        (("far leg", "hangs up", "caller"), ("caller", "hangs up", "far leg")),
    ),
    Section("room", "A common room", _calls_in(_ROOM), _both(*_ROOM_ENDS)),
    Section(
        "host_room",
        "A common room that both joined with `end_room_on_exit: true`",
        _calls_in(_HOST),
        (("agent", "hangs up", "caller"), ("agent", "leaves the room", "caller")),
    ),
)
_HEAD = "| who leaves | how | the other | hears | and is then | Telnyx | ringflow sends | test |"


def section_text(section: Section) -> str:
    """Return a section of the page: its title, and its table as it is seen on the stage."""
    return (
        "\n".join([f"## {section.title}\n", _HEAD, f"|{'---|' * 8}", *(row(case) for case in section.cases())]) + "\n"
    )
