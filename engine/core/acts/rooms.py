"""join_conference, leave_conference: this call and a room. The room's own run sends the commands."""

from __future__ import annotations

from typing import Any

from engine.core import levels, links
from engine.core.acts.act import Act, Result, Verdict, failure_from
from engine.core.event import Event
from engine.core.leg import Running
from engine.core.names import room_run
from engine.core.program import audio_parameters
from engine.core.turn import Turn

HANGUP_FOLLOWS_WITHIN_S = 0.5
_CREATE_OPTIONS = ("max_people", "lasts")
_JOIN_OPTIONS = ("as", "role", "to", "must_exist", "muted", "on_hold", "end_room_on_exit", "beep", "region")
_OWN = "own"
_IDS = ("call_control_id", "call_leg_id", "call_session_id", "connection_id")
# What a leg hears of itself in a room, and the room and the others do not.
_TOLD = ("call.gather.ended", "conference.participant.")


def ask_to_join(turn: Turn, room: str, *, queue: str = "", partner: str = "", **wishes: Any) -> None:
    """Ask the run of *room* to let this leg in. *queue*, *partner*: of a private room that ``connect`` made."""
    leg, known = turn.leg, turn.level(levels.known_as(turn))
    depart(turn)
    leg.stay += 1
    leg.room, leg.is_in_room = room, False
    turn.out.tell(
        room_run(room),
        "room.join",
        run=leg.run,
        stay=leg.stay,
        call_control_id=leg.call_control_id,
        flow=known.flow,
        role=known.role,
        number=leg.number,
        ids={name: getattr(leg, name) for name in _IDS},
        listens=_listens(turn),
        # A bridge ends with the join; a queue brings two together whomever they were linked with.
        linked=sorted(role for role, link in leg.links.items() if link.via != "bridge" and not queue),
        person=links.introduction(turn),
        queue=queue,
        partner=partner,
        wishes=wishes,
    )


def ask_to_leave(turn: Turn) -> None:
    """Ask the room that this leg is in, or on its way into, to take it out; ``room.out`` follows."""
    turn.out.tell(room_run(turn.leg.room), "room.leave", run=turn.leg.run, stay=turn.leg.stay)


def taken_out(turn: Turn) -> None:
    """
    Telnyx says that the leg is no longer in its room.

    The room is told a moment later: when this is the beginning of a hang-up, the others are to hear
    ``<role>.call.hangup`` before ``<role>.left`` (language.md, section 2).
    """
    leg = turn.leg
    leg.departed, leg.room, leg.is_in_room, leg.is_private = leg.room, "", False, False
    turn.set_timer("departed", HANGUP_FOLLOWS_WITHIN_S)


def depart(turn: Turn) -> None:
    """Tell the room that Telnyx has taken this leg out of it, where that is still to be done."""
    leg = turn.leg
    turn.drop_timers("departed")
    if leg.departed:
        turn.out.tell(room_run(leg.departed), "room.left", run=leg.run, stay=leg.stay, hangup=turn.hangup)
        leg.departed = ""


def is_out(turn: Turn, room: str) -> None:
    """The run of *room* says that the leg is out of it."""
    leg = turn.leg
    if room in (leg.room, leg.departed):
        leg.room, leg.is_in_room, leg.is_private, leg.departed = "", False, False, ""
        turn.drop_timers("departed")


def _listens(turn: Turn) -> list[str]:
    """Return the room events that some handler of this leg's role takes, or of the flows that run this one."""
    roles = [turn.role_at(depth) for depth in levels.chain(turn)]
    names = {name for role in roles for block in (role.anywhere, *role.states.values()) for name in block.on}
    return sorted(name for name in names if name.startswith(("conference.", "anyone.")) and not _is_own(name))


def _is_own(event: str) -> bool:
    return event.startswith("conference.participant.")


def listen_again(turn: Turn) -> None:
    """Tell the room what this leg listens to, when its flow is another than at the time of the join."""
    leg = turn.leg
    if leg.room:
        turn.out.tell(room_run(leg.room), "room.listens", run=leg.run, stay=leg.stay, listens=_listens(turn))


def pass_on(turn: Turn, name: str, event: Event) -> None:
    """Tell the room what Telnyx says about this leg in it: somebody may wait for that."""
    leg = turn.leg
    is_said = name.startswith(_TOLD) and name not in ("conference.participant.joined", "conference.participant.left")
    if leg.is_in_room and is_said and event.conference_id in (leg.conference_id, None):
        payload = dict(event.payload)
        turn.out.tell(room_run(leg.room), "room.told", run=leg.run, stay=leg.stay, type=name, payload=payload)


def room_called(turn: Turn, name: str) -> str:
    """Return the name of the room that an author calls *name*."""
    return f"own {turn.leg.run[:8]}" if name == _OWN else name


def _join(turn: Turn, running: Running) -> Result:
    frame = running.frame
    room = room_called(turn, str(turn.option(frame, "room")))
    if turn.leg.room == room and turn.leg.is_in_room:
        return Verdict.DONE
    wishes = {name: turn.option(frame, name) for name in (*_CREATE_OPTIONS, *_JOIN_OPTIONS)}
    if music := turn.option(frame, "music_until_joined"):
        wishes["music"] = audio_parameters(turn.program.project, music)
    running.note["room"] = room
    running.note["wishes"] = {name: value for name, value in wishes.items() if value not in (None, False)}
    if turn.leg.room and turn.leg.room != room:  # one room at a time
        running.note["goes"] = True
        ask_to_leave(turn)
    else:
        ask_to_join(turn, room, **running.note["wishes"])
    return Verdict.WAITS


def _joined(turn: Turn, running: Running, name: str, event: Event) -> Result | None:
    if name == "room.out" and running.note.pop("goes", False):
        ask_to_join(turn, running.note["room"], **running.note["wishes"])
        return Verdict.WAITS
    if name == "conference.participant.joined" and "goes" not in running.note:
        return Verdict.DONE
    if name == "room.refused":
        return failure_from(event.payload)
    return None


def _leave(turn: Turn, running: Running) -> Result:
    if not turn.leg.room:
        return Verdict.DONE
    running.note["room"] = turn.leg.room
    ask_to_leave(turn)
    return Verdict.WAITS


def _left(turn: Turn, running: Running, name: str, event: Event) -> Result | None:
    if name == "room.out" and event.payload.get("room") == running.note["room"]:
        return Verdict.DONE
    return Verdict.DONE if name == "conference.participant.left" else None


ACTS = {
    "join_conference": Act(begin=_join, finish=_joined, limit_s=lambda _turn, _running: 20.0),
    "leave_conference": Act(begin=_leave, finish=_left),
}
