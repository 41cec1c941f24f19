"""
A call that a flow planned (``call_later``), or a person ordered: a run of its own that rings until somebody answers.

At its time it rings, as the settings of its flow say; each attempt is a leg with a run and a token of its own, and
the next one begins only when that leg has ended. Who answers enters the flow's start.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

from engine.core import links
from engine.core.answer import answer_in
from engine.core.change import Change, JournalEntry, Row, Timer
from engine.core.command import run_id
from engine.core.event import ACCEPTED, IN_DOUBT, REFUSED, TIMER, Event
from engine.core.flow import CALLER, Flow
from engine.core.names import plan_run
from engine.core.program import Library, Program
from engine.core.ringing import Ring, ring
from engine.core.state_format import STATE_FORMAT, readable
from engine.core.turn import Outgoing

MADE = "plan.made"
UNHEARD_FOR_S = 300.0  # longer than a leg that nobody answers lives: it was lost to a defect


@dataclass(slots=True, kw_only=True)
class Plan:
    """
    A call to *to* with *flow*. *attempt* counts from 1; *leg* is the run that is being rung, *sent* its dial.

    *called* is the number that was called when this was planned, *connection_id* the connection of that call: they
    serve where the project names no others. *due* is in epoch seconds.
    """

    run: str
    ver: int = 0
    stage: Literal["waiting", "ringing", "over"] = "waiting"
    flow: str = ""
    to: str = ""
    give: dict[str, Any] = field(default_factory=dict)
    called: str = ""
    connection_id: str = ""
    attempt: int = 0
    leg: str = ""
    sent: str = ""
    due: float | None = None
    gen: int = 0
    format: int = STATE_FORMAT


@dataclass(slots=True)
class _Turn:
    plan: Plan
    program: Program
    out: Outgoing
    now: float
    settled: list[str] = field(default_factory=list)

    @property
    def flow(self) -> Flow:
        return self.program.flow

    def note(self, what: str, **record: Any) -> None:
        plan = self.plan
        told = {"flow": plan.flow, "to": plan.to, "attempt": plan.attempt, "what": what, **record}
        self.out.note("call", told)


def ordered(version: str, flow: str, to: str, give: Mapping[str, Any], *, order: str, at: float) -> Event:
    """
    Return the message that has *flow* call *to* at the time *at*, as ``ringflow call`` orders it.

    *order* is any text that no other order has; the same one never rings twice.
    """
    payload = {
        "version": version, "flow": flow, "to": to, "at": at, "give": dict(give), "connection_id": "", "called": "",
    }  # fmt: skip
    return Event(id=f"order:{order}", type=MADE, run=plan_run(run_id(order)), payload=payload)


def whom(row: Row) -> tuple[str, str]:
    """Return the flow and the number of the planned call in *row*."""
    plan = Plan(**readable(orjson.loads(row.state)))
    return plan.flow, plan.to


def plan_change(event: Event, row: Row | None, library: Library, *, run: str, now: float) -> Change:
    """Return what *event* makes of the planned call's run. Pure."""
    plan = Plan(**readable(orjson.loads(row.state))) if row is not None else Plan(run=run)
    version = row.version if row is not None else str(event.payload.get("version") or "")
    inbox_id = "" if event.type in (TIMER, *_OUTCOMES) else event.id
    is_stale = event.type == TIMER and event.payload.get("gen") != plan.gen
    if is_stale or event.type not in _TAKES or (row is None) != (event.type == MADE):
        return Change(event_id=inbox_id, at=now, settled=_settled(event))
    if not library.knows(version):
        return _unreadable(plan, event, row, version=version, now=now)
    plan.ver += 1
    program = library.program(version, plan.flow or str(event.payload["flow"]))
    turn = _Turn(plan, program, Outgoing(run=run, ver=plan.ver, now=now, flow=program.flow.name), now)
    due_before = plan.due if event.type != TIMER else None
    _TAKES[event.type](turn, event)
    plan.gen += plan.due != due_before
    return Change(
        event_id=inbox_id,
        at=now,
        ver_before=row.ver if row is not None else 0,
        row=_row(plan, version, now),
        commands=tuple(turn.out.rows),
        settled=_settled(event),
        timer=None if plan.due is None else Timer(run, plan.due, plan.gen),
        journal=tuple(turn.out.journal),
    )


def _row(plan: Plan, version: str, now: float) -> Row:
    ended_at = now if plan.stage == "over" else None
    if ended_at is not None:
        plan.give = {}  # the leg has it; a secret among it need not lie in a tombstone
    return Row(run=plan.run, ver=plan.ver, state=orjson.dumps(plan).decode(), version=version, ended_at=ended_at)


