"""join_conference, leave_conference: this call and a room. The room's own run sends the commands."""

from __future__ import annotations

from typing import Any

from engine.core.acts.act import Act, Failure, Result, Verdict
from engine.core.event import Event
from engine.core.leg import Running
from engine.core.names import room_run
from engine.core.program import audio_parameters
from engine.core.turn import Turn

_CREATE_OPTIONS = ("beep", "max_people", "lasts")
_JOIN_OPTIONS = ("must_exist", "muted", "on_hold", "end_room_on_exit", "beep")


def ask_to_join(turn: Turn, room: str, *, queue: str = "", **wishes: Any) -> None:
    """Ask the run of *room* to let this leg in. *queue*: a private room that ``connect`` made."""
    leg = turn.leg
    leg.room, leg.is_in_room = room, False
    turn.out.tell(
        room_run(room),
        "room.join",
        run=leg.run,
        call_control_id=leg.call_control_id,
        flow=leg.flow,
        role=leg.role,
        number=leg.number,
        listens=_listens(turn),
        linked=sorted(leg.links),
        queue=queue,
        wishes=wishes,
    )


def _listens(turn: Turn) -> list[str]:
    """Return the room events that some handler of this leg's role takes."""
    blocks = (turn.role.anywhere, *turn.role.states.values())
    names = {name for block in blocks for name in block.on}
    return sorted(name for name in names if name.startswith("conference.") and ".participant." not in name)


def _join(turn: Turn, running: Running) -> Result:
    frame = running.frame
    room = str(turn.option(frame, "room"))
    if room == "own":
        room = f"own {turn.leg.run[:8]}"
    if turn.leg.room == room and turn.leg.is_in_room:
        return Verdict.DONE
    wishes = {name: turn.option(frame, name) for name in {*_CREATE_OPTIONS, *_JOIN_OPTIONS}}
    if music := turn.option(frame, "music_until_joined"):
        wishes["music"] = audio_parameters(turn.program.project, music)
    running.note["room"] = room
    ask_to_join(turn, room, **{name: value for name, value in wishes.items() if value not in (None, False)})
    return Verdict.WAITS


def _joined(_turn: Turn, _running: Running, name: str, event: Event) -> Result | None:
    if name == "conference.participant.joined":
        return Verdict.DONE
    if name == "room.refused":
        return Failure(
            str(event.payload.get("code")), int(event.payload.get("status") or 0), str(event.payload.get("title") or "")
        )
    return None


def _leave(turn: Turn, running: Running) -> Result:
    leg = turn.leg
    if not leg.room:
        return Verdict.DONE
    running.note["room"] = leg.room
    turn.out.tell(room_run(leg.room), "room.leave", run=leg.run)
    return Verdict.WAITS


def _left(turn: Turn, running: Running, name: str, event: Event) -> Result | None:
    if name == "room.out" and event.payload.get("room") == running.note["room"]:
        return Verdict.DONE
    return Verdict.DONE if name == "conference.participant.left" else None


ACTS = {
    "join_conference": Act(begin=_join, finish=_joined, limit_s=lambda _turn, _running: 20.0),
    "leave_conference": Act(begin=_leave, finish=_left),
}
