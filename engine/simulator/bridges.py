"""Two legs that talk to each other: bridged by a command, and what happens when one of them goes."""

from __future__ import annotations

from typing import Any

from engine.simulator import queues, sounds
from engine.simulator.exchange import Because, Exchange
from engine.simulator.recordings import record_from_answer
from engine.simulator.refusals import Refusal, refused, unable
from engine.simulator.requests import Deed, Request, done
from engine.simulator.state import Call


def connect(exchange: Exchange, issuer: Call, other: Call) -> None:
    """Bridge two answered legs: each leaves where it was, and each gets ``call.bridged`` (Options.bridged_events)."""
    for call in (issuer, other):
        exchange.withdraw(call, "bridged")
    issuer.partner, other.partner = other, issuer
    for call, partner in ((issuer, other), (other, issuer)):
        exchange.note("state", call.id, "bridged", **{"with": partner.id})
    told = {"both": (issuer, other), "issuer": (issuer,), "issuer-twice": (issuer, issuer)}
    for call in told[exchange.options.bridged_events]:
        exchange.emit("call.bridged", call)


def depart(exchange: Exchange, call: Call, because: Because) -> None:
    """
    End the bridge of *call*. The other leg is hung up, unless it asked to stay when the bridge ends.

    Source: facts.md, section 4 (park_after_unbridge; default is hang up).
    """
    partner = call.partner
    if partner is None:
        return
    call.partner = partner.partner = None
    for leg, other in ((call, partner), (partner, call)):
        exchange.note("state", leg.id, "unbridged")
        for sound in (*other.channel.sounds, *other.overlay.sounds):
            sounds.end_hearing(exchange, sound, leg)
    stays, partner.stays_after_unbridge = partner.stays_after_unbridge, False
    call.stays_after_unbridge = False
    if not stays:
        exchange.end_call(partner, "normal_clearing")


def wants_to_stay(request: Request) -> bool:
    """Return whether the leg that issues *request* stays when the other side leaves."""
    return request["park_after_unbridge"] == "self" or bool(request["hold_after_unbridge"])


def lose_first(exchange: Exchange, request: Request) -> None:
    """A bridge to a queue that fails has taken its first call out all the same (facts.md, section 8, 8)."""
    queue = exchange.queues.get(request["queue"] or "")
    if queue is not None and queue.entries:
        place = queue.entries[0]
        queues.remove(exchange, place, "bridging-in-process" if place.call.ended_at is None else None)


def _bridge(exchange: Exchange, request: Request) -> dict[str, Any]:
    call = exchange.call(request.path["call_control_id"])
    try:
        other = _other(exchange, call, request)
    except Refusal:
        lose_first(exchange, request)
        raise
    connect(exchange, call, other)
    call.stays_after_unbridge = wants_to_stay(request)
    record_from_answer(exchange, call, request)
    return done()


def _other(exchange: Exchange, call: Call, request: Request) -> Call:
    """Return the leg to bridge *call* with. Raises Refusal for one that cannot be."""
    if request["prevent_double_bridge"] and call.partner is not None:
        raise unable("This call is already bridged.")
    if request["queue"]:
        other = queues.first(exchange, request["queue"]).call
        if other.ended_at is not None:
            code = exchange.options.dead_queued_call
            raise refused(code, "The first call of the queue is over; it was removed.", pointer="/queue")
    elif request["call_control_id"]:
        other = exchange.live_call(request["call_control_id"], pointer="/call_control_id")
    else:
        raise Refusal(404, "10005", "There is no such video room.", pointer="/video_room_id")
    if other is call:
        raise unable("A call can't be bridged with itself.")
    if request["prevent_double_bridge"] and other.partner is not None:
        raise unable("The other call is already bridged.")
    ready_at = max(leg.answered_at or 0.0 for leg in (call, other)) + exchange.options.bridge_ready_after_s
    if exchange.now < ready_at:
        raise unable("The calls are not ready to be bridged yet.")
    return other


DEEDS: dict[str, Deed] = {"bridge": _bridge}
