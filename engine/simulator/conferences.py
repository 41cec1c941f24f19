"""Rooms: created, joined, left and ended, and how they are found and listed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.simulator import gathers, recordings, sounds
from engine.simulator.exchange import Because, Exchange
from engine.simulator.listing import page, wanted
from engine.simulator.refusals import Refusal, unable
from engine.simulator.requests import Deed, Request, done
from engine.simulator.state import Call, Conference, Participant
from engine.simulator.supervision import is_heard
from engine.simulator.timeline import iso

LONGEST_S = 4 * 3600.0  # facts.md, section 4, Conferences
MAX_PARTICIPANTS = 250


def find(exchange: Exchange, request: Request) -> Conference:
    """
    Return the room of the request's path, which is open; by name, too, where the operation allows it.

    Raises Refusal: 422 90019 when it is over, 404 90058 when unknown or in another region.
    """
    room = exchange.conferences.get(request.path["id"])
    if room is None and request.operation.path_id_accepts_name:
        room = exchange.open_rooms.get(request.path["id"])
    room = _in_region(exchange, room, request)
    refuse_ended(room)
    return room


def refuse_ended(room: Conference) -> None:
    """Raise Refusal 90019 when *room* is over."""
    if room.ended_at is not None:
        raise Refusal(422, "90019", "This conference is no longer active and can't receive commands.")


def any_by_id(exchange: Exchange, request: Request) -> Conference:
    """Return the room with the path's id, open or over. Raises Refusal 404."""
    id_ = request.path.get("id") or request.path["conference_id"]
    return _in_region(exchange, exchange.conferences.get(id_), request)


def _in_region(exchange: Exchange, room: Conference | None, request: Request) -> Conference:
    region = request.query.get("region") or request.body.get("region")
    is_elsewhere = (
        exchange.options.other_region == "not-found" and room is not None and region not in (None, room.region)
    )
    if room is None or is_elsewhere:
        raise Refusal(404, "90058", "There is no such conference.")
    return room


def create(exchange: Exchange, call: Call, name: str, wishes: Mapping[str, Any]) -> Conference:
    """Open a room with *call* in it. Raises Refusal 90033 when an open room has the name."""
    if name in exchange.open_rooms:
        raise unable(f"A conference named '{name}' already exists and is active.")
    _refuse_queued(exchange, call)
    lasts_s = min(LONGEST_S, (wishes.get("duration_minutes") or LONGEST_S / 60) * 60.0)
    room = Conference(
        id=exchange.new_id("conference"),
        name=name,
        region=wishes.get("region") or "US",
        owner=call,
        client_state=wishes.get("client_state"),
        beep=wishes.get("beep_enabled") or "never",
        max_participants=wishes.get("max_participants") or MAX_PARTICIPANTS,
        hold_audio=_hold_audio(wishes),
        created_at=exchange.now,
        updated_at=exchange.now,
        expires_at=exchange.now + lasts_s,
        has_started=wishes.get("start_conference_on_create") is not False,
    )
    exchange.conferences[room.id] = exchange.open_rooms[name] = room
    room.expiry = exchange.after(
        lasts_s, lambda: end(exchange, room, "time_exceeded", hangs_up=exchange.options.expired_room == "hangs-up")
    )
    exchange.note("state", call.id, "room created", room=room.id, name=name)
    exchange.emit("conference.created", call, room)
    join(exchange, room, call, {})
    return room


