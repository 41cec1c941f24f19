"""Calls as such: they come in, are answered, rejected, hung up and looked at."""

from __future__ import annotations

from typing import Any, Literal

from engine.simulator import answering
from engine.simulator.exchange import Exchange
from engine.simulator.refusals import Refusal, unable
from engine.simulator.requests import Deed, Request, done
from engine.simulator.routing import routing_of
from engine.simulator.state import Call, Routing
from engine.simulator.timeline import iso
from engine.simulator.values import Leg

# reject's causes as call.hangup reports them (facts.md, section 4).
_REJECTIONS = {
    "USER_BUSY": "user_busy",
    "CALL_REJECTED": "call_rejected",
    "NOT_FOUND": "not_found",
    "TEMPORARILY_UNAVAILABLE": "unspecified",
}


def open_call(
    exchange: Exchange,
    *,
    from_: str,
    to: str,
    direction: Literal["incoming", "outgoing"],
    session: str | None = None,
    connection_id: str = "",
    caller_id_name: str = "",
    client_state: str | None = None,
    routing: Routing = Routing(),  # noqa: B008 (frozen)
) -> Call:
    """Begin a leg that is not answered yet: ``call.initiated``."""
    leg = Leg(
        call_control_id=exchange.new_call_control_id(),
        call_leg_id=exchange.new_id("leg"),
        call_session_id=session or exchange.new_id("session"),
        from_=from_,
        to=to,
        direction=direction,
        connection_id=connection_id or exchange.options.connection_id,
    )
    call = Call(
        leg=leg,
        caller_id_name=caller_id_name or from_,
        started_at=exchange.now,
        client_state=client_state,
        routing=routing,
    )
    exchange.calls[call.id] = call
    exchange.note("state", call.id, "calls" if direction == "incoming" else "rung", **{"from": from_, "to": to})
    exchange.emit(
        "call.initiated",
        call,
        direction=direction,
        caller_id_name=call.caller_id_name,
        state="parked" if direction == "incoming" else "bridging",
        start_time=iso(call.started_at),
        connection_codecs="PCMA,PCMU",
        offered_codecs="PCMU,G729",
    )
    patience_s = exchange.options.first_command_timeout_s
    if direction == "incoming" and patience_s is not None:
        call.patience_alarm = exchange.after(patience_s, lambda: exchange.end_call(call, "timeout"))
    return call


def answer_call(exchange: Exchange, call: Call) -> None:
    """The leg is answered: ``call.answered``; it ends by itself after its time limit."""
    call.answered_at = exchange.now
    for alarm in (call.ring_alarm, call.answer_alarm):
        if alarm is not None:
            alarm.cancel()
    call.limit_alarm = exchange.after(call.time_limit_s, lambda: exchange.end_call(call, "time_limit"))
    exchange.note("state", call.id, "answered")
    exchange.emit("call.answered", call, state="answered", start_time=iso(call.started_at))


def row(exchange: Exchange, call: Call) -> dict[str, Any]:
    """Return the call as the API shows it."""
    ended_at, answered_at = call.ended_at, call.answered_at
    leg = call.leg
    fields = {
        "record_type": "call",
        "call_control_id": leg.call_control_id,
        "call_leg_id": leg.call_leg_id,
        "call_session_id": leg.call_session_id,
        "client_state": call.client_state,
        "is_alive": ended_at is None,
        "start_time": iso(call.started_at),
        "call_duration": int((ended_at or exchange.now) - answered_at) if answered_at is not None else 0,
    }
    return fields if ended_at is None else fields | {"end_time": iso(ended_at)}


def _answer(exchange: Exchange, request: Request) -> dict[str, Any]:
    call = _unanswered(exchange, request)
    call.routing = routing_of(request)
    answer_call(exchange, call)
    recording = answering.begin(exchange, call, request)
    return {"data": {"result": "ok", "recording_id": recording}} if recording else done()


def _reject(exchange: Exchange, request: Request) -> dict[str, Any]:
    exchange.end_call(_unanswered(exchange, request), _REJECTIONS[request["cause"]], "callee")
    return done()


def _unanswered(exchange: Exchange, request: Request) -> Call:
    call = exchange.call(request.path["call_control_id"])
    if call.answered_at is not None or call.leg.direction == "outgoing":
        raise unable("This call is already answered." if call.answered_at else "An outgoing call can't be answered.")
    return call


def _hangup(exchange: Exchange, request: Request) -> dict[str, Any]:
    call = exchange.call(request.path["call_control_id"])
    incoming = call.leg.direction == "incoming"
    cause = "normal_clearing" if incoming or call.answered_at is not None else "originator_cancel"
    exchange.end_call(call, cause, "callee" if incoming else "caller")
    return done()


def _client_state_update(exchange: Exchange, request: Request) -> dict[str, Any]:
    return done()  # every command's client_state is taken up in World.request


def _retrieve(exchange: Exchange, request: Request) -> dict[str, Any]:
    call = exchange.call(request.path["call_control_id"])
    if call.ended_at is not None and exchange.now > call.ended_at + exchange.options.retrievable_after_end_s:
        raise Refusal(404, "10005", "The requested resource or URL could not be found.")
    return {"data": row(exchange, call)}


DEEDS: dict[str, Deed] = {
    "answer": _answer,
    "reject": _reject,
    "hangup": _hangup,
    "client_state_update": _client_state_update,
    "call_retrieve": _retrieve,
}
