"""
Decides, purely, what becomes of one command of the outbox: send it, wait, or settle it with an outcome.

Source: runtime.md, "Commands"; facts.md, section 3 (Telnyx ignores a repeated command_id for 60 seconds only).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from engine.core import read_back
from engine.core.answer import Answer
from engine.core.catalogue import Catalogue, Operation
from engine.core.command import HTTP, NOTIFY, Command, OutboxRow
from engine.core.event import ACCEPTED, IN_DOUBT, REFUSED, Event

PATIENCE_S = 5.0  # how long the head of a chain may block those behind it
_STOP_S = 45.0  # the last attempt starts this long after the first: well inside Telnyx's 60 s
_GRACE_S = 15.0  # an attempt that has not ended so long after the stop never will
_KEY_REFUSED_PAUSE_S = 5.0
_CLOCK_SLACK_S = 1.0
_MOST_QUESTIONS = 3
_QUESTION_GAP_S = 2.0
# What the command asks for is so already (facts.md, section 3): its own doing, where an attempt may have arrived.
# 90033 (the room exists) is none of them: the room looks into it.
_ALREADY_SO = frozenset({"90031", "90038", "90045", "90054", "90061"})
# These two ask for nothing that may differ from what is so: they are done, whoever did it.
_DONE_ANYWAY = frozenset({("fork_stop", "90031"), ("transcription_start", "90054")})

Failure = Literal["unreached", "silent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """
    How a command may be sent again.

    *repeats*: ``always`` (twice does no harm), ``while_remembered`` (Telnyx ignores a second one by its command_id),
    ``never`` (only when the first was refused for certain). *hedges*: sent again while the first is still under way.
    No attempt starts later than *stop_s* after the first, and there are no more than *max_attempts*.
    """

    repeats: Literal["always", "while_remembered", "never"]
    hedges: bool = True
    stop_s: float = _STOP_S
    max_attempts: int = 1000
    first_gap_s: float = 0.5
    gap_factor: float = 2.0
    longest_gap_s: float = 8.0

    @classmethod
    def of(cls, operation: Operation) -> Terms:
        """Return the terms of an operation of Telnyx. 500 ms without an answer: facts.md, "Retry advice"."""
        if operation.resend == "harmless":
            return cls(repeats="always")
        return cls(repeats="while_remembered" if operation.takes_command_id else "never")


NOTIFY_TERMS = Terms(
    repeats="always", hedges=False, stop_s=600.0, max_attempts=5, first_gap_s=2.0, gap_factor=4.0, longest_gap_s=128.0
)
# The caller waits for the answer: a second try only where the first one failed at once, and a POST has none.
_GET_TERMS = Terms(repeats="always", hedges=False, stop_s=1.0, max_attempts=2, first_gap_s=0.2)
_POST_TERMS = Terms(repeats="never", hedges=False, stop_s=1.0, max_attempts=1)


def terms_of(row: OutboxRow, catalogue: Catalogue) -> Terms:
    """Return the terms of a command that leaves the process."""
    command = row.command
    if command.operation == NOTIFY:
        return NOTIFY_TERMS
    if command.operation == HTTP:
        return _GET_TERMS if command.parameters["method"] == "GET" else _POST_TERMS
    return Terms.of(catalogue.operations[command.operation])


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """
    One time that a command was sent by this process; *ended_at* is None while it is under way.

    It ended with an *answer*, or with a *failure*: unreached (no byte left), silent (it may have arrived).
    """

    at: float
    ended_at: float | None = None
    answer: Answer | None = None
    failure: Failure | None = None

    @property
    def may_have_arrived(self) -> bool:
        """True unless Telnyx refused it for certain, or never saw it."""
        if self.answer is not None:
            return self.answer.ok or _is_lost(self.answer)
        return self.failure != "unreached"


@dataclass(frozen=True, slots=True)
class Send:
    """Send the command now."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Ask again at *until*, or when an attempt has ended."""

    until: float


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask Telnyx with *question*, which only reads, whether the command was done."""

    question: Command


@dataclass(frozen=True, slots=True)
class Settle:
    """It is over: *outcome* goes to the command's run."""

    outcome: Event