def join(exchange: Exchange, room: Conference, call: Call, wishes: Mapping[str, Any]) -> None:
    """Bring *call* into *room*. Raises Refusal: 90033 when it is there already, 90032 when the room is full."""
    if call.room is room:
        raise unable("This call is already in the conference.")
    if len(room.present) >= room.max_participants:
        raise Refusal(422, "90032", f"The conference holds at most {room.max_participants} participants.")
    _refuse_queued(exchange, call)
    exchange.withdraw(call, "room")
    stay = Participant(
        id=exchange.new_id("participant"),
        call=call,
        joined_at=exchange.now,
        updated_at=exchange.now,
        beep=wishes.get("beep_enabled") or room.beep,
        is_muted=bool(wishes.get("mute")),
        role=wishes.get("supervisor_role") or "none",
        whispers_to=list(wishes.get("whisper_call_control_ids") or []),
        ends_room=bool(wishes.get("end_conference_on_exit")),
        ends_room_softly=bool(wishes.get("soft_end_conference_on_exit")),
    )
    room.stays.append(stay)
    room.updated_at, call.room = exchange.now, room
    if call is room.owner and wishes.get("client_state"):
        room.client_state = wishes["client_state"]
    exchange.note("state", call.id, "joined", room=room.id, name=room.name)
    exchange.emit("conference.participant.joined", call, room)
    if wishes.get("start_conference_on_enter"):
        _start(exchange, room)
    stay.waits_for_start, stay.is_held = not room.has_started, bool(wishes.get("hold"))
    listen(exchange, room, stay, _hold_audio(wishes) or room.hold_audio)
    if stay.beep in ("always", "on_enter"):
        sounds.beep(exchange, room.listeners(), room.id)


def listen(exchange: Exchange, room: Conference, stay: Participant, hold_audio: str = "") -> None:
    """Let the participant hear the room, or while on hold *hold_audio* (nothing when "")."""
    sounds.stop(exchange, stay.hold)
    current = room.channel.sounds[0] if room.channel.sounds else None
    if stay.hears_room:
        if current is not None and stay.call.id not in current.entries:
            sounds.begin_hearing(exchange, current, stay.call)
        return
    if current is not None:
        sounds.end_hearing(exchange, current, stay.call)
    if hold_audio:
        sounds.play(
            exchange, stay.hold, sounds.file(exchange, hold_audio, lambda: [stay.call], loop="infinity", room=room.id)
        )


def take_floor(exchange: Exchange, call: Call) -> None:
    """The person on *call* speaks: their room's floor is theirs now, unless nobody or only some there can hear them."""
    stay = call.room.stay_of(call) if call.room is not None else None
    if call.room is None or stay is None or call.room.floor is call or call.is_held or not is_heard(stay):
        return
    call.room.floor = call
    exchange.emit("conference.floor.changed", call, call.room)


def leave(exchange: Exchange, room: Conference, stay: Participant, *, beep: str | None = None) -> None:
    """Take a participant out; the last one, or one who ends the room, ends it."""
    call = stay.call
    if call.gather is not None and call.gather.channel is stay.channel:
        gathers.end(exchange, call, "cancelled")
    sounds.stop(exchange, stay.channel)
    sounds.stop(exchange, stay.hold)
    if room.channel.sounds:
        sounds.end_hearing(exchange, room.channel.sounds[0], call)
    stay.status, stay.updated_at, room.updated_at, call.room = "left", exchange.now, exchange.now, None
    if room.floor is call:
        room.floor = None
    exchange.note("state", call.id, "left", room=room.id, name=room.name)
    exchange.emit("conference.participant.left", call, room)
    if room.ended_at is not None:
        return
    if (beep or stay.beep) in ("always", "on_exit"):
        sounds.beep(exchange, room.listeners(), room.id)
    if stay.ends_room or stay.ends_room_softly:
        end(exchange, room, "host_left", hangs_up=stay.ends_room, by=call)
    elif not room.present:
        end(exchange, room, "all_left", hangs_up=False, by=call)


def end(exchange: Exchange, room: Conference, reason: str, *, hangs_up: bool, by: Call | None = None) -> None:
    """End *room*; *hangs_up* everybody in it, or leaves them parked."""
    room.ended_at, room.end_reason, room.ended_by = exchange.now, reason, by
    del exchange.open_rooms[room.name]
    if room.expiry is not None:
        room.expiry.cancel()
    sounds.stop(exchange, room.channel)
    stays = room.present
    for stay in stays:
        leave(exchange, room, stay)
    for recording in list(room.recordings):
        recordings.save_room(exchange, room, recording)
    exchange.note("state", None, "room ended", room=room.id, name=room.name, reason=reason)
    exchange.emit("conference.ended", room.owner, room, reason=reason)
    for stay in stays if hangs_up else ():
        exchange.end_call(stay.call, "normal_clearing")


