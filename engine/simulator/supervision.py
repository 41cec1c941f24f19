"""Supervisors of calls, and who hears whom: in bridges, rooms and supervised calls."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine.simulator.exchange import Because, Exchange
from engine.simulator.refusals import unable
from engine.simulator.requests import Deed, Request, done
from engine.simulator.state import Call, Participant


def supervise(exchange: Exchange, supervisor: Call, supervised: Call, role: str) -> None:
    """Let *supervisor* listen to *supervised* and its partner: barge, whisper or monitor."""
    supervisor.supervises, supervisor.supervisor_role = supervised, role
    supervised.supervisors.append(supervisor)
    exchange.note("state", supervisor.id, "supervises", call=supervised.id, role=role)


def depart(exchange: Exchange, call: Call, because: Because) -> None:
    """Supervision ends with either call; the other one stays as it is."""
    if because != "hangup":
        return
    for supervisor in [*call.supervisors, *([call] if call.supervises is not None else [])]:
        if supervisor.supervises is not None:
            supervisor.supervises.supervisors.remove(supervisor)
        supervisor.supervises, supervisor.supervisor_role = None, "none"
        exchange.note("state", supervisor.id, "supervises no more")


def heard_by(me: Call) -> list[Call]:
    """Return the legs whose voices *me* hears at this moment: a partner's, those of a room, of a supervised call."""
    if not me.is_live or me.is_held:
        return []
    sources = dict.fromkeys((*_in_bridge(me), *_in_room(me), *_supervised(me)))
    return [call for call in sources if call is not me and not call.is_held]


def _in_bridge(me: Call) -> Iterable[Call]:
    return [me.partner] if me.partner is not None else []


def _in_room(me: Call) -> Iterable[Call]:
    stay = me.room.stay_of(me) if me.room is not None else None
    if me.room is None or stay is None or not stay.hears_room:
        return []
    return [other.call for other in me.room.present if other is not stay and is_heard(other, me)]


def is_heard(speaker: Participant, listener: Call | None = None) -> bool:
    """
    Tell whether a participant's voice is in the room, for *listener* or (None) for everybody.

    A whisper with nobody to hear it is a monitor's (facts.md, section 4).
    """
    if speaker.is_muted or not speaker.hears_room or speaker.role == "monitor":
        return False
    return speaker.role != "whisper" or (listener is not None and listener.id in speaker.whispers_to)


def _supervised(me: Call) -> Iterable[Call]:
    if me.supervises is not None:
        yield me.supervises
        yield from _in_bridge(me.supervises)
    yield from (other for other in me.supervisors if other.supervisor_role in ("whisper", "barge"))
    if me.partner is not None:
        yield from (other for other in me.partner.supervisors if other.supervisor_role == "barge")


def _switch_role(exchange: Exchange, request: Request) -> dict[str, Any]:
    call = exchange.call(request.path["call_control_id"])
    if call.supervises is None:
        raise unable("This call supervises no other call.")
    call.supervisor_role = request["role"]
    exchange.note("state", call.id, "supervises", call=call.supervises.id, role=request["role"])
    return done()


DEEDS: dict[str, Deed] = {"switch_supervisor_role": _switch_role}