def _unreadable(plan: Plan, event: Event, row: Row | None, *, version: str, now: float) -> Change:
    """The flows of a planned call cannot be read any more: it is never made, and nothing of it stays."""
    plan.ver, plan.stage, plan.due = plan.ver + 1, "over", None
    told = {"flow": plan.flow, "to": plan.to, "what": "given up", "why": "its flows cannot be read any more"}
    return Change(
        event_id="" if event.type in (TIMER, *_OUTCOMES) else event.id,
        at=now,
        ver_before=row.ver if row is not None else 0,
        row=_row(plan, version, now),
        settled=_settled(event),
        journal=(JournalEntry(run=plan.run, at=now, kind="call", record=told),),
    )


def _settled(event: Event) -> tuple[str, ...]:
    return (str(event.payload["command_id"]),) if event.type in _OUTCOMES else ()


def _made(turn: _Turn, event: Event) -> None:
    plan, message = turn.plan, event.payload
    plan.flow, plan.to, plan.give = str(message["flow"]), str(message["to"]), dict(message["give"])
    plan.called, plan.connection_id = str(message["called"]), str(message["connection_id"])
    plan.due = float(message["at"])
    turn.note("planned", at=plan.due)
    if plan.due <= turn.now:  # a time in the past: at once
        _ring(turn)


def _fell_due(turn: _Turn, _event: Event) -> None:
    if turn.plan.stage == "waiting":
        _ring(turn)
    else:
        turn.out.tell(turn.plan.leg, links.DROP, run=turn.plan.run, role="")
        _unanswered(turn, "nothing was heard of the call")


def _ring(turn: _Turn) -> None:
    plan, project, settings = turn.plan, turn.program.project, turn.flow.settings
    attempts = settings.call_attempts
    plan.attempt += 1
    wish = Ring(
        version=turn.program.version,
        flow=plan.flow,
        role=CALLER,
        to=plan.to,
        from_=settings.call_from or project.caller_id or plan.called,
        connection_id=project.connection_id or plan.connection_id,
        ring_for_s=attempts.ring_for_s,
        longest_s=settings.longest_call_s,
        detect_machine=attempts.detect_machine,
        origin={"run": plan.run},
        give=plan.give,
    )
    plan.leg, plan.sent = ring(turn.out, turn.program.install, wish)
    plan.stage, plan.due = "ringing", turn.now + attempts.ring_for_s + UNHEARD_FOR_S
    turn.note("rings", leg=plan.leg)


def _answered(turn: _Turn, event: Event) -> None:
    plan = turn.plan
    if plan.stage != "ringing" or event.payload["run"] != plan.leg:
        turn.out.tell(str(event.payload["run"]), links.DROP, run=plan.run, role="")
        return
    plan.stage, plan.due = "over", None
    turn.note("answered", leg=plan.leg)


def _gone(turn: _Turn, event: Event) -> None:
    if turn.plan.stage == "ringing" and event.payload["run"] == turn.plan.leg:
        _unanswered(turn, str(event.payload["payload"].get("hangup_cause") or "unspecified"))


def _unanswered(turn: _Turn, why: str) -> None:
    """Nobody answered: once more after a while, or never again."""
    plan, attempts = turn.plan, turn.flow.settings.call_attempts
    if plan.attempt < attempts.tries:
        plan.stage, plan.due = "waiting", turn.now + attempts.wait_between_s
        turn.note("not answered", why=why, next=plan.due)
    else:
        plan.stage, plan.due = "over", None
        turn.note("given up", why=why)


def _placed(turn: _Turn, event: Event) -> None:
    plan = turn.plan
    found = answer_in(event.payload).result
    if plan.stage == "ringing" and event.payload["command_id"] == plan.sent:
        ids = {name: found.get(name) for name in ("call_control_id", "call_leg_id", "call_session_id")}
        turn.out.tell(plan.leg, links.PLACED, **ids)


def _not_placed(turn: _Turn, event: Event) -> None:
    """Telnyx refuses to ring: the leg ends, and says so."""
    plan = turn.plan
    if plan.stage == "ringing" and event.payload["command_id"] == plan.sent:
        turn.note("refused", code=event.payload.get("code"), title=event.payload.get("title"))
        turn.out.tell(plan.leg, links.DROP, run=plan.run, role="", never=True)


_OUTCOMES = (ACCEPTED, REFUSED, IN_DOUBT)
_TAKES: Mapping[str, Callable[[_Turn, Event], None]] = {
    MADE: _made,
    TIMER: _fell_due,
    links.ANSWERED: _answered,
    links.GONE: _gone,
    ACCEPTED: _placed,
    REFUSED: _not_placed,
    IN_DOUBT: lambda _turn, _event: None,  # the leg says whether it rings
}