def depart(exchange: Exchange, call: Call, because: Because) -> None:
    """A call that goes elsewhere leaves its room."""
    if call.room is not None:
        stay = call.room.stay_of(call)
        if stay is not None:
            leave(exchange, call.room, stay)


def _start(exchange: Exchange, room: Conference) -> None:
    if room.has_started:
        return
    room.has_started = True
    for stay in room.present:
        stay.waits_for_start = False
        if not stay.is_held:
            listen(exchange, room, stay)


def _hold_audio(wishes: Mapping[str, Any]) -> str:
    return str(wishes.get("hold_audio_url") or wishes.get("hold_media_name") or "")


def _refuse_queued(exchange: Exchange, call: Call) -> None:
    if call.queued is not None and exchange.options.join_from_queue == "refused":
        raise unable(f"This call waits in the queue '{call.queued.queue.name}'.")


def row(room: Conference) -> dict[str, Any]:
    """Return the room as the API shows it."""
    by = room.ended_by
    ended_by = {"call_control_id": by.id, "call_session_id": by.leg.call_session_id} if by else {}
    status = "completed" if room.ended_at is not None else "in_progress" if room.has_started else "init"
    return {
        "record_type": "conference",
        "id": room.id,
        "name": room.name,
        "region": room.region,
        "status": status,
        "connection_id": room.owner.leg.connection_id,
        "created_at": iso(room.created_at),
        "expires_at": iso(room.expires_at),
        "updated_at": iso(room.updated_at),
        "end_reason": room.end_reason,
        "ended_by": ended_by,
    }


def _create(exchange: Exchange, request: Request) -> dict[str, Any]:
    call = exchange.live_call(request["call_control_id"], pointer="/call_control_id")
    return {"data": row(create(exchange, call, request["name"], request.body))}


def _join(exchange: Exchange, request: Request) -> dict[str, Any]:
    room = find(exchange, request)
    join(exchange, room, exchange.live_call(request["call_control_id"], pointer="/call_control_id"), request.body)
    return done()


def _leave(exchange: Exchange, request: Request) -> dict[str, Any]:
    room = find(exchange, request)
    stay = room.stay_of(exchange.live_call(request["call_control_id"], pointer="/call_control_id"))
    if stay is None:
        raise unable("This call is not in the conference.")
    leave(exchange, room, stay, beep=request["beep_enabled"])
    return done()


def _end(exchange: Exchange, request: Request) -> dict[str, Any]:
    end(exchange, find(exchange, request), exchange.options.api_end_reason, hangs_up=True)
    return done()


def _retrieve(exchange: Exchange, request: Request) -> dict[str, Any]:
    return {"data": row(any_by_id(exchange, request))}


def _list(exchange: Exchange, request: Request) -> dict[str, Any]:
    rooms = sorted(exchange.conferences.values(), key=lambda room: room.expires_at, reverse=True)
    here = [room for room in rooms if request.query.get("region") in (None, room.region)]
    query = request.query
    found = [room for room in here if wanted(query, _facts(room), occurred_at=iso(room.created_at))]
    return page(query, [row(room) for room in found])


def _facts(room: Conference) -> dict[str, object]:
    """Return what a list of rooms can be filtered by."""
    leg = room.owner.leg
    return {
        "name": room.name,
        "status": row(room)["status"],
        "connection_id": leg.connection_id,
        "from": leg.from_,
        "to": leg.to,
        "leg_id": leg.call_leg_id,
        "application_session_id": leg.call_session_id,
        "product": "call_control",
        "failed": False,
    }


DEEDS: dict[str, Deed] = {
    "conference_create": _create,
    "conference_join": _join,
    "conference_leave": _leave,
    "conference_end": _end,
    "conference_retrieve": _retrieve,
    "conference_list": _list,
}
