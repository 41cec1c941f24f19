"""Coming into a room: created by the first, joined by the others, found by name when somebody else has made it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core import room_exit
from engine.core.answer import answer_in
from engine.core.event import ACCEPTED, IN_DOUBT, Event
from engine.core.names import conference_key, queue_run
from engine.core.room_people import NOBODY_THERE, labelled, tell_others
from engine.core.room_state import NEVER_ENDED, NOT_YET, Member, Request, Room, RoomTurn

NAME_TAKEN = "90033"
MOST_STARTS = 3
_GONE = frozenset({"90019", "90058", "10005", "10007"})


def join(turn: RoomTurn, message: Mapping[str, Any]) -> None:
    """A leg asks to be let in. One that is here already has a new stay, and its links are over."""
    room, run = turn.room, str(message["run"])
    if message["queue"] and not room.queue:
        room.queue = message["queue"]
        turn.out.tell(queue_run(room.queue), "room.taken", room=room.name)
    earlier = room.members.get(run)
    if earlier is not None and earlier.is_asked and not (earlier.is_in or earlier.leaving or room.queue):
        _ask_again(turn, earlier, message)
        return
    room_exit.forget(turn, run)
    room.members[run] = Member(
        run=run,
        call_control_id=message["call_control_id"],
        flow=message["flow"],
        role=message["role"],
        stay=message["stay"],
        number=message["number"],
        ids=message.get("ids") or {},
        label=message["role"] if message["queue"] else str(message["wishes"].get("as") or ""),
        partner=message["partner"],
        person=message.get("person", {}),
        listens=message["listens"],
        wishes=dict(message["wishes"]),
        linked={role: "" for role in message["linked"]},
    )


def _ask_again(turn: RoomTurn, member: Member, message: Mapping[str, Any]) -> None:
    """*member* is on its way in, and its next state has it join as well: one join, with the latest wishes."""
    for request in turn.room.sent.values():
        if (request.run, request.stay) == (member.run, member.stay):
            request.stay = message["stay"]
    before = member.wishes
    member.stay, member.wishes = message["stay"], dict(message["wishes"])
    member.label, member.listens = str(member.wishes.get("as") or ""), message["listens"]
    member.linked, member.person = {role: "" for role in message["linked"]}, message.get("person", {})
    for wish, begin, end in (("muted", "mute", "unmute"), ("on_hold", "hold", "unhold")):
        if member.conference_id and bool(before.get(wish)) != bool(member.wishes.get(wish)):
            word = begin if member.wishes.get(wish) else end
            turn.send(f"conference_{word}", member, call_control_ids=[member.call_control_id])


def let_in_next(turn: RoomTurn) -> None:
    """Let in those who wait, unless something is under way that decides how."""
    for member in list(turn.room.members.values()):
        if not member.is_asked:
            _let_in(turn, member)


def _let_in(turn: RoomTurn, member: Member) -> None:
    """Do for *member* what the room's stage allows; the others wait for the answer that is under way."""
    room = turn.room
    if room.queue and any(other.leaving for other in room.members.values()):
        return  # a private room whose last two are still going
    if room.stage == "open":
        _send_join(turn, member)
    elif room.stage == "none" and member.wishes.get("must_exist"):
        room.region = member.wishes.get("region") or room.region
        turn.find(NEVER_ENDED[0], member)
    elif room.stage == "none":
        room.region = member.wishes.get("region") or room.region
        _create(turn, member)


def _create(turn: RoomTurn, member: Member) -> None:
    wishes, room = member.wishes, turn.room
    member.is_asked = True
    room.stage = "creating"
    music = wishes.get("music") or {}
    room.waits_for_start = bool(music)
    lasts_s = wishes.get("lasts")
    turn.send(
        "conference_create",
        member,
        path={},
        call_control_id=member.call_control_id,
        name=room.name,
        beep_enabled=wishes.get("beep"),
        max_participants=wishes.get("max_people"),
        duration_minutes=None if lasts_s is None else max(1, round(lasts_s / 60)),
        start_conference_on_create=False if music else None,
        hold_audio_url=music.get("audio_url"),
        hold_media_name=music.get("media_name"),
    )


