"""Those in a room: held, muted, given a role, listed and updated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.simulator import audio, conferences
from engine.simulator.exchange import Exchange
from engine.simulator.listing import page, wanted
from engine.simulator.refusals import Refusal, unable
from engine.simulator.requests import Deed, Request, done
from engine.simulator.state import Conference, Participant
from engine.simulator.timeline import iso


def chosen(exchange: Exchange, room: Conference, request: Request) -> list[Participant]:
    """
    Return the participants that ``call_control_ids`` names; everybody when it is missing or empty.

    Raises Refusal 90015 for one who is not in the room. Source: facts.md, section 8, 12.
    """
    ids = request["call_control_ids"] or []
    for call_control_id in ids:
        if call_control_id not in {stay.call.id for stay in room.present}:
            raise Refusal(
                422, "90015", f"The call '{call_control_id}' is not in the conference.", pointer="/call_control_ids"
            )
    return [stay for stay in room.present if not ids or stay.call.id in ids]


def _each(change: Callable[[Exchange, Conference, Participant, Request], None], what: str) -> Deed:
    def deed(exchange: Exchange, request: Request) -> dict[str, Any]:
        room = conferences.find(exchange, request)
        for stay in chosen(exchange, room, request):
            change(exchange, room, stay, request)
            stay.updated_at = exchange.now
            exchange.note("state", stay.call.id, what, room=room.id)
        return done()

    return deed


def _hold(exchange: Exchange, room: Conference, stay: Participant, request: Request) -> None:
    stay.is_held = True
    conferences.listen(exchange, room, stay, next(iter(audio.media(request).values()), ""))


def _unhold(exchange: Exchange, room: Conference, stay: Participant, request: Request) -> None:
    stay.is_held = False
    if not stay.waits_for_start:
        conferences.listen(exchange, room, stay)


def _mute(exchange: Exchange, room: Conference, stay: Participant, request: Request) -> None:
    stay.is_muted = True


def _unmute(exchange: Exchange, room: Conference, stay: Participant, request: Request) -> None:
    stay.is_muted = False


def _role(exchange: Exchange, request: Request) -> dict[str, Any]:
    room = conferences.find(exchange, request)
    call = exchange.live_call(request["call_control_id"], pointer="/call_control_id")
    stay = room.stay_of(call)
    if stay is None:
        raise Refusal(422, "90015", "This call is not in the conference.", pointer="/call_control_id")
    stay.role, stay.updated_at = request["supervisor_role"], exchange.now
    stay.whispers_to = list(request["whisper_call_control_ids"] or [])
    exchange.note("state", call.id, "role changed", room=room.id, role=stay.role)
    return done()


def _row(stay: Participant) -> dict[str, Any]:
    return {
        "id": stay.id,
        "call_control_id": stay.call.id,
        "call_leg_id": stay.call.leg.call_leg_id,
        "created_at": iso(stay.joined_at),
        "updated_at": iso(stay.updated_at),
        "status": stay.status,
        "muted": stay.is_muted,
        "on_hold": stay.is_held or stay.waits_for_start,
        "end_conference_on_exit": stay.ends_room,
        "soft_end_conference_on_exit": stay.ends_room_softly,
        "whisper_call_control_ids": stay.whispers_to,
    }


def _list(exchange: Exchange, request: Request) -> dict[str, Any]:
    room = conferences.any_by_id(exchange, request)
    conference = {"id": room.id, "name": room.name}
    rows = [_row(stay) | {"record_type": "participant", "conference": conference} for stay in room.stays]
    return page(request.query, [row for row in rows if wanted(request.query, _facts(row))])


def _facts(row: dict[str, Any]) -> dict[str, object]:
    """Return what a list of participants can be filtered by."""
    whispers = bool(row["whisper_call_control_ids"])
    return {"muted": row["muted"], "on_hold": row["on_hold"], "whispering": whispers}


def _find(exchange: Exchange, request: Request) -> tuple[Conference, Participant]:
    room = conferences.any_by_id(exchange, request)
    for stay in room.stays:
        if stay.id == request.path["participant_id"]:
            return room, stay
    raise Refusal(404, "10005", "There is no such participant.")


def _retrieve(exchange: Exchange, request: Request) -> dict[str, Any]:
    room, stay = _find(exchange, request)
    return {"data": _row(stay) | {"conference_id": room.id}}


def _update(exchange: Exchange, request: Request) -> dict[str, Any]:
    room, stay = _find(exchange, request)
    conferences.refuse_ended(room)
    if stay.status == "left":
        raise unable("This participant has left the conference.")
    stay.beep = request["beep_enabled"] or stay.beep
    for name, value in (
        ("ends_room", request["end_conference_on_exit"]),
        ("ends_room_softly", request["soft_end_conference_on_exit"]),
    ):
        if value is not None:
            setattr(stay, name, value)
    stay.updated_at = exchange.now
    return {"data": _row(stay) | {"conference_id": room.id}}


DEEDS: dict[str, Deed] = {
    "conference_hold": _each(_hold, "held"),
    "conference_unhold": _each(_unhold, "no longer held"),
    "conference_mute": _each(_mute, "muted"),
    "conference_unmute": _each(_unmute, "unmuted"),
    "conference_update": _role,
    "participant_list": _list,
    "participant_retrieve": _retrieve,
    "participant_update": _update,
}
