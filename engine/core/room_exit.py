"""Going out of a room: by its own step, by hanging up, or because the other one of a private room has gone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core import room_work
from engine.core.names import queue_run
from engine.core.room_people import tell_others
from engine.core.room_state import ALSO_TO_FORMER, NOT_YET, Former, Member, Request, RoomTurn


def leave(turn: RoomTurn, message: Mapping[str, Any]) -> None:
    """A leg asks to be taken out; it is told ``room.out`` when it is."""
    room = turn.room
    member = room.member(str(message["run"]), int(message["stay"]))
    if member is None:
        turn.out.tell(str(message["run"]), "room.out", room=room.name, stay=message["stay"])
    elif not member.is_asked:
        out(turn, member)
    elif not member.conference_id:
        member.leaving = NOT_YET
    elif not member.leaving:
        take_out(turn, member)


def left(turn: RoomTurn, message: Mapping[str, Any]) -> None:
    """A leg says that it is in the room no more: it hung up, or Telnyx has taken it out."""
    member = turn.room.member(str(message["run"]), int(message["stay"]))
    if member is not None:
        forget(turn, member.run, hangup=message["hangup"] or None)


def take_out(turn: RoomTurn, member: Member) -> None:
    """Have Telnyx take *member* out."""
    member.leaving = turn.send(
        "conference_leave", member, path={"id": member.conference_id}, call_control_id=member.call_control_id
    )


def taken_out(turn: RoomTurn, request: Request, identity: str) -> None:
    """Telnyx has answered the leave; when it refused, there was nothing to leave."""
    member = turn.room.member(request.run, request.stay)
    if member is not None and member.leaving == identity:
        out(turn, member)


def out(turn: RoomTurn, member: Member) -> None:
    """*member* is out, and is told so."""
    member.leaving = member.leaving or NOT_YET
    forget(turn, member.run)


def forget(turn: RoomTurn, run: str, *, hangup: Mapping[str, Any] | None = None, is_told: bool = True) -> None:
    """
    *run* is no longer in the room: its links end, and in a private room the one who stays is taken out too.

    *hangup*: it hung up, with these fields; the others hear ``<role>.call.hangup`` before ``<role>.left``. *is_told*:
    it lives on and hears of the end of its links itself, and that it is out, where it wanted to be.
    """
    room = turn.room
    member = room.members.pop(run, None)
    if member is None:
        return
    room_work.gone(turn, member)
    if member.is_in and member.conference_id not in room.over:
        tell_others(turn, member, "conference.participant.left", {})
    _remember(turn, member)
    for role, other in member.linked.items():
        partner = room.members.get(other)
        if partner is not None:
            partner.linked.pop(member.role, None)
            _end_link(turn, partner, {"run": run, "role": member.role, "hangup": hangup})
        if other and is_told and not hangup:
            turn.tell(member, "link.ended", run=other, role=role, hangup=None, out=True)
    if member.partner_left is not None and not hangup:
        turn.tell(member, "link.ended", **member.partner_left, out=True)
    if member.leaving and not hangup:
        turn.tell(member, "room.out")
    close_if_empty(turn)


def _remember(turn: RoomTurn, member: Member) -> None:
    """Keep who was in, for a while and once, where it still wants to hear of the room's end or its recording."""
    room, listens = turn.room, [name for name in member.listens if name in ALSO_TO_FORMER]
    if member.is_in and listens:
        room.former = [one for one in room.former if (one.run, one.conference_id) != (member.run, member.conference_id)]
        room.former.append(Former(member.run, member.conference_id, turn.now, listens))


def _end_link(turn: RoomTurn, partner: Member, link: dict[str, Any]) -> None:
    """Tell *partner* at once, or in a private room when it is out as well: only then may it be spoken to."""
    room = turn.room
    if room.queue and partner.conference_id and partner.conference_id not in room.over:
        partner.partner_left = link
        if not partner.leaving:
            take_out(turn, partner)
    else:
        turn.tell(partner, "link.ended", **link, out=bool(room.queue))


def close_if_empty(turn: RoomTurn) -> None:
    """Nobody is in the room: Telnyx ends the conference by itself, and a private room's number is free again."""
    room = turn.room
    if room.members or room.is_at_work:
        return
    if room.queue and room.stage not in ("creating", "finding"):
        turn.out.tell(queue_run(room.queue), "room.freed", room=room.name)
        room.queue = ""
    if room.stage == "open":
        room.stage, room.conference_id, room.works = "none", "", []
