"""
The run of a queue: it knows which run each waiting call is, and gives callers to agents (``connect``).

An agent asks; the queue reads Telnyx's list, claims the first live caller for that agent (two agents at one instant
get two callers), and sends both into a private room ``QUEUE NUMBER``. Legs leave the line and join by themselves;
when that fails half-way the caller goes back in line, and an agent whose caller has gone gets the next one.

Telnyx's own bridge to a queue names no partner: legs that want one come one after another, and who leaves the line
meanwhile because of a bridge is the partner. How they take turns stands in ``queue_bridges``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from engine.core import queue_bridges
from engine.core.answer import answer_in
from engine.core.change import Change, JournalEntry, Row
from engine.core.command import Command
from engine.core.event import ACCEPTED, IN_DOUBT, REFUSED, Event
from engine.core.names import room_run
from engine.core.state_format import STATE_FORMAT, readable
from engine.core.turn import Outgoing

LOWEST_ROOM = 10
MOST_TRIES = 10
OTHER_FLOW = "other_flow"
_TITLES = {
    "nobody_waiting": "nobody is waiting",
    "not_linked": "those who wait belong to another flow, whose calls this flow cannot take",
}


@dataclass(slots=True)
class Claim:
    """
    A caller that an agent is getting. *stage*: asking (Telnyx for the list), claimed, accepted.

    *is_invited*: the agent was sent to the room; it stays there while the next caller is tried. *is_held*: it waits
    until nobody bridges with the queue. *flow* and *role* are the agent's; *is_amiss*: somebody waits who can never be
    linked with it, for want of a common file.
    """

    agent: str
    call_control_id: str
    caller: str = ""
    room: str = ""
    stage: str = "asking"
    is_invited: bool = False
    is_held: bool = False
    tries: int = 0
    passed_over: list[str] = field(default_factory=list)
    flow: str = ""
    role: str = ""
    is_amiss: bool = False


@dataclass(slots=True, kw_only=True)
class Queue:
    """
    One queue by its name. *waiting* maps a waiting leg's call_control_id to its run; *rooms* are in use.

    *bridges* are those who want its first caller by Telnyx's own bridge, in their order.
    """

    run: str
    ver: int = 0
    waiting: dict[str, str] = field(default_factory=dict)
    claims: dict[str, Claim] = field(default_factory=dict)
    rooms: list[str] = field(default_factory=list)
    sent: dict[str, str] = field(default_factory=dict)
    bridges: list[queue_bridges.Taker] = field(default_factory=list)
    format: int = STATE_FORMAT

    @property
    def name(self) -> str:
        return self.run.removeprefix("queue:")

    @classmethod
    def decode(cls, text: str) -> Queue:
        raw = readable(orjson.loads(text))
        raw["claims"] = {agent: Claim(**claim) for agent, claim in raw["claims"].items()}
        raw["bridges"] = [queue_bridges.Taker(**taker) for taker in raw.get("bridges", ())]
        return cls(**raw)


@dataclass(slots=True)
class _Turn:
    queue: Queue
    out: Outgoing
    settled: list[str] = field(default_factory=list)


def queue_change(event: Event, row: Row | None, *, run: str, now: float) -> Change:
    """Return what *event* makes of the queue's run. Pure."""
    queue = Queue.decode(row.state) if row is not None else Queue(run=run)
    queue.ver += 1
    turn = _Turn(queue, Outgoing(run=run, ver=queue.ver, now=now))
    if event.type in (ACCEPTED, REFUSED, IN_DOUBT):
        _outcome(turn, event)
    elif event.type in _MESSAGES:
        _MESSAGES[event.type](turn, event.payload)
    _take_turns(turn)
    is_idle = not (queue.waiting or queue.claims or queue.rooms or queue.sent or queue.bridges)
    return Change(
        event_id="" if event.type in (ACCEPTED, REFUSED, IN_DOUBT) else event.id,
        at=now,
        ver_before=row.ver if row is not None else 0,
        row=Row(run=run, ver=queue.ver, state=orjson.dumps(queue).decode(), ended_at=now if is_idle else None),
        commands=tuple(turn.out.rows),
        settled=tuple(turn.settled),
        journal=(
            JournalEntry(
                run=run,
                at=now,
                kind="event",
                record={"id": event.id, "type": event.type, "waiting": len(queue.waiting)},
            ),
            *turn.out.journal,
        ),
    )