def _send_join(turn: RoomTurn, member: Member) -> None:
    wishes = member.wishes
    heard_by = labelled(turn.room, wishes.get("to") or (), member.flow, member.run)
    if wishes.get("to") and not heard_by:
        refuse(turn, member, NOBODY_THERE)
        return
    member.is_asked = True
    member.conference_id = turn.room.conference_id
    turn.send(
        "conference_join",
        member,
        call_control_id=member.call_control_id,
        beep_enabled=wishes.get("beep"),
        mute=wishes.get("muted"),
        hold=wishes.get("on_hold"),
        end_conference_on_exit=wishes.get("end_room_on_exit"),
        start_conference_on_enter=True if _starts(turn.room, wishes) else None,
        supervisor_role=wishes.get("role"),
        whisper_call_control_ids=[other.call_control_id for other in heard_by] or None,
    )


def _starts(room: Room, wishes: Mapping[str, Any]) -> bool:
    """Tell whether one who joins ends the music of those who wait; whoever only listens is no company for them."""
    is_awaited = room.waits_for_start or bool(wishes.get("music"))
    return is_awaited and wishes.get("role") not in ("monitor", "whisper")


def _opened(turn: RoomTurn, conference_id: str, creator: str = "") -> None:
    """The conference has an id: everybody who waits may come in."""
    room = turn.room
    room.stage, room.conference_id = "open", conference_id
    room.over = [over for over in room.over if over != conference_id]
    turn.keys.append(conference_key(conference_id))
    member = room.members.get(creator)
    if member is not None:
        member.conference_id, member.is_asked = conference_id, True
        if member.leaving == NOT_YET:
            room_exit.take_out(turn, member)
        else:
            _after_creating(turn, member)


def _after_creating(turn: RoomTurn, member: Member) -> None:
    """What belongs to *join* follows as commands of its own for the leg that created the room (language.md, "Room")."""
    legs = [member.call_control_id]
    if member.wishes.get("role"):
        role = member.wishes["role"]
        turn.send("conference_update", member, call_control_id=member.call_control_id, supervisor_role=role)
    if member.wishes.get("muted"):
        turn.send("conference_mute", member, call_control_ids=legs)
    if member.wishes.get("on_hold"):
        turn.send("conference_hold", member, call_control_ids=legs)
    if member.wishes.get("end_room_on_exit"):
        # The participant has an id of its own, which only the list of participants tells.
        turn.send(
            "participant_list", member, path={"conference_id": turn.room.conference_id}, query={"page[size]": 250}
        )


def participants_known(turn: RoomTurn, event: Event, request: Request) -> None:
    """The list of participants has come: the one who created the room ends it when it leaves."""
    member = turn.room.member(request.run, request.stay)
    if member is None:
        return
    for row in answer_in(event.payload).items:
        is_here = row.get("call_control_id") == member.call_control_id and row.get("status") == "joined"
        if is_here and row.get("id"):
            path = {"id": request.conference_id, "participant_id": str(row["id"])}
            turn.send("participant_update", member, path=path, end_conference_on_exit=True)


def joined(turn: RoomTurn, message: Mapping[str, Any]) -> None:
    """A leg says that Telnyx has let it in."""
    room, conference_id = turn.room, str(message["conference_id"])
    member = room.member(str(message["run"]), int(message["stay"]))
    if member is None or conference_id in room.over:
        return
    member.is_in = member.is_asked = True
    member.conference_id = conference_id or room.conference_id
    if not room.conference_id and conference_id:
        _opened(turn, conference_id, creator=member.run)
    tell_others(turn, member, "conference.participant.joined", {})
    for other in list(room.members.values()):
        if other.is_in and other.flow == member.flow and other.role != member.role:
            _link(turn, member, other)


