"""Legs that ring somebody: dial and transfer, and what the person at the far end does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.simulator import answering, audio, bridges, calls, conferences, machines, sounds, supervision
from engine.simulator.exchange import Because, Exchange
from engine.simulator.recordings import record_from_answer
from engine.simulator.refusals import Refusal
from engine.simulator.requests import Deed, Request, done
from engine.simulator.routing import routing_of
from engine.simulator.state import Call

_DIAL_WINDOW_S = 5  # 30 dials a second over a rolling window of 5 s (facts.md, section 3)


def pick_up(exchange: Exchange, call: Call, answerer: machines.Answerer) -> None:
    """The far end of an outgoing leg answers."""
    call.is_machine = answerer in machines.MACHINES
    calls.answer_call(exchange, call)
    on_answer, call.on_answer = call.on_answer, None
    if call.detection:
        machines.detect(exchange, call, call.detection, answerer)
    if on_answer is not None:
        on_answer()


def refuse(exchange: Exchange, call: Call, cause: str) -> None:
    """The far end of an outgoing leg does not take the call."""
    exchange.end_call(call, cause, "callee")


def depart(exchange: Exchange, call: Call, because: Because) -> None:
    """
    When a ringing transfer ends, the ringing on the first leg ends; when the first leg hangs up, so does the ringing.

    Telnyx keeps a dialled leg ringing although the caller has left (facts.md, section 7, FRIC-008).
    """
    if because != "hangup":
        return
    origin = call.rings_for
    if origin is not None:
        call.rings_for = None
        sounds.stop(exchange, origin.ring)
    for other in call.transfers:
        if other.rings_for is call:
            exchange.end_call(other, "originator_cancel", "caller")


def _ring(
    exchange: Exchange,
    to: str,
    from_: str,
    request: Request,
    *,
    session: str | None,
    client_state: str | None,
    connection_id: str,
) -> Call:
    call = calls.open_call(
        exchange,
        from_=from_,
        to=to,
        direction="outgoing",
        session=session,
        connection_id=connection_id,
        client_state=client_state,
        routing=routing_of(request),
    )
    if to in exchange.options.unreachable or _is_too_many(exchange):
        # Accepted, and seen only as a hang-up (facts.md, section 3: D1, D13, D38).
        call.answer_alarm = exchange.after(0, lambda: exchange.end_call(call, "call_rejected", "callee"))
        return call
    call.time_limit_s = float(request["time_limit_secs"])
    mode = request["answering_machine_detection"] or "disabled"
    call.detection = "" if mode == "disabled" else mode
    call.ring_alarm = exchange.after(float(request["timeout_secs"]), lambda: exchange.end_call(call, "timeout"))
    if exchange.options.answer_after_s is not None:
        call.answer_alarm = exchange.after(exchange.options.answer_after_s, lambda: pick_up(exchange, call, "person"))
    return call


def _is_too_many(exchange: Exchange) -> bool:
    most = exchange.options.concurrent_calls
    if most is None:
        return False
    return sum(one.leg.direction == "outgoing" and one.ended_at is None for one in exchange.calls.values()) > most


def _dial(exchange: Exchange, request: Request) -> dict[str, Any]:
    routing_of(request)  # refused before anything rings
    _pace(exchange)
    link = exchange.live_call(request["link_to"], pointer="/link_to") if request["link_to"] else None
    watched = request["supervise_call_control_id"]
    supervised = exchange.live_call(watched, pointer="/supervise_call_control_id") if watched else None
    numbers = request["to"] if isinstance(request["to"], list) else [request["to"]]
    legs = [
        _ring(
            exchange,
            number,
            request["from"],
            request,
            client_state=request["client_state"],
            session=link.leg.call_session_id if link else None,
            connection_id=request["connection_id"],
        )
        for number in numbers
    ]
    for leg in legs:
        leg.on_answer = _after_dial(exchange, leg, legs, link, supervised, request)
    # "For Dial command it will always be false (dialing is asynchronous)": the API's own text on is_alive.
    return {"data": calls.row(exchange, legs[0]) | {"is_alive": False}}


def _pace(exchange: Exchange) -> None:
    since = exchange.now - _DIAL_WINDOW_S
    exchange.dials = [at for at in exchange.dials if at > since]
    if len(exchange.dials) >= exchange.options.dials_per_second * _DIAL_WINDOW_S:
        raise Refusal(429, "90103", "Too many dials per second.", headers={"x-ratelimit-reset": "1"})
    exchange.dials.append(exchange.now)


def _after_dial(
    exchange: Exchange, leg: Call, legs: list[Call], link: Call | None, supervised: Call | None, request: Request
) -> Callable[[], None]:
    def on_answer() -> None:
        for other in legs:
            if other is not leg:
                exchange.end_call(other, "originator_cancel", "caller")
        if supervised is not None and supervised.is_live:
            supervision.supervise(exchange, leg, supervised, request["supervisor_role"])
        answering.begin(exchange, leg, request)
        _greet(exchange, leg, request)
        if request["conference_config"]:
            _enter_room(exchange, leg, request["conference_config"])
        if request["bridge_on_answer"] and link is not None:
            _bridge_or_hang_up(exchange, link, leg, request)

    return on_answer


def _greet(exchange: Exchange, leg: Call, request: Request, then: Callable[[], None] = lambda: None) -> None:
    """Play the request's audio to a leg that was just answered, and go on."""
    name = next(iter(audio.media(request).values()), None)
    if name:
        sounds.play(exchange, leg.channel, sounds.file(exchange, name, lambda: [leg], on_end=lambda _status: then()))
    else:
        then()


