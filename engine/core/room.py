"""
The run of a room: it creates the conference once, lets legs in and out, and knows who is in it.

Legs ask and report by messages; this run alone holds the members, so two who join at once are both linked. It sends
every command about the room. A conference whose name is taken is joined by its id; one that is gone is made anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from engine.core.change import Change, JournalEntry, Row
from engine.core.command import Command
from engine.core.event import ACCEPTED, IN_DOUBT, REFUSED, Event
from engine.core.names import conference_key, queue_run
from engine.core.turn import Outgoing

NAME_TAKEN = "90033"
_GONE = frozenset({"90019", "90058", "10005", "10007"})
MOST_STARTS = 3


@dataclass(slots=True)
class Member:
    """A leg that asked to come in. *linked*: the roles it has a link to. *leaving*: its leave is on its way."""

    run: str
    call_control_id: str
    flow: str
    role: str
    number: str = ""
    listens: list[str] = field(default_factory=list)
    wishes: dict[str, Any] = field(default_factory=dict)
    linked: dict[str, str] = field(default_factory=dict)
    is_in: bool = False
    is_asked: bool = False
    starts: int = 0
    partner_left: dict[str, Any] | None = None


@dataclass(slots=True, kw_only=True)
class Room:
    """
    One room by its name. *stage*: none (no conference), creating, finding (its name is taken: by which id?), open.

    *queue* is set for a private room that ``connect`` made. *sent* maps command ids to (operation, run).
    """

    run: str
    ver: int = 0
    stage: str = "none"
    conference_id: str = ""
    queue: str = ""
    members: dict[str, Member] = field(default_factory=dict)
    sent: dict[str, list[str]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.run.removeprefix("room:")

    @classmethod
    def decode(cls, text: str) -> Room:
        raw = orjson.loads(text)
        raw["members"] = {run: Member(**member) for run, member in raw["members"].items()}
        return cls(**raw)


@dataclass(slots=True)
class _Turn:
    room: Room
    out: Outgoing
    now: float
    keys: list[str] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)

    def send(
        self,
        operation: str,
        member: str,
        *,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
        **parameters: Any,
    ) -> None:
        body = {name: value for name, value in parameters.items() if value is not None}
        where = {"id": self.room.conference_id} if path is None else path
        identity = self.out.put(Command(operation=operation, path=where, parameters=body, query=query or {}))
        self.room.sent[identity] = [operation, member]


def room_change(event: Event, row: Row | None, *, run: str, now: float) -> Change:
    """Return what *event* makes of the room's run. Pure."""
    room = Room.decode(row.state) if row is not None else Room(run=run)
    room.ver += 1
    turn = _Turn(room, Outgoing(run=run, ver=room.ver, now=now), now)
    if event.type in (ACCEPTED, REFUSED, IN_DOUBT):
        _outcome(turn, event)
    elif event.type in _MESSAGES:
        _MESSAGES[event.type](turn, event.payload)
    elif event.is_about_room:
        _room_event(turn, event)
    return Change(
        event_id=event.id,
        at=now,
        ver_before=row.ver if row is not None else 0,
        row=Row(
            run=run,
            ver=room.ver,
            state=orjson.dumps(room).decode(),
            ended_at=now if not (room.members or room.sent or room.conference_id) else None,
        ),
        keys=tuple(turn.keys),
        commands=tuple(turn.out.rows),
        settled=tuple(turn.settled),
        journal=(
            JournalEntry(
                run=run,
                at=now,
                kind="event",
                record={"id": event.id, "type": event.type, "stage": room.stage, "members": sorted(room.members)},
            ),
        ),
    )


# -- coming in -------------------------------------------------------------------------------------------------


def _join(turn: _Turn, message: Mapping[str, Any]) -> None:
    room = turn.room
    member = Member(
        run=message["run"],
        call_control_id=message["call_control_id"],
        flow=message["flow"],
        role=message["role"],
        number=message["number"],
        listens=message["listens"],
        wishes=dict(message["wishes"]),
        linked={role: "" for role in message["linked"]},
    )
    room.members[member.run] = member
    room.queue = message["queue"] or room.queue
    _let_in(turn, member)


def _let_in(turn: _Turn, member: Member) -> None:
    """Do for *member* what the room's stage allows; the others wait for the answer that is under way."""
    room = turn.room
    if room.stage == "open":
        _send_join(turn, member)
    elif room.stage == "none" and member.wishes.get("must_exist"):
        _find(turn, member)
    elif room.stage == "none":
        _create(turn, member)


