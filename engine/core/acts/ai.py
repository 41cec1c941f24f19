"""gather_using_ai, ai_assistant_start: an AI of the Telnyx account talks with the caller."""

from __future__ import annotations

from functools import partial
from typing import Any

from engine.core import media
from engine.core.acts.act import Act, Failure, Result, Verdict, is_stale, waits_for_webhook
from engine.core.event import Event
from engine.core.leg import Running
from engine.core.taking import UnfitAnswerError, fitted, part
from engine.core.turn import Turn

_WORDS_AROUND_S = 10.0  # beyond the longest that the author allows, before Telnyx is asked what became of the call


def _gather(turn: Turn, running: Running) -> Result:
    frame = running.frame
    turn.send(
        "gather_using_ai",
        parameters=turn.option(frame, "parameters"),
        greeting=turn.option(frame, "greeting"),
        voice=turn.option(frame, "voice"),
        user_response_timeout_ms=round(turn.option(frame, "wait") * 1000),
    )
    media.started(turn, "ai")
    return waits_for_webhook(running)


def _gathered(turn: Turn, running: Running, name: str, event: Event) -> Result | None:
    if name != "call.ai_gather.ended" or is_stale(turn, running, event):
        return None
    if event.payload.get("status") != "valid":
        return Failure("invalid", title="The AI could not find out what was asked for")
    result = event.payload.get("result") or {}
    values = {}
    for variable, field in (turn.option(running.frame, "into") or {}).items():
        try:
            kind = turn.program.flow.variables[variable].type
            values[variable] = turn.recalled(frozenset({variable}), partial(_value, result, field, kind))
        except UnfitAnswerError as error:
            return Failure("invalid", title=str(error))
    turn.leg.variables |= values
    return Verdict.DONE


def _value(result: Any, field: str, kind: str) -> Any:
    return fitted(part(result, field), kind, field)


def _longest(turn: Turn, running: Running) -> float:
    return float(turn.option(running.frame, "longest")) + _WORDS_AROUND_S


def _assist(turn: Turn, running: Running) -> Result:
    assistant = {"id": turn.option(running.frame, "assistant")}
    turn.send("ai_assistant_start", assistant=assistant, greeting=turn.option(running.frame, "greeting"))
    return Verdict.WAITS  # finished when accepted: it talks on until ai_assistant_stop


ACTS = {
    "gather_using_ai": Act(begin=_gather, finish=_gathered, limit_s=_longest),
    "ai_assistant_start": Act(begin=_assist),
}
