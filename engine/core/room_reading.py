"""What steps of legs read of a room: who is in it, how, since when. And what hangs on a participant's own id."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from engine.core import room_work
from engine.core.answer import Answer, answer_in
from engine.core.event import ACCEPTED, Event
from engine.core.room_people import NOBODY_THERE, called, labelled
from engine.core.room_state import Request, RoomTurn, Work

_PAGE = 250
_READS = frozenset({"conference_retrieve", "participant_list", "participant_retrieve"})


def begin(turn: RoomTurn, work: Work) -> None:
    """Send the first command of *work*: a reading one, or the one that it is."""
    if work.operation == "conference_retrieve":
        work.stage = "sent"
        turn.send("conference_retrieve", work=work)
    elif work.operation in _READ:
        work.stage = "sent"
        _ask_for_page(turn, work)
    else:
        room_work.begin(turn, work)


def answered(turn: RoomTurn, event: Event, request: Request) -> None:
    """Telnyx has answered a command of some work."""
    work = turn.room.work(request.work)
    if work is None:
        return  # it was finished meanwhile
    if event.type != ACCEPTED or request.operation not in _READS:
        room_work.answered(turn, event, work, request)
        return
    answer = answer_in(event.payload)
    if request.operation == "conference_retrieve":
        row = answer.result
        work.found = {"started_at": _moment(row.get("created_at")), "ends_at": _moment(row.get("expires_at"))}
        _ask_for_page(turn, work)
    elif request.operation == "participant_retrieve":
        row = answer.result
        room_work.finish(turn, work, found={name: row.get(name) for name in ("muted", "on_hold", "status")})
    else:
        _take_page(turn, work, answer)


def _ask_for_page(turn: RoomTurn, work: Work) -> None:
    query = {"page[number]": work.page, "page[size]": _PAGE}
    turn.send("participant_list", work=work, path={"conference_id": work.conference_id}, query=query)


def _take_page(turn: RoomTurn, work: Work, answer: Answer) -> None:
    for row in answer.items:
        if row.get("status") != "left":
            work.rows.append({"id": str(row.get("id")), "leg": str(row.get("call_control_id"))})
    if not answer.is_last_page:
        work.page += 1
        _ask_for_page(turn, work)
        return
    _READ[work.operation](turn, work)


def _count(turn: RoomTurn, work: Work) -> None:
    room_work.finish(turn, work, found={**work.found, "people": len(work.rows)})


def _name_all(turn: RoomTurn, work: Work) -> None:
    known = {member.call_control_id: member for member in turn.room.members.values()}
    names = [called(known[row["leg"]], work.flow) if row["leg"] in known else row["leg"] for row in work.rows]
    room_work.finish(turn, work, names=names)


def _look_at_one(turn: RoomTurn, work: Work) -> None:
    for participant in _meant(turn, work)[:1]:
        turn.send("participant_retrieve", work=work, path=_path(work, participant))


def _update(turn: RoomTurn, work: Work) -> None:
    participants = _meant(turn, work)
    work.unanswered = len(participants)
    for participant in participants:
        turn.send("participant_update", work=work, path=_path(work, participant), **work.parameters)


def _meant(turn: RoomTurn, work: Work) -> list[str]:
    """Return the participant ids of those whom *work* is about; nobody is an error of the step."""
    legs = [member.call_control_id for member in labelled(turn.room, work.to, work.flow, work.run)]
    found = [row["id"] for leg in legs for row in work.rows if row["leg"] == leg]
    if not found:
        room_work.fail(turn, work, NOBODY_THERE)
    return found


def _path(work: Work, participant: str) -> dict[str, str]:
    return {"id": work.conference_id, "participant_id": participant}


def _moment(text: object) -> float | None:
    """Return an instant of Telnyx's in epoch seconds."""
    try:
        return datetime.fromisoformat(text).timestamp() if isinstance(text, str) else None
    except ValueError:
        return None


# What follows once all participants are known.
_READ: Mapping[str, Callable[[RoomTurn, Work], None]] = {
    "conference_retrieve": _count,
    "participant_list": _name_all,
    "participant_retrieve": _look_at_one,
    "participant_update": _update,
}