Step = Send | Wait | Ask | Settle


def next_step(
    row: OutboxRow,
    terms: Terms,
    attempts: Sequence[Attempt],
    *,
    questions: Sequence[Attempt] = (),
    restarted: bool,
    now: float,
) -> Step:
    """
    Return what to do about *row* after *attempts*, and after *questions* whether it was done; each oldest first.

    *restarted*: an earlier process has tried it, and what became of that is not known.
    """
    outcome = _outcome_of_answers(row, attempts, restarted=restarted)
    if outcome is not None:
        return Settle(outcome)
    if not attempts:
        return _first_step(row, terms, questions, restarted=restarted, now=now)
    is_in_doubt = restarted or any(attempt.may_have_arrived for attempt in attempts)
    is_under_way = any(attempt.ended_at is None for attempt in attempts)
    stop_at = _stop_at(row, terms, attempts)
    due = _next_due(row, terms, attempts)
    may_repeat = terms.repeats != "never" or not is_in_doubt
    if may_repeat and due <= stop_at and now <= stop_at and len(attempts) < terms.max_attempts:
        return Send() if now >= due else Wait(due)
    given_up_at = max(stop_at, attempts[-1].at) + _GRACE_S
    if is_under_way and now < given_up_at:
        return Wait(given_up_at)
    return _find_out(row, attempts, questions, now) if is_in_doubt else Settle(_given_up(row, attempts))


def _find_out(row: OutboxRow, attempts: Sequence[Attempt], questions: Sequence[Attempt], now: float) -> Step:
    """Return how to go on with a command of which nobody knows whether it was done."""
    question = read_back.question(row.command)
    if question is None:
        return Settle(in_doubt(row))
    last = questions[-1] if questions else None
    if last is not None and last.ended_at is None:
        return Wait(last.at + _GRACE_S) if now < last.at + _GRACE_S else Settle(in_doubt(row))
    is_about_now = last is not None and all(last.at >= (attempt.ended_at or now) for attempt in attempts)
    done = read_back.is_done(row.command, last.answer) if last is not None and last.answer and is_about_now else None
    if done:
        return Settle(_outcome(row, ACCEPTED, status=200, body={}))
    if done is False:
        return Send()
    if len(questions) == _MOST_QUESTIONS:
        return Settle(in_doubt(row))
    due = last.at + _QUESTION_GAP_S if last is not None and is_about_now else now
    return Ask(question) if now >= due else Wait(due)


def _outcome_of_answers(row: OutboxRow, attempts: Sequence[Attempt], *, restarted: bool) -> Event | None:
    """Return the outcome when one of the answers is final."""
    answers = [attempt.answer for attempt in attempts if attempt.answer is not None]
    for answer in answers:
        if answer.ok:
            return _outcome(row, ACCEPTED, status=answer.status, body=answer.body)
    final = next((answer for answer in answers if not _is_passing(answer)), None)
    if final is None:
        return None
    is_own_doing = restarted or any(attempt.may_have_arrived for attempt in attempts)
    is_so = final.code in _ALREADY_SO and (is_own_doing or (row.command.operation, final.code) in _DONE_ANYWAY)
    if is_so:
        return _outcome(row, ACCEPTED, status=final.status, body={})
    return _refused_by(row, final)


def _first_step(row: OutboxRow, terms: Terms, questions: Sequence[Attempt], *, restarted: bool, now: float) -> Step:
    """Return what to do about a command that this process has not tried."""
    if not restarted:
        is_stale = terms.repeats != "always" and now - row.created_at > _STOP_S
        return Settle(refusal(row, code="too_late", title="It waited too long to be sent")) if is_stale else Send()
    if terms.repeats == "always":
        return Send()
    age_s = now - (row.first_attempt_at or 0.0)
    is_remembered = terms.repeats == "while_remembered" and -_CLOCK_SLACK_S <= age_s <= _STOP_S
    return Send() if is_remembered else _find_out(row, (), questions, now)