def _enter_room(exchange: Exchange, leg: Call, wishes: dict[str, Any]) -> None:
    name = wishes.get("conference_name") or ""
    room = exchange.conferences.get(wishes.get("id") or "") or exchange.open_rooms.get(name)
    try:
        if room is not None and room.ended_at is None:
            conferences.join(exchange, room, leg, wishes)
        elif name:
            conferences.create(exchange, leg, name, wishes)
    except Refusal:
        exchange.end_call(leg, "unspecified")


def _bridge_or_hang_up(exchange: Exchange, link: Call, leg: Call, request: Request) -> None:
    if not link.is_live or (request["prevent_double_bridge"] and link.partner is not None):
        exchange.end_call(leg, "normal_clearing", "caller")
        return
    bridges.connect(exchange, link, leg)
    leg.stays_after_unbridge = bridges.wants_to_stay(request)


def _transfer(exchange: Exchange, request: Request) -> dict[str, Any]:
    call = exchange.call(request.path["call_control_id"])
    leg = _ring(
        exchange,
        request["to"],
        request["from"] or call.leg.to,
        request,
        session=call.leg.call_session_id,
        client_state=request["target_leg_client_state"],
        connection_id=call.leg.connection_id,
    )
    leg.rings_for = call
    call.transfers.append(leg)
    if request["early_media"] is not False:
        sounds.stop(exchange, call.ring)
        ringing = sounds.file(exchange, "ringing", lambda: [call], loop="infinity")
        ringing.kind = "ringing"
        sounds.play(exchange, call.ring, ringing)

    def on_answer() -> None:
        sounds.stop(exchange, call.ring)
        if request["send_digits_on_answer"]:
            sounds.hear_tones(exchange, leg, request["send_digits_on_answer"])
        _greet(exchange, leg, request, connect)

    def connect() -> None:
        if not leg.is_live:
            return
        leg.rings_for = None
        bridges.connect(exchange, call, leg)
        call.stays_after_unbridge = bridges.wants_to_stay(request)
        record_from_answer(exchange, call, request)

    leg.on_answer = on_answer
    return done()


DEEDS: dict[str, Deed] = {"dial": _dial, "transfer": _transfer}