def _create(turn: _Turn, member: Member) -> None:
    wishes, room = member.wishes, turn.room
    member.starts += 1
    member.is_asked = True
    room.stage = "creating"
    music = wishes.get("music") or {}
    lasts_s, most = wishes.get("lasts"), wishes.get("max_people")
    turn.send(
        "conference_create",
        member.run,
        path={},
        call_control_id=member.call_control_id,
        name=room.name,
        beep_enabled=wishes.get("beep"),
        max_participants=most,
        duration_minutes=None if lasts_s is None else max(1, round(lasts_s / 60)),
        start_conference_on_create=False if music else None,
        hold_audio_url=music.get("audio_url"),
        hold_media_name=music.get("media_name"),
    )


def _find(turn: _Turn, member: Member) -> None:
    turn.room.stage = "finding"
    turn.send(
        "conference_list", member.run, path={}, query={"filter": {"name": turn.room.name, "status": "in_progress"}}
    )


def _send_join(turn: _Turn, member: Member) -> None:
    wishes = member.wishes
    member.is_asked = True
    member.starts += 1
    turn.send(
        "conference_join",
        member.run,
        call_control_id=member.call_control_id,
        beep_enabled=wishes.get("beep"),
        mute=wishes.get("muted"),
        hold=wishes.get("on_hold"),
        end_conference_on_exit=wishes.get("end_room_on_exit"),
        start_conference_on_enter=True if wishes.get("music") else None,
    )


def _opened(turn: _Turn, conference_id: str, creator: str = "") -> None:
    """The conference has an id: everybody who waits may come in."""
    room = turn.room
    room.stage, room.conference_id = "open", conference_id
    turn.keys.append(conference_key(conference_id))
    for member in list(room.members.values()):
        if member.run == creator:
            _after_creating(turn, member)
        elif not member.is_in:
            _send_join(turn, member)


def _after_creating(turn: _Turn, member: Member) -> None:
    """What belongs to *join* follows as commands of its own for the leg that created the room (language.md, "Room")."""
    legs = [member.call_control_id]
    if member.wishes.get("muted"):
        turn.send("conference_mute", member.run, call_control_ids=legs)
    if member.wishes.get("on_hold"):
        turn.send("conference_hold", member.run, call_control_ids=legs)
    if member.wishes.get("end_room_on_exit"):
        turn.send(
            "participant_update",
            member.run,
            end_conference_on_exit=True,
            path={"id": turn.room.conference_id, "participant_id": member.call_control_id},
        )


def _joined(turn: _Turn, message: Mapping[str, Any]) -> None:
    room = turn.room
    member = room.members.get(message["run"])
    if member is None:
        return
    member.is_in = True
    if not room.conference_id and message["conference_id"]:
        _opened(turn, message["conference_id"], creator=member.run)
    for other in room.members.values():
        if other.is_in and other.flow == member.flow and other.role != member.role:
            _link(turn, member, other)


def _link(turn: _Turn, one: Member, two: Member) -> None:
    """Link two legs of different roles; each keeps the earliest link it has to a role."""
    if two.role in one.linked or one.role in two.linked:
        return
    one.linked[two.role], two.linked[one.role] = two.run, one.run
    for member, other in ((one, two), (two, one)):
        turn.out.tell(
            member.run, "link.began", run=other.run, role=other.role, number=other.number, queue=turn.room.queue
        )
    if turn.room.queue:
        turn.out.tell(queue_run(turn.room.queue), "connect.done", runs=[one.run, two.run])


# -- going out -------------------------------------------------------------------------------------------------


def _leave(turn: _Turn, message: Mapping[str, Any]) -> None:
    room = turn.room
    member = room.members.get(message["run"])
    if member is None or not room.conference_id or not (member.is_in or member.is_asked):
        _forget(turn, message["run"], hangup=False)
        turn.out.tell(message["run"], "room.out", room=room.name)
        return
    turn.send("conference_leave", member.run, call_control_id=member.call_control_id)


def _left(turn: _Turn, message: Mapping[str, Any]) -> None:
    _forget(turn, message["run"], hangup=bool(message["hangup"]))


def _forget(turn: _Turn, run: str, *, hangup: bool) -> None:
    """*run* is no longer in the room: its links end, and in a private room the one who stays is taken out too."""
    room = turn.room
    member = room.members.pop(run, None)
    if member is not None:
        for role, other in member.linked.items():
            partner = room.members.get(other)
            if partner is not None:
                partner.linked.pop(member.role, None)
                _end_link(turn, partner, {"run": run, "role": member.role, "hangup": hangup})
            if not hangup and other:
                turn.out.tell(run, "link.ended", run=other, role=role, hangup=False, out=True)
        if member.partner_left is not None:
            turn.out.tell(run, "link.ended", **member.partner_left, out=True)
    if not room.members:
        _emptied(turn)


