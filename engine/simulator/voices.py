"""What is done with the voice of a person: written down, judged to be real or not; and SIP messages to their end."""

from __future__ import annotations

from typing import Any

from engine.simulator.exchange import Because, Exchange
from engine.simulator.post import leg_fields
from engine.simulator.refusals import Refusal
from engine.simulator.requests import Deed, Request, done
from engine.simulator.state import Call, Deepfake

_JUDGED_AFTER_S = 2.0


def hear(exchange: Exchange, call: Call, text: str, *, is_real: bool) -> None:
    """The person has said *text*: a running transcription writes it down, a detection of deepfakes judges the voice."""
    if call.transcribes:
        data = {"confidence": 0.98, "is_final": True, "transcript": text, "transcription_track": "inbound"}
        exchange.emit("call.transcription", call, transcription_data=data)
    if call.deepfake is not None:
        call.deepfake.alarm.cancel()
        result, score = ("real", 0.02) if is_real else ("fake", 0.97)
        call.deepfake.alarm = exchange.after(_JUDGED_AFTER_S, lambda: _judge(exchange, call, result, score))


def watch(exchange: Exchange, call: Call, wishes: dict[str, Any]) -> None:
    """
    Look from now on whether the voice on *call* is real.

    Ends after its ``timeout`` of silence; without any sound, as on hold, with an error after its ``rtp_timeout``.
    """
    silent_s, deaf_s = float(wishes.get("timeout") or 15), float(wishes.get("rtp_timeout") or 30)

    def silent() -> None:
        if call.deepfake is not None and call.is_held:
            call.deepfake.alarm = exchange.after(max(0.0, deaf_s - silent_s), nothing)
        else:
            _judge(exchange, call, "silence_timeout", 0.0)

    def nothing() -> None:
        if not call.is_held:
            _judge(exchange, call, "silence_timeout", 0.0)
            return
        call.deepfake = None
        exchange.emit("call.deepfake_detection.error", call, error_message="rtp_timeout")

    call.deepfake = Deepfake(exchange.after(silent_s, silent))


def _judge(exchange: Exchange, call: Call, result: str, score: float) -> None:
    call.deepfake = None
    exchange.emit("call.deepfake_detection.result", call, result=result, score=score, consistency=0.9)


def depart(exchange: Exchange, call: Call, because: Because) -> None:
    """A call that is hung up is neither written down nor judged any more."""
    if because == "hangup":
        call.transcribes = False
        if call.deepfake is not None:
            call.deepfake.alarm.cancel()
            call.deepfake = None


def _of(exchange: Exchange, request: Request) -> Call:
    return exchange.call(request.path["call_control_id"])


def _transcribe(exchange: Exchange, request: Request) -> dict[str, Any]:
    call = _of(exchange, request)
    if call.transcribes:
        raise Refusal(422, "90054", "Transcription is active on this call already.")
    call.transcribes = True
    return done()


def _transcribe_no_more(exchange: Exchange, request: Request) -> dict[str, Any]:
    _of(exchange, request).transcribes = False
    return done()


def _refer(exchange: Exchange, request: Request) -> dict[str, Any]:
    """Refer the call; it goes, or the far end refuses it (``Options.unreachable``)."""
    call, options = _of(exchange, request), exchange.options
    exchange.emit("call.refer.started", call, sip_notify_response=100)
    is_refused = request["sip_address"] in options.unreachable
    event, status = ("call.refer.failed", 603) if is_refused else ("call.refer.completed", 200)

    def report() -> None:
        if call.ended_at is None:
            exchange.emit(event, call, sip_notify_response=status)

    exchange.after(options.referral_s, report)
    return done()


def _send_sip_info(exchange: Exchange, request: Request) -> dict[str, Any]:
    """Send a SIP INFO to the call's far end; a leg bridged with it hears of it (facts.md, section 6: typed nowhere)."""
    call = _of(exchange, request)
    message = {"body": request["body"], "content_type": request["content_type"]}
    exchange.note("state", call.id, "sip info sent", **message)
    other = call.partner
    if other is not None:
        payload = {**leg_fields(other), "client_state": other.client_state, **message}
        event = "call.sip_info.received"
        exchange.deliver(event, payload, other.id, route=other.routing.route(event))
    return done()


DEEDS: dict[str, Deed] = {
    "transcription_start": _transcribe,
    "transcription_stop": _transcribe_no_more,
    "refer": _refer,
    "send_sip_info": _send_sip_info,
}
