"""The tables of docs/simulated_telnyx.md, made by asking a simulated Telnyx: every operation in every state."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from simulated_line import OFFICE, Line

from engine.simulator.options import ACCOUNT, NOT_DOCUMENTED, TIMES
from engine.simulator.switches import describe_switches
from engine.simulator.values import Response
from engine.tables import catalogue

NOBODY = "v3:nobody"
LONG_S = 3600.0
SPEAK = {"payload": "Hello", "voice": "v"}
Row = tuple[str, Callable[[Line, Any], Response]]

# What an operation needs in order to be accepted.
BODIES: Mapping[str, Mapping[str, Any]] = {
    "ai_assistant_add_messages": {"messages": []},
    "ai_assistant_start": {"assistant": {"id": "a"}},
    "client_state_update": {"client_state": "b25l"},
    "conversation_relay_start": {"url": "wss://relay.example"},
    "enqueue": {"queue_name": "another"},
    "gather_using_ai": {"parameters": {}},
    "gather_using_audio": {"media_name": "m"},
    "gather_using_speak": SPEAK,
    "playback_start": {"media_name": "m"},
    "record_start": {"format": "mp3", "channels": "single"},
    "refer": {"sip_address": "sip:a@example.com"},
    "reject": {"cause": "USER_BUSY"},
    "send_dtmf": {"digits": "1"},
    "send_sip_info": {"body": "x", "content_type": "text/plain"},
    "speak": SPEAK,
    "streaming_start": {"stream_url": "wss://media.example"},
    "switch_supervisor_role": {"role": "barge"},
    "transfer": {"to": "+15559990000"},
    "conference_join": {},
    "conference_play": {"media_name": "m"},
    "conference_speak": SPEAK,
    "conference_record_start": {"format": "mp3"},
    "conference_send_dtmf": {"digits": "1"},
    "conference_gather_using_audio": {"media_name": "m"},
    "conference_update": {"supervisor_role": "none"},
}

# -- calls -----------------------------------------------------------------------------------------------------


def _with(*commands: tuple[str, dict[str, Any]]) -> Callable[[Line], str]:
    def make(line: Line) -> str:
        leg = line.caller()
        for operation, body in commands:
            line.ok(operation, leg, **body)
        line.wait()
        return leg

    return make


def _rung(line: Line) -> str:
    line.ok("dial", None, connection_id="1", to="+15559990000", **{"from": OFFICE})
    line.wait()
    return line.far_leg()


def _bridged(line: Line) -> str:
    leg = line.caller()
    line.ok("bridge", leg, call_control_id=line.caller())
    line.wait()
    return leg


def _ended(line: Line, *, since_s: float = 0.1) -> str:
    leg = line.caller()
    line.world.hang_up(leg, line.now)
    line.wait(since_s)
    return leg


CALL_STATES: Mapping[str, Callable[[Line], str]] = {
    "no id": lambda line: "nonsense",
    "unknown": lambda line: NOBODY,
    "parked": Line.rings,
    "rung": _rung,
    "answered": Line.caller,
    "in a queue": _with(("enqueue", {"queue_name": "q"})),
    "in a room": lambda line: line.room()[1],
    "bridged": _bridged,
    "playing": _with(("playback_start", {"media_name": "m"})),
    "gathering": _with(("gather", {})),
    "recording": _with(("record_start", {"format": "mp3", "channels": "single"})),
    "ended": _ended,
    "ended 1 h ago": lambda line: _ended(line, since_s=LONG_S),
}


def _call_deed(operation: str) -> Callable[[Line, str], Response]:
    def ask(line: Line, leg: str) -> Response:
        body = dict(BODIES.get(operation, {}))
        if operation == "bridge":
            body = {"call_control_id": line.caller()}
        elif operation == "ai_assistant_join":
            host = line.caller()
            talk = line.ok("ai_assistant_start", host, assistant={"id": "a"})["conversation_id"]
            body = {"conversation_id": talk, "participant": {"id": leg, "role": "user"}}
        return line.do(operation, leg, **body)

    return ask


def calls_table() -> str:
    """Return every operation under ``/calls/{call_control_id}`` in every state of a call."""
    names = [name for name, row in catalogue().operations.items() if row.path.startswith("/calls/{")]
    return _table("operation", CALL_STATES, [(name, _call_deed(name)) for name in names])


# -- rooms -----------------------------------------------------------------------------------------------------


def _held(line: Line) -> tuple[str, str, str]:
    room, leg = line.room()
    line.ok("conference_hold", room)
    return room, leg, ""


def _over(line: Line) -> tuple[str, str, str]:
    room, leg = line.room()
    line.caller()
    line.ok("conference_leave", room, call_control_id=leg)
    line.wait()
    return room, leg, ""


def _full(line: Line) -> tuple[str, str, str]:
    room, leg = line.room(max_participants=2)
    line.ok("conference_join", room, call_control_id=line.caller())
    return room, leg, ""


# Each returns the room's id or name, a leg in it (or that was), and the region to ask for.
ROOM_STATES: Mapping[str, Callable[[Line], tuple[str, str, str]]] = {
    "no room": lambda line: ("00000000-0000-4000-8000-000000000000", line.caller(), ""),
    "open": lambda line: (*line.room(), ""),
    "open, by name": lambda line: ("team", line.room()[1], ""),
    "full": _full,
    "all on hold": _held,
    "ended": _over,
    "other region": lambda line: (*line.room(region="US"), "Europe"),
}


def _room_deed(operation: str) -> Callable[[Line, tuple[str, str, str]], Response]:
    row = catalogue().operations[operation]

    def ask(line: Line, state: tuple[str, str, str]) -> Response:
        room, leg, region = state
        body = dict(BODIES.get(operation, {}))
        if operation == "conference_create":
            return line.do(operation, None, call_control_id=line.caller(), name="team")
        _prepare(line, operation, room)
        if "call_control_id" in row.parameters:
            body["call_control_id"] = line.caller() if operation == "conference_join" else leg
        if operation == "conference_unhold":
            body["call_control_ids"] = [leg]
        if region and "region" in row.parameters:
            body["region"] = region
        path = {"id": room, "conference_id": room, "participant_id": _participant(line, room)}
        query = {"region": region} if region and "region" in row.query else {}
        return line.do(operation, {name: path[name] for name in row.path_parameters}, query=query, **body)

    return ask


def _prepare(line: Line, operation: str, room: str) -> None:
    if operation.startswith("conference_record_") and operation != "conference_record_start":
        line.do("conference_record_start", room, format="mp3")


def _participant(line: Line, room: str) -> str:
    rows = line.do("participant_list", room).body.get("data") or [{"id": "none"}]
    return str(rows[0]["id"])


def rooms_table() -> str:
    """Return every operation about rooms in every state of a room."""
    rows = [
        (n, _room_deed(n)) for n, row in catalogue().operations.items() if row.group in ("conference", "participant")
    ]
    return _table("operation", ROOM_STATES, [row for row in rows if row[0] != "conference_list"])


# -- queues ----------------------------------------------------------------------------------------------------


def _queue(size: int, *, waiting: int, dead: bool = False) -> Callable[[Line], str]:
    def make(line: Line) -> str:
        line.ok("queue_create", None, queue_name="q", max_size=size)
        leg = line.caller()
        for number in range(waiting):
            line.ok("enqueue", leg if number == 0 else line.caller(), queue_name="q", keep_after_hangup=True)
        if dead:
            line.world.hang_up(leg, line.now)
        line.wait()
        return leg

    return make


QUEUE_STATES: Mapping[str, Callable[[Line], str]] = {
    "no queue": Line.caller,
    "empty": _queue(2, waiting=0),
    "with a call": _queue(2, waiting=1),
    "full": _queue(2, waiting=2),
    "first one hung up": _queue(2, waiting=1, dead=True),
}
QUEUE_ROWS: list[Row] = [
    ("queue_create", lambda line, leg: line.do("queue_create", None, queue_name="q")),
    ("queue_retrieve", lambda line, leg: line.do("queue_retrieve", "q")),
    ("queue_update", lambda line, leg: line.do("queue_update", "q", max_size=9)),
    ("queue_delete", lambda line, leg: line.do("queue_delete", "q")),
    ("queue_list", lambda line, leg: line.do("queue_list")),
    ("queued_call_list", lambda line, leg: line.do("queued_call_list", "q")),
    ("queued_call_retrieve, first", lambda line, leg: line.do("queued_call_retrieve", _place(leg))),
    ("queued_call_update, first", lambda line, leg: line.do("queued_call_update", _place(leg), keep_after_hangup=True)),
    ("queued_call_remove, first", lambda line, leg: line.do("queued_call_remove", _place(leg))),
    ("enqueue, another call", lambda line, leg: line.do("enqueue", line.caller(), queue_name="q")),
    ("enqueue, the first again", lambda line, leg: line.do("enqueue", leg, queue_name="q")),
    ("leave_queue, first", lambda line, leg: line.do("leave_queue", leg)),
    ("bridge, with the queue", lambda line, leg: line.do("bridge", line.caller(), queue="q")),
]


def _place(leg: str) -> dict[str, str]:
    return {"queue_name": "q", "call_control_id": leg}


def queues_table() -> str:
    """Return every operation about queues in every state of a queue."""
    return _table("operation", QUEUE_STATES, QUEUE_ROWS)


# -- as text ---------------------------------------------------------------------------------------------------


def switches_table() -> str:
    """Return every switch with its positions, the default first."""
    lines = []
    for group in (NOT_DOCUMENTED, ACCOUNT, TIMES):
        lines += [f"**{group}**", "", "| switch | positions | meaning |", "|---|---|---|"]
        for switch in describe_switches():
            if switch.group == group:
                words = [word for word in switch.positions if word != switch.default]
                first = f"**{switch.default}**, " if switch.default else ""
                lines.append(f"| `{switch.name}` | {first}{', '.join(words)} | {switch.about} |")
        lines.append("")
    return "\n".join(lines).strip()


def _table(head: str, states: Mapping[str, Callable[[Line], Any]], rows: Iterable[Row]) -> str:
    lines = ["| " + " | ".join((head, *states)) + " |", "|" + "---|" * (len(states) + 1)]
    for name, ask in rows:
        cells = [_cell(line := Line(), ask, make(line)) for make in states.values()]
        lines.append("| " + " | ".join((f"`{name}`" if "," not in name else _named(name), *cells)) + " |")
    return "\n".join(lines)


def _named(name: str) -> str:
    operation, _, of_what = name.partition(",")
    return f"`{operation}`,{of_what}"


def _cell(line: Line, ask: Callable[[Line, Any], Response], state: Any) -> str:
    answer = ask(line, state)
    return "ok" if answer.status in (200, 204) else f"{answer.status} {answer.code}"


TABLES: Mapping[str, Callable[[], str]] = {
    "switches": switches_table,
    "calls": calls_table,
    "rooms": rooms_table,
    "queues": queues_table,
}
