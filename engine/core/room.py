"""
The run of a room: it creates the conference once, lets legs in and out, and knows who is in it.

Legs ask and report by messages; this run alone holds the members, so two who join at once are both linked. It sends
every command about the room. How legs come in stands in ``room_entry``, how they go in ``room_exit``, what else they
do to the room in ``room_work`` and ``room_reading``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from engine.core import room_entry, room_exit, room_reading, room_work
from engine.core.change import Change, JournalEntry, Row, Timer
from engine.core.event import ACCEPTED, IN_DOUBT, REFUSED, TIMER, Event
from engine.core.names import queue_run
from engine.core.room_people import tell_others
from engine.core.room_state import ALSO_TO_FORMER, NEVER_ENDED, Request, Room, RoomTurn, Work
from engine.core.turn import Outgoing

FORMER_FOR_S = 3600.0
_OUTCOMES = (ACCEPTED, REFUSED, IN_DOUBT)


def room_change(event: Event, row: Row | None, *, run: str, now: float) -> Change:
    """Return what *event* makes of the room's run. Pure."""
    room = Room.decode(row.state) if row is not None else Room(run=run)
    if event.type == TIMER and event.payload.get("gen") != room.gen:
        return Change(event_id="", at=now)
    room.ver += 1
    turn = RoomTurn(room, Outgoing(run=run, ver=room.ver, now=now), now)
    room.former = [former for former in room.former if former.left_at > now - FORMER_FOR_S]
    if event.type in _OUTCOMES:
        _outcome(turn, event)
    elif event.type == TIMER:
        room.due = None  # the timer row has fired: whatever is next needs a new one
        room_work.give_up_late(turn)
    elif event.type in _MESSAGES:
        _MESSAGES[event.type](turn, event.payload)
    elif event.is_about_room:
        _room_event(turn, event)
    room_entry.let_in_next(turn)
    _begin_next(turn)
    room_exit.close_if_empty(turn)
    return _change(turn, event, row)


def _change(turn: RoomTurn, event: Event, row: Row | None) -> Change:
    room, now = turn.room, turn.now
    due = min((work.until for work in room.works if work.until is not None), default=None)
    if due != room.due:
        room.due = due
        room.gen += 1
    record = {"id": event.id, "type": event.type, "stage": room.stage, "members": sorted(room.members)}
    ended_at = None if room.is_needed else now
    if ended_at is not None:
        room.works = []  # music that nobody hears any more: what it was about need not lie in a tombstone
    return Change(
        event_id="" if event.type in (*_OUTCOMES, TIMER) else event.id,
        at=now,
        ver_before=row.ver if row is not None else 0,
        row=Row(run=room.run, ver=room.ver, state=orjson.dumps(room).decode(), ended_at=ended_at),
        keys=tuple(turn.keys),
        commands=tuple(turn.out.rows),
        settled=tuple(turn.settled),
        timer=None if due is None else Timer(room.run, due, room.gen),
        journal=(JournalEntry(run=room.run, at=now, kind="event", record=record), *turn.out.journal),
    )


def _begin_next(turn: RoomTurn) -> None:
    """Begin what legs have asked for, as soon as it is known which conference it is about."""
    room = turn.room
    for work in [work for work in room.works if work.stage == "new"]:
        member = room.members.get(work.run)
        if not work.is_named and (member is None or not member.is_in):
            room_work.finish(turn, work)  # its room has ended
        elif not work.is_named and member is not None:
            _begin(turn, work, member.conference_id)
        elif room.stage == "open":
            _begin(turn, work, room.conference_id)
        elif room.stage == "none":
            turn.find(NEVER_ENDED[0])


def _begin(turn: RoomTurn, work: Work, conference_id: str) -> None:
    work.conference_id = conference_id
    room_reading.begin(turn, work)


def _room_event(turn: RoomTurn, event: Event) -> None:
    """Tell an event of a conference to those in it whose flow listens; its end is told to everybody in it."""
    room, conference_id = turn.room, event.conference_id or ""
    is_over = event.type == "conference.ended"
    here = [member for member in room.members.values() if member.conference_id == conference_id]
    heard = {member.run for member in here if is_over or event.type in member.listens}
    if event.type in ALSO_TO_FORMER:
        former = [one for one in room.former if one.conference_id == conference_id and event.type in one.listens]
        heard |= {one.run for one in former if one.run not in room.members}
    for run in sorted(heard):
        turn.out.tell(
            run, "room.event", type=event.type, room=room.name, conference_id=conference_id, payload=dict(event.payload)
        )
    room_work.heard_by_all(turn, event)
    if is_over:
        room.has_ended(conference_id)
        room_work.over(turn, conference_id)
        for member in here:
            # One whose join is not answered yet: the answer says that the room is gone, and it starts over.
            if member.run in room.members and (member.is_in or not room.is_joining(member)):
                room_exit.forget(turn, member.run)


def _outcome(turn: RoomTurn, event: Event) -> None:
    room, identity = turn.room, str(event.payload["command_id"])
    turn.settled.append(identity)
    request = room.sent.pop(identity, None)
    if request is None:
        return
    if request.work:
        room_reading.answered(turn, event, request)
    elif request.operation == "conference_leave":
        room_exit.taken_out(turn, request, identity)
    elif request.operation == "conference_list":
        room_entry.found(turn, event, request)
        if room.stage == "none":
            room_work.not_found(turn)
    elif request.operation == "conference_create":
        room_entry.created(turn, event, request)
    elif request.operation == "conference_join":
        _join_answered(turn, event, request)
    elif request.operation == "participant_list":
        room_entry.participants_known(turn, event, request)


def _join_answered(turn: RoomTurn, event: Event, request: Request) -> None:
    member = turn.room.member(request.run, request.stay)
    if member is None:
        return
    if event.type == REFUSED:
        room_entry.join_refused(turn, event, request, member)
    elif not member.is_in and request.conference_id in turn.room.over:
        room_entry.start_over(turn, member)


def _check(turn: RoomTurn, message: Mapping[str, Any]) -> None:
    """The queue asks whether a private room that it gave away is still needed."""
    if not turn.room.is_needed:
        turn.out.tell(queue_run(str(message["queue"])), "room.freed", room=turn.room.name)


def _told(turn: RoomTurn, message: Mapping[str, Any]) -> None:
    """A leg in the room passes on what Telnyx said about it: the room and the others cannot hear it themselves."""
    member = turn.room.member(str(message["run"]), int(message["stay"]))
    if member is not None:
        event_type, payload = str(message["type"]), message["payload"]
        room_work.heard_by(turn, member, event_type, payload)
        if event_type.startswith("conference.participant."):
            tell_others(turn, member, event_type, payload)


def _listens(turn: RoomTurn, message: Mapping[str, Any]) -> None:
    """A leg's flow listens to other events than before."""
    member = turn.room.member(str(message["run"]), int(message["stay"]))
    if member is not None:
        member.listens = message["listens"]


_MESSAGES: Mapping[str, Callable[[RoomTurn, Mapping[str, Any]], None]] = {
    "room.join": room_entry.join,
    "room.joined": room_entry.joined,
    "room.leave": room_exit.leave,
    "room.left": room_exit.left,
    "room.check": _check,
    "room.work": room_work.ask,
    "room.told": _told,
    "room.listens": _listens,
}
