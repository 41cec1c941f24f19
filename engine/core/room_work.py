"""
What the steps of legs do to a room: things are said and played in it, it is recorded, people are muted and asked.

The room's run works out who is meant, sends the command, and tells the leg what became of it (``room.worked``). What is
read of a room stands in ``room_reading``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core.event import ACCEPTED, REFUSED, Event
from engine.core.names import ME
from engine.core.room_people import NOBODY_THERE, labelled
from engine.core.room_state import Member, Request, Room, RoomTurn, Work

SLACK_S = 10.0  # beyond what a text or a question can take
_GONE = frozenset({"90019", "90058"})  # the room has ended: every step but a join counts as done
_CALL_ENDED = "90018"
_NOTHING_THERE = frozenset({"10005", "10007"})
_STOPS = frozenset({"conference_stop", "conference_record_stop"})
# Telnyx takes these for everybody where no leg is named; it refuses an unhold without a list (facts.md, section 4).
_FOR_SOME = frozenset(
    f"conference_{word}" for word in ("speak", "play", "stop", "mute", "unmute", "hold", "unhold", "send_dtmf")
)
_ENDS = {
    "conference.speak.ended": "speak",
    "conference.playback.ended": "playback",
    "conference.participant.speak.ended": "speak",
    "conference.participant.playback.ended": "playback",
    "call.gather.ended": "gather",
}


def ask(turn: RoomTurn, message: Mapping[str, Any]) -> None:
    """A leg asks for something."""
    turn.room.works.append(Work(**message))


def not_found(turn: RoomTurn) -> None:
    """There is no room of this name: nothing can be done in it, but a stop is done."""
    for work in [work for work in turn.room.works if work.stage == "new" and work.is_named]:
        if work.operation in _STOPS:
            finish(turn, work)
        else:
            fail(turn, work, {"code": "no_such_room", "title": "there is no such room"})


# -- commands --------------------------------------------------------------------------------------------------


def begin(turn: RoomTurn, work: Work) -> None:
    """Send the command of *work*."""
    meant = labelled(turn.room, work.to, work.flow, work.run)
    if work.operation == "conference_unhold" and not work.to:
        meant = [member for member in turn.room.members.values() if member.is_in]
    if not meant and (work.to or work.operation == "conference_unhold"):
        fail(turn, work, NOBODY_THERE)
        return
    legs = [member.call_control_id for member in meant]
    if work.operation in ("conference_speak", "conference_play"):
        _make_way(turn, work, legs)
    work.stage, work.unanswered = "sent", 1
    turn.send(work.operation, work=work, **work.parameters, **_about(work, legs))


def _about(work: Work, legs: list[str]) -> dict[str, Any]:
    """Return the parameters that say whom *work* is about, and note who has yet to hear or answer it."""
    if work.operation == "conference_update":
        return {"call_control_id": work.call_control_id, "whisper_call_control_ids": legs or None}
    if work.operation == "conference_gather_using_audio":
        work.legs = legs[:1]
        return {"call_control_id": legs[0]}
    if work.ends_by in ("speak", "playback"):
        work.legs = legs
    return {"call_control_ids": legs or None} if work.operation in _FOR_SOME else {}


def _make_way(turn: RoomTurn, work: Work, legs: list[str]) -> None:
    """End endless audio that one of these people hears: what is to be heard now would wait for it for ever."""
    for music in [one for one in turn.room.works if one.is_music and one.conference_id == work.conference_id]:
        is_in_the_way = bool(set(music.legs) & set(legs)) if music.legs else not legs
        if is_in_the_way and music is not work and not music.is_stopped:
            music.is_stopped, music.until = True, turn.now + SLACK_S
            turn.send("conference_stop", path={"id": work.conference_id}, call_control_ids=music.legs or None)


def answered(turn: RoomTurn, event: Event, work: Work, request: Request) -> None:
    """Telnyx has answered a command of *work*."""
    if event.type == REFUSED:
        _refused(turn, event, work, request)
    elif event.type != ACCEPTED:
        _drop(turn.room, work)
        _tell(turn, work, "doubt", operation=request.operation)
    elif work.unanswered > 1:
        work.unanswered -= 1
    elif work.is_music:
        work.stage, work.unanswered = "accepted", 0
        _tell(turn, work, "done")
    elif work.ends_by:
        _wait_for_end(turn, work)
    else:
        finish(turn, work)


def _refused(turn: RoomTurn, event: Event, work: Work, request: Request) -> None:
    """A room that has ended, or has nothing to stop, is no error; all else is the step's."""
    code = str(event.payload.get("code"))
    is_nothing = code in _NOTHING_THERE and request.operation in _STOPS
    if code in _GONE or is_nothing:
        finish(turn, work)
    elif code == _CALL_ENDED and work.operation != "conference_update" and not set(work.to) <= {ME}:
        fail(turn, work, NOBODY_THERE)  # the other leg's end, not this one's
    else:
        fail(turn, work, event.payload)


