"""Copies of a call's sound that go elsewhere: media streams, forks, SIPREC sessions; and noise suppression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.simulator.exchange import Because, Exchange
from engine.simulator.refusals import Refusal, unable
from engine.simulator.requests import Deed, Request, done
from engine.simulator.state import Call, Tap, TapKind


def stream(exchange: Exchange, call: Call, request: Request) -> None:
    """Send the call's sound to the request's ``stream_url``: ``streaming.started`` or ``streaming.failed``."""
    url = request["stream_url"] or ""
    tap = Tap(exchange.new_id("stream"), url)
    kind = "dialogflow" if request["enable_dialogflow"] else "websocket"
    reachable = url not in exchange.options.unreachable if url else kind == "dialogflow"
    if reachable:
        _begin(exchange, call, "stream", tap)
        exchange.emit("streaming.started", call, stream_url=url)
        return
    reason = "connection_failed" if url else "there is no stream_url"
    params = {"stream_url": url}
    exchange.emit(
        "streaming.failed", call, stream_id=tap.id, failure_reason=reason, stream_params=params, stream_type=kind
    )


def depart(exchange: Exchange, call: Call, because: Because) -> None:
    """A hang-up ends every copy of the call's sound."""
    if because == "hangup":
        for kind in list(call.taps):
            _end(exchange, call, kind, cause=call.cause)


def _begin(exchange: Exchange, call: Call, kind: TapKind, tap: Tap) -> None:
    call.taps[kind] = tap
    exchange.note("state", call.id, f"{kind} started", to=tap.goes_to)


def _end(exchange: Exchange, call: Call, kind: TapKind, *, cause: str = "normal_clearing") -> None:
    tap = call.taps.pop(kind, None)
    if tap is None:
        return
    exchange.note("state", call.id, f"{kind} ended", to=tap.goes_to)
    event, fields = _ended(kind, tap, cause)
    exchange.emit(event, call, **fields)


def _ended(kind: TapKind, tap: Tap, cause: str) -> tuple[str, Mapping[str, Any]]:
    match kind:
        case "stream":
            return "streaming.stopped", {"stream_url": tap.goes_to}
        case "fork":
            return "call.fork.stopped", {"stream_type": "decrypted"}
        case "siprec":
            return "siprec.stopped", {"hangup_cause": cause}


def _of(exchange: Exchange, request: Request) -> Call:
    return exchange.call(request.path["call_control_id"])


def _refuse_streamed(call: Call) -> None:
    if "stream" in call.taps:
        raise Refusal(422, "90045", "This call's media is streamed already.")


def _streaming_start(exchange: Exchange, request: Request) -> dict[str, Any]:
    call = _of(exchange, request)
    _refuse_streamed(call)
    stream(exchange, call, request)
    return done()


def _streaming_stop(exchange: Exchange, request: Request) -> dict[str, Any]:
    call, wanted = _of(exchange, request), request["stream_id"]
    if wanted is None or ("stream" in call.taps and call.taps["stream"].id == wanted):
        _end(exchange, call, "stream")
    return done()


def _fork_start(exchange: Exchange, request: Request) -> dict[str, Any]:
    call = _of(exchange, request)
    _refuse_streamed(call)
    if "fork" in call.taps:
        raise unable("This call is forked already.")
    _begin(exchange, call, "fork", Tap(exchange.new_id("fork"), request["rx"] or request["tx"] or ""))
    exchange.emit("call.fork.started", call, stream_type="decrypted")
    return done()


def _fork_stop(exchange: Exchange, request: Request) -> dict[str, Any]:
    call = _of(exchange, request)
    if "fork" not in call.taps:
        raise Refusal(422, "90031", "This call is not forked.")
    _end(exchange, call, "fork")
    return done()


def _siprec_start(exchange: Exchange, request: Request) -> dict[str, Any]:
    call, connector = _of(exchange, request), request["connector_name"] or ""
    if "siprec" in call.taps:
        raise unable("This call has a SIPREC session already.")
    if connector in exchange.options.unreachable:
        exchange.emit("siprec.failed", call, failure_cause="unreachable")
        return done()
    _begin(exchange, call, "siprec", Tap(exchange.new_id("siprec"), connector))
    exchange.emit("siprec.started", call)
    return done()


def _siprec_stop(exchange: Exchange, request: Request) -> dict[str, Any]:
    _end(exchange, _of(exchange, request), "siprec")
    return done()


def _suppress(*, starts: bool) -> Deed:
    def deed(exchange: Exchange, request: Request) -> dict[str, Any]:
        call = _of(exchange, request)
        call.suppresses_noise = starts
        what = "noise suppression started" if starts else "noise suppression ended"
        exchange.note("state", call.id, what, direction=request["direction"] or "")
        return done()

    return deed


DEEDS: dict[str, Deed] = {
    "streaming_start": _streaming_start,
    "streaming_stop": _streaming_stop,
    "fork_start": _fork_start,
    "fork_stop": _fork_stop,
    "siprec_start": _siprec_start,
    "siprec_stop": _siprec_stop,
    "suppression_start": _suppress(starts=True),
    "suppression_stop": _suppress(starts=False),
}
