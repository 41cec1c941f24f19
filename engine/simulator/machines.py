"""Who picks up: a person or a machine, and what Telnyx's detection says of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from engine.simulator import gathers, sounds
from engine.simulator.exchange import Exchange
from engine.simulator.state import Call

Answerer = Literal["person", "business", "machine", "machine without beep", "screening", "fax", "silence", "unclear"]

_PREMIUM = {
    "person": "human_residence",
    "business": "human_business",
    "machine": "machine",
    "machine without beep": "machine",
    "fax": "fax_detected",
    "silence": "silence",
}
_PLAIN = {
    "person": "human",
    "business": "human",
    "machine": "machine",
    "machine without beep": "machine",
    "fax": "machine",
}
MACHINES = ("machine", "machine without beep")


def detect(exchange: Exchange, call: Call, mode: str, answerer: Answerer) -> None:
    """Report who picked up, after a while, and when a machine's greeting ends, as *mode* asks."""
    options = exchange.options
    if mode.startswith("premium"):
        exchange.emit("call.machine.premium.detection.started", call)
        screened = mode == "premium_ios_call_screening_detection" and answerer == "screening"
        result = _PREMIUM.get(answerer, "not_sure")
    else:
        screened, result = False, _PLAIN.get(answerer, "not_sure")

    def detected() -> None:
        if screened:
            exchange.emit("call.machine.premium.call_screening.detected", call, result="screening")
        else:
            kind = "premium.detection" if mode.startswith("premium") else "detection"
            exchange.emit(f"call.machine.{kind}.ended", call, result=result)
        if answerer in MACHINES and options.amd_cancels == "detection":
            cancel(exchange, call)

    def greeted() -> None:
        kind = "premium.greeting" if mode.startswith("premium") else "greeting"
        exchange.emit(f"call.machine.{kind}.ended", call, result=_greeting(mode, answerer))
        if options.amd_cancels == "greeting":
            cancel(exchange, call)

    exchange.after(options.machine_detected_after_s, _while_live(call, detected))
    waits = mode.startswith("premium") or mode in ("greeting_end", "detect_beep", "detect_words")
    if screened or (answerer in MACHINES and waits):
        exchange.after(options.machine_greeting_s, _while_live(call, greeted))


def _greeting(mode: str, answerer: Answerer) -> str:
    if mode.startswith("premium"):
        return {"machine": "beep_detected", "screening": "prompt_ended"}.get(answerer, "no_beep_detected")
    if mode != "detect_beep":
        return "ended"
    return "beep_detected" if answerer == "machine" else "not_sure"


def cancel(exchange: Exchange, call: Call) -> None:
    """A machine was detected: what it is told and asked ends as ``cancelled_amd``."""
    gathers.end(exchange, call, "cancelled_amd")
    for channel in (call.channel, call.overlay):
        sounds.stop(exchange, channel, status="cancelled_amd")


def _while_live(call: Call, action: Callable[[], None]) -> Callable[[], None]:
    def act() -> None:
        if call.is_live:
            action()

    return act