def _stop_at(row: OutboxRow, terms: Terms, attempts: Sequence[Attempt]) -> float:
    first = attempts[0].at
    if terms.repeats == "while_remembered" and row.first_attempt_at is not None:
        first = row.first_attempt_at
    return first + terms.stop_s


def _next_due(row: OutboxRow, terms: Terms, attempts: Sequence[Attempt]) -> float:
    """Return when the next attempt may start, in epoch seconds."""
    last, tries = attempts[-1], len(attempts)
    gap_s = min(terms.first_gap_s * terms.gap_factor ** (tries - 1), terms.longest_gap_s)
    if last.ended_at is None:
        return last.at + gap_s if terms.hedges else float("inf")
    if last.answer is not None and last.answer.retry_after_s is not None:
        return last.ended_at + max(last.answer.retry_after_s, gap_s / 4)  # "0" again and again is no invitation
    if last.answer is not None and last.answer.refuses_key:
        return last.ended_at + _KEY_REFUSED_PAUSE_S
    if last.failure == "silent":
        return max(last.ended_at, last.at + gap_s)
    if last.answer is not None and terms.hedges and _is_lost(last.answer) and tries == 1:
        return last.ended_at  # the first 5xx: again at once (facts.md, "Retry advice")
    return last.ended_at + gap_s * _jitter(row.command_id, tries)


def _is_passing(answer: Answer) -> bool:
    """True for an answer that another attempt may change: throttled, key refused, or lost."""
    return answer.is_throttled or answer.refuses_key or _is_lost(answer)


def _is_lost(answer: Answer) -> bool:
    """True when the command may have been done nevertheless."""
    return answer.is_server_error or answer.status == 408


def _jitter(command_id: str, tries: int) -> float:
    """Return a factor of 0.75 to 1.25, always the same for the same attempt."""
    digest = hashlib.sha256(f"{command_id}:{tries}".encode()).digest()
    return 0.75 + int.from_bytes(digest[:4], "big") / 2**33


def _given_up(row: OutboxRow, attempts: Sequence[Attempt]) -> Event:
    """The outcome of a command that certainly was not done: the last refusal, or nobody there."""
    answers = [attempt.answer for attempt in attempts if attempt.answer is not None]
    if answers:
        return _refused_by(row, answers[-1])
    return refusal(row, code="unreached", title="No connection to the other side came about")


# -- outcomes --------------------------------------------------------------------------------------------------


def in_doubt(row: OutboxRow) -> Event:
    """Return the outcome of a command that may or may not have been done, and is not sent again."""
    return _outcome(row, IN_DOUBT)


def blocked(row: OutboxRow) -> Event:
    """Return the outcome of a command whose chain has been blocked for too long; it was never sent."""
    return refusal(row, code="blocked", title="An earlier action of the call is still waiting for an answer")


def refusal(row: OutboxRow, *, code: str, title: str, detail: str = "", status: int = 0) -> Event:
    """Return a refusal; *status* 0 says that it is ours and not Telnyx's."""
    return _outcome(row, REFUSED, status=status, code=code, title=title, detail=detail)


def _refused_by(row: OutboxRow, answer: Answer) -> Event:
    code = answer.code or f"http_{answer.status}"
    return refusal(row, code=code, title=answer.title, detail=answer.detail, status=answer.status)


def _outcome(row: OutboxRow, event_type: str, **payload: Any) -> Event:
    return Event(
        id=f"{row.command_id}:outcome",
        type=event_type,
        run=row.run,
        payload={"command_id": row.command_id, "operation": row.command.operation, **payload},
    )
