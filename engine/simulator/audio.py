"""The commands that let a call hear speech and audio files, and stop them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.simulator import sounds
from engine.simulator.exchange import Because, Exchange
from engine.simulator.refusals import Refusal, unable
from engine.simulator.requests import Deed, Request, done
from engine.simulator.state import Call, Channel, Sound

# How a sound ends that playback_stop stops; which event says so is Options.stop_reports.
_STOPPED = "stopped"
_DETAILS = {"file_not_found": "The audio file was not found.", "failed": "The audio could not be downloaded."}


def refuse_bad(exchange: Exchange, request: Request) -> None:
    """Raise Refusal for audio that cannot be played, where it is not reported instead (Options.bad_audio)."""
    for kind, name in media(request).items():
        if exchange.options.bad_audio == "refused" and sounds.fault(exchange, name):
            if kind == "media_name":
                raise Refusal(404, "10005", f"There is no audio file '{name}'.", pointer="/media_name")
            raise Refusal(400, "90040", f"'{name}' could not be downloaded.", pointer="/audio_url")


def media(request: Request, prefix: str = "") -> dict[str, str]:
    """Return the request's ``media_url`` or ``media_name``, as playback webhooks carry them."""
    if request[f"{prefix}audio_url"]:
        return {"media_url": request[f"{prefix}audio_url"]}
    return {"media_name": request[f"{prefix}media_name"]} if request[f"{prefix}media_name"] else {}


def playback(
    exchange: Exchange,
    call: Call,
    request: Request,
    listeners: Callable[[], list[Call]],
    *,
    on_end: Callable[[str], None] = lambda status: None,
) -> Sound:
    """Return the request's audio as a sound that reports ``call.playback.started`` and ``.ended``."""
    fields: dict[str, Any] = media(request) | {"overlay": bool(request["overlay"])}

    def ended(status: str) -> None:
        if status == _STOPPED and exchange.options.stop_reports == "call.speak.ended":
            exchange.emit("call.speak.ended", call, status=exchange.options.stopped_speech_status)
        else:
            detail: dict[str, Any] = {"status_detail": _DETAILS[status]} if status in _DETAILS else {}
            exchange.emit("call.playback.ended", call, status=_plain(status), **fields, **detail)
        on_end(status)

    name = next(iter(media(request).values()), "audio in the request")
    return sounds.file(
        exchange,
        name,
        listeners,
        loop=request["loop"],
        on_end=ended,
        on_start=lambda: exchange.emit("call.playback.started", call, **fields),
    )


def depart(exchange: Exchange, call: Call, because: Because) -> None:
    """End the call's sounds when it is hung up or connected elsewhere; a queue leaves them playing."""
    if because in ("hangup", "bridged", "room"):
        status = "call_hangup" if because == "hangup" else "cancelled"
        for channel in (call.channel, call.overlay, call.ring):
            sounds.stop(exchange, channel, status=status)
        for sound in list(call.hears):
            sounds.end_hearing(exchange, sound, call)


def _listeners(call: Call, request: Request) -> Callable[[], list[Call]]:
    def listeners() -> list[Call]:
        other = [call.partner] if call.partner is not None else []
        return {"opposite": other, "both": [call, *other]}.get(request["target_legs"], [call])

    return listeners


def _make_way(exchange: Exchange, channel: Channel, request: Request) -> None:
    which = request["stop"] or ("all" if exchange.options.audio_overlap == "replace" else "")
    if which:
        sounds.stop(exchange, channel, which)


def reported_speech(exchange: Exchange, call: Call, request: Request, listeners: Callable[[], list[Call]]) -> Sound:
    """Return the request's ``payload`` as a sound that reports ``call.speak.started`` and ``.ended``."""

    def ended(status: str) -> None:
        if status == _STOPPED and exchange.options.stop_reports == "call.playback.ended":
            exchange.emit("call.playback.ended", call, status="cancelled", overlay=False)
            return
        is_cut = status in (_STOPPED, "cancelled")
        exchange.emit("call.speak.ended", call, status=exchange.options.stopped_speech_status if is_cut else status)

    return sounds.speech(
        exchange,
        request["payload"],
        listeners,
        loop=request["loop"],
        on_end=ended,
        on_start=lambda: exchange.emit("call.speak.started", call),
    )


def _refuse_queued(exchange: Exchange, call: Call) -> None:
    if call.queued is not None and exchange.options.queued_audio == "refused":
        raise unable(f"This call waits in the queue '{call.queued.queue.name}'.")


def _plain(status: str) -> str:
    return "cancelled" if status == _STOPPED else status


def _speak(exchange: Exchange, request: Request) -> dict[str, Any]:
    call = exchange.call(request.path["call_control_id"])
    _refuse_queued(exchange, call)
    _make_way(exchange, call.channel, request)
    sounds.play(exchange, call.channel, reported_speech(exchange, call, request, _listeners(call, request)))
    return done()


def _playback_start(exchange: Exchange, request: Request) -> dict[str, Any]:
    call = exchange.call(request.path["call_control_id"])
    _refuse_queued(exchange, call)
    refuse_bad(exchange, request)
    channel = call.overlay if request["overlay"] else call.channel
    _make_way(exchange, channel, request)
    sounds.play(exchange, channel, playback(exchange, call, request, _listeners(call, request)))
    return done()


def _playback_stop(exchange: Exchange, request: Request) -> dict[str, Any]:
    call = exchange.call(request.path["call_control_id"])
    sounds.stop(exchange, call.overlay if request["overlay"] else call.channel, request["stop"], _STOPPED)
    return done()


def _send_dtmf(exchange: Exchange, request: Request) -> dict[str, Any]:
    sounds.hear_tones(exchange, exchange.call(request.path["call_control_id"]), request["digits"])
    return done()


DEEDS: dict[str, Deed] = {
    "speak": _speak,
    "playback_start": _playback_start,
    "playback_stop": _playback_stop,
    "send_dtmf": _send_dtmf,
}
