"""answer, hangup, reject, transfer: the call itself."""

from __future__ import annotations

import re
from typing import Any

from engine.core.acts.act import Act, Failure, Result, Verdict, waits_for_webhook
from engine.core.event import ClientState, Event
from engine.core.leg import FarLeg, Running
from engine.core.turn import Turn

_SIP_NUMBER = re.compile(r"sips?:(\+[0-9]+)@[A-Za-z0-9.-]+(?::[0-9]+)?")  # and nothing that a switch may act upon
_REFERRAL_S = 60.0  # the other side rings meanwhile

# Telnyx repeats a webhook at most 5 times within 60 s (runtime.md, "Path of a webhook"; facts.md, section 2).
RETRIES_MS = (500, 1500, 4000, 12000, 40000)
_REPEATED = (
    "call.answered",
    "call.bridged",
    "call.hangup",
    "call.dtmf.received",
    "call.gather.ended",
    "call.speak.ended",
    "call.playback.ended",
    "call.enqueued",
    "call.dequeued",
    "call.recording.saved",
    "call.recording.error",
)


def retry_policies() -> dict[str, Any]:
    """Return ``webhook_retries_policies`` for the events that move a call."""
    return {event_type: {"retries_ms": list(RETRIES_MS)} for event_type in _REPEATED}


def _answer(turn: Turn, running: Running) -> Result:
    if turn.leg.is_answered:
        return Verdict.DONE
    turn.send("answer", webhook_retries_policies=retry_policies())
    return waits_for_webhook(running)


def _answered(_turn: Turn, _running: Running, name: str, _event: Event) -> Result | None:
    return Verdict.DONE if name == "call.answered" else None


def _hang_up(_turn: Turn, _running: Running) -> Result:
    return Verdict.HANG_UP


def _reject(turn: Turn, running: Running) -> Result:
    turn.send("reject", use="hangup", cause=turn.option(running.frame, "cause"))
    return Verdict.HANG_UP


def _transfer(turn: Turn, running: Running) -> Result:
    leg, frame = turn.leg, running.frame
    to = str(turn.option(frame, "to"))
    if (refusal := forbidden(turn, turn.action(frame).options["to"], to)) is not None:
        return refusal
    word = str(turn.option(frame, "as") or "transfer")
    running.note["word"] = word
    leg.far_legs[word] = FarLeg(leg.n + 1)
    far_token = ClientState(turn.program.install, leg.run, leg.n + 1, word).encode()
    program = turn.program
    caller_id = turn.option(frame, "from") or program.flow.settings.call_from or program.project.caller_id or None
    turn.send(
        "transfer",
        {"from": caller_id},
        to=to,
        timeout_secs=int(turn.option(frame, "ring_for")),
        time_limit_secs=_whole(turn.option(frame, "longest")),
        target_leg_client_state=far_token,
        webhook_retries_policies=retry_policies(),
    )
    return waits_for_webhook(running)


def _refer(turn: Turn, running: Running) -> Result:
    to = str(turn.option(running.frame, "to"))
    if (refusal := forbidden(turn, turn.action(running.frame).options["to"], number_in(to))) is not None:
        return refusal
    turn.send("refer", sip_address=to)
    return waits_for_webhook(running)


def _referred(_turn: Turn, _running: Running, name: str, event: Event) -> Result | None:
    if name == "call.refer.failed":
        answer = event.payload.get("sip_notify_response")
        return Failure("refer_failed", title=f"The other side did not take the call (SIP {answer})")
    return Verdict.DONE if name == "call.refer.completed" else None


def _whole(seconds: float | None) -> int | None:
    return None if seconds is None else int(seconds)


def forbidden(turn: Turn, written: Any, number: Any) -> Failure | None:
    """
    Return the refusal to ring *number*, unless it may be rung: what the author has *written* holds a formula.

    Both may be lists of numbers. Source: interfaces.md, "Safe by default".
    """
    pairs = zip(written, number, strict=True) if isinstance(written, (list, tuple)) else [(written, number)]
    if all(not hasattr(one, "evaluate") or may_call(turn, str(value)) for one, value in pairs):
        return None
    return Failure("may_call", title="the number is outside may_call of project.yaml", is_forbidden=True)


def may_call(turn: Turn, number: str) -> bool:
    """Tell whether *number* begins as project.yaml allows for numbers from data."""
    is_number = number.startswith("+") and number[1:].isascii() and number[1:].isdigit() and 8 <= len(number) <= 16
    return is_number and number.startswith(turn.program.project.may_call)


def number_in(address: str) -> str:
    """Return the phone number in a SIP address such as ``sip:+15551230000@example.com``, else *address* itself."""
    found = _SIP_NUMBER.fullmatch(address)
    return found[1] if found is not None else address


def _transferred(turn: Turn, running: Running, name: str, _event: Event) -> Result | None:
    if name == "call.bridged":
        turn.keeps = ""  # connected elsewhere: what it was linked with before is left behind
        return Verdict.DONE
    return Verdict.DROP if name == f"{running.note['word']}.call.hangup" else None


def _ring_time(turn: Turn, running: Running) -> float:
    return float(turn.option(running.frame, "ring_for")) + 10.0


ACTS = {
    "answer": Act(begin=_answer, finish=_answered),
    "hangup": Act(begin=_hang_up),
    "reject": Act(begin=_reject),
    "refer": Act(begin=_refer, finish=_referred, limit_s=lambda _turn, _running: _REFERRAL_S),
    "transfer": Act(begin=_transfer, finish=_transferred, limit_s=_ring_time),
}
