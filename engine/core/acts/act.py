"""What a verb does: how it begins, and what finishes it. One small value per verb, in a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

from engine.core.event import Event
from engine.core.flow import Exit
from engine.core.leg import Running
from engine.core.turn import Turn


class Verdict(Enum):
    """What became of a step."""

    WAITS = "waits"  # for Telnyx
    DONE = "done"  # the next step
    DROP = "drop"  # done, and neither the rest of its block nor `then` follows
    AGAIN = "again"  # the same step once more
    HANG_UP = "hang up"  # the call ends here


@dataclass(frozen=True, slots=True)
class Failure:
    """
    A step that did not work: *code* is Telnyx's error code, or a word of ours; *status* the HTTP status or 0.

    *is_forbidden*: the engine refused to do it; a handler of ``action.refused`` comes before ``on_error``.
    """

    code: str
    status: int = 0
    title: str = ""
    is_forbidden: bool = False


@dataclass(frozen=True, slots=True)
class Leaves:
    """A step that says itself where the leg goes on; neither the rest of its block nor ``then`` follows."""

    exit: Exit


Result: TypeAlias = Verdict | Failure | Leaves


def accepted(_turn: Turn, running: Running, _event: Event) -> Result:
    """Telnyx has taken the step's command: that finishes the step, unless a webhook is to follow."""
    return Verdict.WAITS if running.note.get("awaits_webhook") else Verdict.DONE


def failure_from(payload: Mapping[str, Any]) -> Failure:
    """Return the failure that a refusal tells: Telnyx's answer to a command, or a room's word."""
    return Failure(
        str(payload.get("code") or "refused"), int(payload.get("status") or 0), str(payload.get("title") or "")
    )


def _refused(_turn: Turn, _running: Running, event: Event) -> Result:
    return failure_from(event.payload)


def _carries_on(_turn: Turn, _running: Running, _event: Event) -> Result:
    return Verdict.DONE


def _nothing(_turn: Turn, _running: Running, _name: str, _event: Event) -> Result | None:
    return None


def _ten_seconds(_turn: Turn, _running: Running) -> float:
    return 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """
    One verb's behaviour.

    *begin* issues its commands. *finish* looks at an event (by the name that handlers know) and returns a result, or
    None when the event is not about the step. *accepted* and *refused* take Telnyx's answer to the step's command,
    *in_doubt* that there is none (runtime.md, "Commands", 3: by default the flow carries on).
    *limit_s*: how many seconds after its acceptance the step is given up (runtime.md, "Commands", 5).
    """

    begin: Callable[[Turn, Running], Result]
    finish: Callable[[Turn, Running, str, Event], Result | None] = _nothing
    accepted: Callable[[Turn, Running, Event], Result] = accepted
    refused: Callable[[Turn, Running, Event], Result] = _refused
    in_doubt: Callable[[Turn, Running, Event], Result] = _carries_on
    limit_s: Callable[[Turn, Running], float] = _ten_seconds


def waits_for_webhook(running: Running) -> Verdict:
    """Mark the step as one that Telnyx's 200 does not finish."""
    running.note["awaits_webhook"] = True
    return Verdict.WAITS


def is_stale(turn: Turn, running: Running, event: Event) -> bool:
    """
    Tell whether *event* answers an earlier command of this leg than the running step's.

    n on an event is a low-water mark; tokens that are missing or not this run's are never judged by n
    (runtime.md, "Stale", a and e).
    """
    token = event.client_state
    return token is not None and token.run == turn.leg.run and token.n < running.n
