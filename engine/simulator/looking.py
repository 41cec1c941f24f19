"""How a leg stands at this moment, and who is where."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

from engine.simulator.exchange import Exchange
from engine.simulator.state import Call
from engine.simulator.supervision import heard_by
from engine.simulator.values import Look


def look(call: Call) -> Look:
    """Return how *call* stands."""
    stay = call.room.stay_of(call) if call.room else None
    state: Literal["ringing", "answered", "ended"] = "answered" if call.is_live else "ringing"
    return Look(
        leg=call.leg,
        state="ended" if call.ended_at is not None else state,
        cause=call.cause,
        hears=tuple(sorted(sound.entries[call.id].index for sound in call.hears)),
        gathering=call.gather is not None,
        recording=bool(call.recordings),
        ai_asks=call.talk is not None and call.talk.kind == "gather",
        queue=call.queued.queue.name if call.queued else None,
        room=call.room.id if call.room else None,
        room_name=call.room.name if call.room else None,
        on_hold=stay is not None and (stay.is_held or stay.waits_for_start),
        muted=stay is not None and stay.is_muted,
        role=stay.role if stay is not None else "none",
        whispers_to=tuple(stay.whispers_to) if stay is not None else (),
        bridged_with=call.partner.id if call.partner else None,
        is_machine=call.is_machine,
        supervises=call.supervises.id if call.supervises else None,
        supervisor_role=call.supervisor_role,
        voices=tuple(other.id for other in heard_by(call)),
        client_state=call.client_state,
    )


def state(exchange: Exchange) -> dict[str, Any]:
    """Return calls that are not over, queues and open rooms, as JSON."""
    looks = [look(call) for call in exchange.calls.values() if call.ended_at is None]
    return {
        "now": exchange.now,
        "calls": [asdict(one) | {"leg": one.leg.as_json()} for one in looks],
        "queues": {name: [place.call.id for place in queue.entries] for name, queue in exchange.queues.items()},
        "rooms": {
            name: {"id": room.id, "members": [stay.call.id for stay in room.present]}
            for name, room in exchange.open_rooms.items()
        },
    }