def _link(turn: RoomTurn, one: Member, two: Member) -> None:
    """Link two legs of different roles; each keeps the earliest link it has to a role. In private: only a pair."""
    queue = turn.room.queue
    if one.leaving or two.leaving or two.role in one.linked or one.role in two.linked:
        return
    if queue and one.partner != two.run and two.partner != one.run:
        return
    one.linked[two.role], two.linked[one.role] = two.run, one.run
    for member, other in ((one, two), (two, one)):
        person = {**other.person, "run": other.run, "role": other.role, "number": other.number, "flow": other.flow}
        turn.tell(member, "link.began", **person | {"call_control_id": other.call_control_id}, queue=queue)
    if queue:
        turn.out.tell(queue_run(queue), "connect.done", runs=[one.run, two.run])


# -- answers ---------------------------------------------------------------------------------------------------


def created(turn: RoomTurn, event: Event, request: Request) -> None:
    """Telnyx has answered the create."""
    room = turn.room
    if room.stage != "creating":
        return  # the creator's webhook was faster
    code = str(event.payload.get("code") or "")
    conference_id = answer_in(event.payload).result.get("id")
    if event.type == ACCEPTED and conference_id:
        _opened(turn, str(conference_id), creator=request.run)
        return
    room.stage = "none"
    member = room.members.get(request.run)
    if member is not None and member.leaving == NOT_YET:
        room_exit.out(turn, member)
        member = None
    if code == NAME_TAKEN or event.type in (IN_DOUBT, ACCEPTED):
        if (seeker := member or next(iter(room.members.values()), None)) is not None:
            seeker.is_asked = False
            turn.find(NEVER_ENDED[0], seeker)
    elif member is not None and member.stay == request.stay:
        refuse(turn, member, event.payload)


def found(turn: RoomTurn, event: Event, request: Request) -> None:
    """The list of conferences by name has come: join the one that is there, or start over."""
    room = turn.room
    if room.stage != "finding":
        return
    room.stage = "none"
    named = (row for row in answer_in(event.payload).items if row.get("name") == room.name and row.get("id"))
    match = next((row for row in named if row.get("status") != "completed"), None)
    waiting = next((member for member in room.members.values() if not member.is_asked), None)
    is_awaited = waiting is not None or any(work.stage == "new" for work in room.works)
    if match is not None:
        _opened(turn, str(match["id"]))
    elif is_awaited and request.status == NEVER_ENDED[0]:
        turn.find(NEVER_ENDED[1], waiting)
    else:
        for member in [member for member in room.members.values() if not member.is_asked]:
            member.starts += 1
            if member.wishes.get("must_exist") or member.starts > MOST_STARTS:
                refuse(turn, member, {"code": "no_such_room", "title": "there is no such room"})


def join_refused(turn: RoomTurn, event: Event, request: Request, member: Member) -> None:
    """Telnyx did not let *member* in: a room that has gone is made anew, all else is the step's failure."""
    if str(event.payload.get("code")) in _GONE or event.payload.get("status") == 404:
        turn.room.has_ended(request.conference_id)
        start_over(turn, member)
    else:
        refuse(turn, member, event.payload)


def start_over(turn: RoomTurn, member: Member) -> None:
    """The conference that *member* was sent to has ended; three times at most it tries again."""
    member.starts += 1
    member.is_asked, member.conference_id = False, ""
    if member.leaving:
        room_exit.out(turn, member)
    elif member.starts > MOST_STARTS:
        refuse(turn, member, {"code": "room_gone", "title": "the room ended again and again"})


def refuse(turn: RoomTurn, member: Member, payload: Mapping[str, Any]) -> None:
    """*member* cannot come in, and is told why."""
    turn.tell(
        member,
        "room.refused",
        code=str(payload.get("code") or "refused"),
        status=payload.get("status") or 0,
        title=str(payload.get("title") or ""),
    )
    room_exit.forget(turn, member.run, is_told=False)