def _entered(turn: _Turn, message: Mapping[str, Any]) -> None:
    turn.queue.waiting[message["call_control_id"]] = message["run"]


def _left(turn: _Turn, message: Mapping[str, Any]) -> None:
    queue = turn.queue
    queue.waiting = {ccid: run for ccid, run in queue.waiting.items() if run != message["run"]}
    queue_bridges.left(queue.bridges, turn.out, str(message["run"]), str(message.get("reason") or ""))
    for claim in list(queue.claims.values()):
        if claim.caller == message["run"] and claim.stage == "claimed":
            _try_next(turn, claim)  # it left before it heard of the claim


def _connect(turn: _Turn, message: Mapping[str, Any]) -> None:
    claim = Claim(message["run"], message["call_control_id"], flow=message["flow"], role=message["role"])
    _give_up(turn, turn.queue.claims.get(claim.agent))
    turn.queue.claims[claim.agent] = claim
    _ask(turn, claim)


def _take_turns(turn: _Turn) -> None:
    """Let the next bridge begin while no agent is getting a caller, or else the agents who waited for the bridges."""
    claims = turn.queue.claims.values()
    if all(claim.is_held for claim in claims):
        queue_bridges.begin_next(turn.queue.bridges, turn.out)
    if not queue_bridges.is_under_way(turn.queue.bridges):
        for claim in [claim for claim in claims if claim.is_held]:
            _ask(turn, claim)


def _ask(turn: _Turn, claim: Claim) -> None:
    claim.is_held = bool(turn.queue.bridges)
    if claim.is_held:
        return
    claim.stage = "asking"
    claim.tries += 1
    identity = turn.out.put(
        Command(operation="queued_call_list", path={"queue_name": turn.queue.name}, query={"page[size]": 250}),
        flow=claim.flow,
    )
    turn.queue.sent[identity] = claim.agent


def _outcome(turn: _Turn, event: Event) -> None:
    identity = str(event.payload["command_id"])
    turn.settled.append(identity)
    claim = turn.queue.claims.get(turn.queue.sent.pop(identity, ""))
    if claim is None or claim.stage != "asking":
        return
    if event.type == ACCEPTED:
        _choose(turn, claim, answer_in(event.payload).items)
    elif event.payload.get("status") == 404:
        _refuse(turn, claim, "nobody_waiting")  # Telnyx has no such queue yet: nobody ever waited in it
    else:
        _refuse(turn, claim, str(event.payload.get("code") or "refused"))


def _choose(turn: _Turn, claim: Claim, rows: Sequence[Mapping[str, Any]]) -> None:
    """Claim the first live caller that nobody else has claimed; calls of other applications are passed over."""
    queue = turn.queue
    taken = {other.caller for other in queue.claims.values()} | set(claim.passed_over)
    for row in sorted(rows, key=_position):
        caller = queue.waiting.get(str(row.get("call_control_id")))
        if caller and row.get("is_alive") is not False and caller not in taken:
            claim.caller, claim.stage = caller, "claimed"
            if not claim.room:
                claim.room = _free_room(queue)
                queue.rooms.append(claim.room)
            who = {"agent": claim.agent, "flow": claim.flow, "role": claim.role}
            turn.out.tell(caller, "connect.claim", queue=queue.name, room=claim.room, **who)
            return
    _refuse(turn, claim, "not_linked" if claim.is_amiss else "nobody_waiting")


def _position(row: Mapping[str, Any]) -> int:
    found = row.get("queue_position")
    return found if isinstance(found, int) else 0


def _free_room(queue: Queue) -> str:
    number = LOWEST_ROOM
    while f"{queue.name} {number}" in queue.rooms:
        number += 1
    return f"{queue.name} {number}"


def _refuse(turn: _Turn, claim: Claim, code: str) -> None:
    """The agent gets nobody, and is told why."""
    _drop(turn, claim)
    turn.out.tell(claim.agent, "connect.refused", code=code, title=_TITLES.get(code, "Telnyx refused"))


