"""What listens and talks by itself: AI gathers, AI assistants, transcriptions; and referring a call elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.simulator import audio
from engine.simulator.exchange import Because, Exchange
from engine.simulator.refusals import Refusal
from engine.simulator.requests import Deed, Request, done
from engine.simulator.state import Call, Sound

_TALKING = "an AI that asks and answers"


def _talk(exchange: Exchange, call: Call, request: Request, *, gathers: bool) -> dict[str, Any]:
    """Let an AI talk with the person on *call* until it is stopped."""
    if call.assistant is not None:
        raise Refusal(422, "90061", "An AI assistant is active on this call already.")
    if greeting := request["greeting"]:
        audio.play(exchange, call.channel, audio.speech(exchange, greeting, lambda: [call]))
    sound = Sound(
        kind="speech",
        what=_TALKING,
        length_s=None,
        listeners=lambda: [call],
        on_start=lambda: None,
        on_end=lambda _status: None,
    )
    call.assistant, call.assistant_gathers = sound, gathers
    audio.play(exchange, call.channel, sound)
    return {"data": {"result": "ok", "conversation_id": exchange.new_id("conversation")}}


def _end(exchange: Exchange, call: Call, *, result: Mapping[str, Any] | None = None, reports: bool = True) -> None:
    """End the AI's talk; a gather brings its *result*, None where it found out nothing."""
    sound, call.assistant = call.assistant, None
    if sound is None:
        return
    if sound in call.channel.sounds:
        audio.drop(exchange, call.channel, sound)
    if call.assistant_gathers and reports:
        status = "invalid" if result is None else "valid"
        exchange.emit("call.ai_gather.ended", call, status=status, result=dict(result or {}), message_history=[])
    exchange.emit("call.conversation.ended", call)


def answer(exchange: Exchange, call: Call, result: Mapping[str, Any] | None) -> None:
    """The person has told the AI what it asks for (None: nothing of it). Raises ValueError where no AI asks."""
    if call.assistant is None or not call.assistant_gathers:
        raise ValueError("no AI asks this person for anything")
    if result is not None:
        exchange.note("says", call.id, ", ".join(f"{name}: {value}" for name, value in result.items()), seconds=0.0)
    _end(exchange, call, result=result)


def hear(exchange: Exchange, call: Call, text: str) -> None:
    """Somebody has said *text* on *call*: a running transcription writes it down."""
    if call.transcribes:
        data = {"confidence": 0.98, "is_final": True, "transcript": text, "transcription_track": "inbound"}
        exchange.emit("call.transcription", call, transcription_data=data)


def depart(exchange: Exchange, call: Call, because: Because) -> None:
    """A call that is hung up talks with no AI any more, and is not written down."""
    if because == "hangup":
        call.transcribes = False
        _end(exchange, call, reports=False)


def _of(exchange: Exchange, request: Request) -> Call:
    return exchange.call(request.path["call_control_id"])


def _gather(exchange: Exchange, request: Request) -> dict[str, Any]:
    return _talk(exchange, _of(exchange, request), request, gathers=True)


def _start(exchange: Exchange, request: Request) -> dict[str, Any]:
    return _talk(exchange, _of(exchange, request), request, gathers=False)


def _stop(exchange: Exchange, request: Request) -> dict[str, Any]:
    _end(exchange, _of(exchange, request))
    return done()


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
    exchange.after(options.referral_s, lambda: exchange.emit(event, call, sip_notify_response=status))
    return done()


def _switch_role(exchange: Exchange, request: Request) -> dict[str, Any]:
    """Note the new part of a supervisor; whose call it listens to is not simulated."""
    exchange.note("state", _of(exchange, request).id, "supervises", role=request["role"])
    return done()


DEEDS: dict[str, Deed] = {
    "gather_using_ai": _gather,
    "ai_assistant_start": _start,
    "ai_assistant_stop": _stop,
    "transcription_start": _transcribe,
    "transcription_stop": _transcribe_no_more,
    "refer": _refer,
    "switch_supervisor_role": _switch_role,
}
