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
    exchange.note("state", supervisor.id, "supervises", call=supervised.id, role=role)


def depart(exchange: Exchange, call: Call, because: Because) -> None:
    """Supervision ends with either call; the other one stays as it is."""
    if because != "hangup":
        return
    for other in exchange.calls.values():
        if call in (other, other.supervises) and other.supervises is not None:
            other.supervises, other.supervisor_role = None, "none"
            exchange.note("state", other.id, "supervises no more")


def heard_by(exchange: Exchange, me: Call) -> list[Call]:
    """Return the legs whose voices *me* hears at this moment, in the order in which they came."""
    if not me.is_live or me.is_held:
        return []
    sources = [*_in_bridge(me), *_in_room(me), *_supervised(exchange, me)]
    return [call for call in exchange.calls.values() if call in sources and call is not me and not call.is_held]


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


def _supervised(exchange: Exchange, me: Call) -> Iterable[Call]:
    watched = me.supervises
    if watched is not None:
        yield watched
        yield from _in_bridge(watched)
    for other in exchange.calls.values():
        if other.supervises is me and other.supervisor_role in ("whisper", "barge"):
            yield other
        if other.supervises is not None and other.supervises is me.partner and other.supervisor_role == "barge":
            yield other


def _switch_role(exchange: Exchange, request: Request) -> dict[str, Any]:
    call = exchange.call(request.path["call_control_id"])
    if call.supervises is None:
        raise unable("This call supervises no other call.")
    call.supervisor_role = request["role"]
    exchange.note("state", call.id, "supervises", call=call.supervises.id, role=request["role"])
    return done()


DEEDS: dict[str, Deed] = {"switch_supervisor_role": _switch_role}