def _drop(turn: _Turn, claim: Claim) -> None:
    """Forget a claim; a room that nobody was sent to is free again at once, else its own run says when."""
    del turn.queue.claims[claim.agent]
    if claim.is_invited:
        turn.out.tell(room_run(claim.room), "room.check", queue=turn.queue.name)
    elif claim.room in turn.queue.rooms:
        turn.queue.rooms.remove(claim.room)


def _give_up(turn: _Turn, claim: Claim | None) -> None:
    """Forget a claim whose agent has gone; a caller on the way goes back in line."""
    if claim is None:
        return
    _drop(turn, claim)
    if claim.caller and claim.stage == "accepted":  # one that is only claimed hears it when it accepts
        turn.out.tell(claim.caller, "connect.back", queue=turn.queue.name)


def _claim_accepted(turn: _Turn, message: Mapping[str, Any]) -> None:
    claim = turn.queue.claims.get(message["agent"])
    if claim is None or claim.caller != message["run"]:
        turn.out.tell(message["run"], "connect.back", queue=turn.queue.name)
        return
    claim.stage = "accepted"
    if not claim.is_invited:
        claim.is_invited = True
        turn.out.tell(claim.agent, "connect.invite", queue=turn.queue.name, caller=claim.caller, room=claim.room)


def _claim_refused(turn: _Turn, message: Mapping[str, Any]) -> None:
    """The caller is no longer in line, or of another file: the agent gets the next one."""
    claim = turn.queue.claims.get(message["agent"])
    if claim is None or claim.caller != message["run"]:
        return
    if message.get("why") == OTHER_FLOW:
        claim.is_amiss, claim.tries = True, 0  # however many of them wait, the agent's own callers stand behind them
    _try_next(turn, claim)


def _failed(turn: _Turn, message: Mapping[str, Any]) -> None:
    """One of the two could not be put into the room."""
    run = message["run"]
    claim = next((c for c in turn.queue.claims.values() if run in (c.agent, c.caller)), None)
    if claim is None:
        return
    if run == claim.agent:
        _give_up(turn, claim)
        if message["code"] != "left":
            turn.out.tell(run, "connect.refused", code=message["code"], title="Telnyx refused")
    elif message["code"] == "left":
        _try_next(turn, claim)
    else:
        turn.out.tell(run, "connect.back", queue=turn.queue.name)
        _refuse(turn, claim, message["code"])


def _try_next(turn: _Turn, claim: Claim) -> None:
    claim.passed_over.append(claim.caller)
    claim.caller = ""
    if claim.tries >= MOST_TRIES:
        _refuse(turn, claim, "nobody_waiting")
    else:
        _ask(turn, claim)


def _done(turn: _Turn, message: Mapping[str, Any]) -> None:
    for run in message["runs"]:
        turn.queue.claims.pop(run, None)


def _bridge(turn: _Turn, message: Mapping[str, Any]) -> None:
    turn.queue.bridges.append(queue_bridges.Taker(message["run"], message["serial"], dict(message["person"])))


def _bridged(turn: _Turn, message: Mapping[str, Any]) -> None:
    """A leg has its caller, or has given up."""
    turn.queue.bridges = [taker for taker in turn.queue.bridges if taker.run != message["run"]]


def _taken(turn: _Turn, message: Mapping[str, Any]) -> None:
    """A private room has somebody in it, perhaps one who was on the way when the room was given back."""
    if message["room"] not in turn.queue.rooms:
        turn.queue.rooms.append(message["room"])


def _freed(turn: _Turn, message: Mapping[str, Any]) -> None:
    if message["room"] in turn.queue.rooms:
        turn.queue.rooms.remove(message["room"])


_MESSAGES: Mapping[str, Callable[[_Turn, Mapping[str, Any]], None]] = {
    "queue.entered": _entered,
    "queue.left": _left,
    "queue.connect": _connect,
    "claim.accepted": _claim_accepted,
    "claim.refused": _claim_refused,
    "connect.failed": _failed,
    "connect.done": _done,
    "queue.bridge": _bridge,
    "queue.bridged": _bridged,
    "room.taken": _taken,
    "room.freed": _freed,
}