def _wait_for_end(turn: RoomTurn, work: Work) -> None:
    work.stage = "accepted"
    before = turn.room.works[: turn.room.works.index(work)]
    waits = [one for one in before if one.conference_id == work.conference_id and one.ends_by in ("speak", "playback")]
    line_s = work.seconds + sum(one.seconds for one in waits)
    work.until = turn.now + line_s + SLACK_S
    _tell(turn, work, "accepted", within_s=line_s + SLACK_S)


# -- what finishes them ----------------------------------------------------------------------------------------


def heard_by_all(turn: RoomTurn, event: Event) -> None:
    """What was said or played to the whole room has ended: the oldest of its kind, for the event names none."""
    kind, conference_id = _ENDS.get(event.type), event.conference_id
    for work in turn.room.works:
        is_it = work.ends_by == kind and work.conference_id == conference_id and not work.legs
        if kind and is_it and work.stage != "new":
            finish(turn, work)
            return


def heard_by(turn: RoomTurn, member: Member, event_type: str, payload: Mapping[str, Any]) -> None:
    """*member* has heard something out, or answered a question."""
    kind, leg = _ENDS.get(event_type), member.call_control_id
    if kind == "gather" and payload.get("status") == "cancelled":
        return  # another question has taken its place
    work = next((one for one in turn.room.works if one.ends_by == kind and leg in one.legs), None)
    if kind is None or work is None:
        return
    if kind == "gather" and work.run == member.run:
        _drop(turn.room, work)  # it takes its own answer
    elif kind == "gather" and payload.get("status") == "call_hangup":
        fail(turn, work, NOBODY_THERE)
    elif kind == "gather":
        finish(turn, work, status=payload.get("status"), digits=str(payload.get("digits") or ""))
    else:
        _without(turn, work, leg)


def gone(turn: RoomTurn, member: Member) -> None:
    """*member* is no longer in the room: it will hear nothing out, and answers nothing."""
    leg = member.call_control_id
    for work in [work for work in turn.room.works if leg in work.legs]:
        if work.ends_by == "gather":
            fail(turn, work, NOBODY_THERE)
        else:
            _without(turn, work, leg)


def _without(turn: RoomTurn, work: Work, leg: str) -> None:
    work.legs.remove(leg)
    if not work.legs:
        finish(turn, work)


def over(turn: RoomTurn, conference_id: str) -> None:
    """A conference has ended, and with it all that was to be done there."""
    for work in [work for work in turn.room.works if work.conference_id == conference_id]:
        finish(turn, work)


def give_up_late(turn: RoomTurn) -> None:
    """Forget what Telnyx has reported nothing about; the leg that asked has a watchdog of its own."""
    turn.room.works = [work for work in turn.room.works if work.until is None or work.until > turn.now]


def finish(turn: RoomTurn, work: Work, **result: Any) -> None:
    """*work* is done; the leg was told so before where it was music."""
    _drop(turn.room, work)
    if not (work.is_music and work.stage == "accepted"):
        _tell(turn, work, "done", **result)


def fail(turn: RoomTurn, work: Work, payload: Mapping[str, Any]) -> None:
    """*work* cannot be done, for the reason that *payload* gives."""
    _drop(turn.room, work)
    _tell(
        turn,
        work,
        "failed",
        code=str(payload.get("code") or "refused"),
        status=payload.get("status") or 0,
        title=str(payload.get("title") or ""),
    )


def _drop(room: Room, work: Work) -> None:
    room.works = [one for one in room.works if one is not work]


def _tell(turn: RoomTurn, work: Work, outcome: str, **more: Any) -> None:
    turn.out.tell(work.run, "room.worked", serial=work.serial, outcome=outcome, **more)
