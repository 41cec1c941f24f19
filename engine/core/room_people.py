"""Who is meant by a label in a room, and who hears what another one does (language.md, section 3, "Room")."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.core.names import ME
from engine.core.room_state import Member, Room, RoomTurn

NOBODY_THERE: dict[str, Any] = {"code": "nobody_there", "title": "nobody of that name is in the room"}


def labelled(room: Room, labels: Iterable[str], flow: str, run: str) -> list[Member]:
    """
    Return those in the room whom a flow calls by *labels*, each once, the earliest first.

    A label is what ``join_conference: {as: ...}`` gave, in a private room the role, in any room a role of the same
    *flow*; ``me`` is the leg *run*.
    """
    wanted = set(labels)
    return [member for member in room.members.values() if member.is_in and _is_meant(member, wanted, flow, run)]


def _is_meant(member: Member, wanted: set[str], flow: str, run: str) -> bool:
    is_me = ME in wanted and member.run == run
    return is_me or member.label in wanted or (member.flow == flow and member.role in wanted)


def called(member: Member, flow: str) -> str:
    """Return how *flow* calls a member: by its label, its role where that is known there, else by its number."""
    role = member.role if member.flow == flow else ""
    return member.label or role or member.number or member.call_control_id


def tell_others(turn: RoomTurn, member: Member, event_type: str, payload: Mapping[str, Any]) -> None:
    """
    Tell an event of *member* to the others whose flow listens to it, as ``anyone.<event>``.

    The two whom ``connect`` brings together do not see each other come and go so: they hear of their link.
    """
    room, name = turn.room, f"anyone.{event_type}"
    fields = {**member.ids, "conference_id": member.conference_id, **payload}
    for other in room.members.values():
        is_pair = bool(room.queue) and (member.partner == other.run or other.partner == member.run)
        if other.run != member.run and other.is_in and name in other.listens and not is_pair:
            where = {"room": room.name, "conference_id": member.conference_id}
            turn.out.tell(other.run, "room.event", type=name, payload=fields, **where)