def _end_link(turn: _Turn, partner: Member, link: dict[str, Any]) -> None:
    if turn.room.queue and turn.room.conference_id:
        partner.partner_left = link  # told when the one who stays is out of the room: then it may be spoken to
        turn.send("conference_leave", partner.run, call_control_id=partner.call_control_id)
    else:
        turn.out.tell(partner.run, "link.ended", **link, out=bool(turn.room.queue))


def _out(turn: _Turn, run: str) -> None:
    """Telnyx has taken *run* out of the room."""
    _forget(turn, run, hangup=False)
    turn.out.tell(run, "room.out", room=turn.room.name)


def _emptied(turn: _Turn) -> None:
    """Nobody is in the room: Telnyx ends the conference by itself, and the private room's number is free again."""
    room = turn.room
    if room.queue:
        turn.out.tell(queue_run(room.queue), "room.freed", room=room.name)
        room.queue = ""
    if room.stage == "open":
        room.stage, room.conference_id = "none", ""


def _room_event(turn: _Turn, event: Event) -> None:
    """Tell an event of the conference to the members whose flow listens to it."""
    room = turn.room
    if event.conference_id != room.conference_id:
        return  # an old conference of this name
    is_over = event.type == "conference.ended"
    for member in list(room.members.values()):
        if is_over or event.type in member.listens:
            turn.out.tell(member.run, "room.event", type=event.type, room=room.name, payload=dict(event.payload))
    if is_over:
        room.conference_id, room.stage = "", "none"
        for run, member in list(room.members.items()):
            if member.is_in:
                _forget(turn, run, hangup=False)


# -- answers ---------------------------------------------------------------------------------------------------


def _outcome(turn: _Turn, event: Event) -> None:
    identity = str(event.payload["command_id"])
    turn.settled.append(identity)
    operation, run = turn.room.sent.pop(identity, ["", ""])
    if operation == "conference_leave":
        _out(turn, run)
    elif operation == "conference_list":
        _found(turn, event)
    elif operation == "conference_create":
        _created(turn, event, run)
    elif operation == "conference_join" and event.type == REFUSED:
        _join_refused(turn, event, run)


def _created(turn: _Turn, event: Event, run: str) -> None:
    room = turn.room
    if room.stage != "creating":
        return
    code = str(event.payload.get("code") or "")
    conference_id = ((event.payload.get("body") or {}).get("data") or {}).get("id")
    if event.type == ACCEPTED and conference_id:
        _opened(turn, str(conference_id), creator=run)
        if not room.members:
            _emptied(turn)
    elif code == NAME_TAKEN or event.type == IN_DOUBT:
        room.stage = "none"
        if (member := room.members.get(run) or next(iter(room.members.values()), None)) is not None:
            _find(turn, member)
    else:
        room.stage = "none"
        _refuse(turn, run, event.payload)
        _next_in_line(turn)


def _found(turn: _Turn, event: Event) -> None:
    """The list of conferences by name has come: join the one that is there, or start over."""
    room = turn.room
    if room.stage != "finding":
        return
    rows = (event.payload.get("body") or {}).get("data") or []
    match = next((row for row in rows if row.get("name") == room.name and row.get("status") != "completed"), None)
    if match is not None:
        _opened(turn, str(match["id"]))
        return
    room.stage = "none"
    for member in list(room.members.values()):
        if member.wishes.get("must_exist") or member.starts >= MOST_STARTS:
            _refuse(turn, member.run, {"code": "no_such_room", "title": "there is no such room"})
    _next_in_line(turn)


def _join_refused(turn: _Turn, event: Event, run: str) -> None:
    room = turn.room
    member = room.members.get(run)
    if member is None:
        return
    is_gone = str(event.payload.get("code")) in _GONE or event.payload.get("status") == 404
    if is_gone and member.starts < MOST_STARTS:
        room.conference_id, room.stage = "", "none"
        _let_in(turn, member)
    else:
        _refuse(turn, run, event.payload)


def _refuse(turn: _Turn, run: str, payload: Mapping[str, Any]) -> None:
    turn.out.tell(
        run,
        "room.refused",
        room=turn.room.name,
        code=str(payload.get("code") or "refused"),
        status=payload.get("status") or 0,
        title=str(payload.get("title") or ""),
    )
    _forget(turn, run, hangup=True)


def _next_in_line(turn: _Turn) -> None:
    waiting = next((member for member in turn.room.members.values() if not member.is_in), None)
    if waiting is not None and turn.room.stage == "none":
        _let_in(turn, waiting)


_MESSAGES: Mapping[str, Callable[[_Turn, Mapping[str, Any]], None]] = {
    "room.join": _join,
    "room.joined": _joined,
    "room.leave": _leave,
    "room.left": _left,
}
