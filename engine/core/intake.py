"""
Decides, purely, what an event is: for which run, new or stale, a new call or a stray; and what it changes.

The runtime loads rows and commits changes; every decision is made here and in ``step``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from engine.core import fault
from engine.core.change import Change, JournalEntry, Row, Timer
from engine.core.command import Command, run_id
from engine.core.event import ACCEPTED, DEFECT, IN_DOUBT, LOOK, REFUSED, TIMER, Event
from engine.core.leftovers import clear_all
from engine.core.leg import Leg
from engine.core.links import RUNG
from engine.core.names import conference_key, control_key, is_leg, leg_key
from engine.core.planned import plan_change
from engine.core.program import Library
from engine.core.queue import queue_change
from engine.core.recall import Recall
from engine.core.record import beginning, event_line
from engine.core.room import room_change
from engine.core.routing import answering, is_claimed
from engine.core.rung import be_rung, take
from engine.core.secrecy import hides, shown, shown_unasked
from engine.core.step import KEPT, MOST_PARKED, begin, step
from engine.core.turn import Outgoing, Turn
from engine.errors import RunTooNew

UNBORN_FOR_S = 90.0
ADRIFT_FOR_S = 3600.0  # a call is hung up and no call.hangup comes: the run ends nevertheless
_BEGINS_ROOM = "conference.created"
_ENGINE_EVENTS = frozenset({TIMER, ACCEPTED, REFUSED, IN_DOUBT, LOOK})


@dataclass(frozen=True, slots=True)
class Route:
    """Where an event goes: *keys* to look up, the first known one wins; else *run* ("" where there is none)."""

    keys: tuple[str, ...]
    run: str


def route(event: Event, *, install: str) -> Route:
    """Return where *event* goes (runtime.md, "What is serial")."""
    if event.run is not None:
        return Route((), event.run)
    conference = (conference_key(event.conference_id),) if event.conference_id else ()
    if event.is_about_room and event.type != _BEGINS_ROOM:
        return Route(conference, "")
    keys = []
    if event.call_leg_id:
        keys.append(leg_key(event.call_leg_id))
    if event.call_control_id:
        keys.append(control_key(event.call_control_id))
    if event.type == _BEGINS_ROOM:  # often faster than the answer that tells the room its id: then its creator's
        return Route((*conference, *keys), "")
    token = event.client_state
    if token is not None and token.install == install:
        return Route(tuple(keys), token.run)
    if event.call_leg_id:
        return Route(tuple(keys), run_id(event.call_leg_id))
    return Route((*keys, *conference), "")


def is_certainly_ours(event: Event, library: Library) -> bool:
    """
    Tell whether an event of a leg that nobody knows is for these flows, wherever it was heard: it bears our token, or
    begins a call that they claim by its number or its connection.
    """
    token, payload = event.client_state, event.payload
    if token is not None:
        return token.install == library.install
    return (
        event.type == "call.initiated"
        and payload.get("direction") == "incoming"
        and is_claimed(library.current, to=str(payload.get("to")), connection_id=str(payload.get("connection_id")))
    )


def decide(event: Event, row: Row | None, library: Library, *, run: str, now: float) -> Change:
    """
    Return what *event* changes in *run*, whose stored row is *row* (None: there is none).

    Raises:
        RunTooNew: the run is another process's, of a newer ringflow, to go on with.
        Exception: a defect of ours; the caller then asks :func:`after_defect`.
    """
    change = _decide(event, row, library, run=run, now=now)
    if row is None and change.row is not None and is_leg(run):
        return replace(change, journal=(beginning(library, run, now), *change.journal))
    return change


def _decide(event: Event, row: Row | None, library: Library, *, run: str, now: float) -> Change:
    if run.startswith("room:"):
        return room_change(event, row, run=run, now=now)
    if run.startswith("queue:"):
        return queue_change(event, row, run=run, now=now)
    if run.startswith("plan:"):
        return plan_change(event, row, library, run=run, now=now)
    if event.type == RUNG:
        return be_rung(event, row, library, run=run, now=now)
    if row is None or not run:
        return _first_of_leg(event, library, run=run, now=now)
    leg = Leg.decode(row.state)
    if leg.status == "unborn":
        return _unborn(event, leg, row, library, now=now)
    if event.type == TIMER and event.payload.get("gen") != leg.gen:
        return Change(event_id="", at=now)
    if not leg.flow:
        return _unrouted_leg(event, row, now=now)
    if not library.knows(row.version):
        if not library.is_alone:
            raise RunTooNew("a newer version of ringflow has the flow of this call, and goes on with it")
        return _adrift(event, leg, row.ver, now=now, version=row.version, why="no program for its version")
    turn = _turn(leg, library, row.version, now, event)
    turn.note("event", **event_line(event, shown(turn, event), at=leg.at))
    (take if leg.status == "rung" else step)(turn, event)
    return turn.change(event_id=_inbox_id(event), ver_before=row.ver, version=row.version)


def after_defect(event: Event, row: Row | None, library: Library, *, run: str, now: float, error: str) -> Change:
    """
    Return the change for an event on which :func:`decide` raised: stored as failed, the call sent to its error exit.

    Where that raises too, the call is hung up; the event is never tried again.
    """
    failed = JournalEntry(run=run, at=now, kind="failed", record={"id": event.id, "type": event.type, "error": error})
    is_new = row is None or (is_leg(run) and Leg.decode(row.state).status == "unborn")
    if is_new and event.type == "call.initiated" and event.payload.get("direction") == "incoming":
        leg = _leg_of(event.payload, run, now)
        leg.status = "live"
        return _adrift(event, leg, row.ver if row else 0, now=now, version="", why=error)
    if row is None or not is_leg(run):
        return Change(event_id=_inbox_id(event), at=now, journal=(failed,), settled=_settles(event))
    for repair in (_take_error_exit, _hang_up_plainly):
        try:
            turn = _turn(Leg.decode(row.state), library, row.version, now, event)
            turn.out.journal.append(failed)
            turn.settled.extend(_settles(event))
            repair(turn)
            return turn.change(event_id=_inbox_id(event), ver_before=row.ver, version=row.version)
        except Exception as second:
            failed = JournalEntry(
                run=run, at=now, kind="failed", record={**failed.record, "repair": fault.named(second)}
            )
    return Change(event_id=_inbox_id(event), at=now, journal=(failed,), settled=_settles(event))


def _adrift(event: Event, leg: Leg, ver_before: int, *, now: float, version: str, why: str) -> Change:
    """A call that no program can go on with is hung up; it ends with its call.hangup, or an hour later."""
    leg.ver = ver_before + 1
    out = Outgoing(run=leg.run, ver=leg.ver, now=now, flow=leg.flow)
    leg.call_control_id = leg.call_control_id or event.call_control_id or ""
    is_given_up = event.type == TIMER and (leg.status == "leaving" or not leg.call_control_id)
    if event.type == "call.hangup" or is_given_up:
        leg.status, leg.ended_at, leg.timers = "ended", leg.ended_at or now, {}
    elif leg.status in ("live", "unborn", "rung") and leg.call_control_id:
        if leg.flow:
            leg.status, leg.timers, leg.sent = "leaving", {"hangup": now + ADRIFT_FOR_S}, {}
        else:
            leg.status, leg.ended_at, leg.timers = "ended", now, {}  # as a call that no flow answers
        out.put(Command(operation="hangup", path={"call_control_id": leg.call_control_id}), urgent=True)
    if leg.status == "ended":
        clear_all(leg)
    leg.due = min(leg.timers.values(), default=None)
    leg.gen += 1
    failed = JournalEntry(run=leg.run, at=now, kind="failed", record={"id": event.id, "type": event.type, "error": why})
    return Change(
        event_id=_inbox_id(event),
        at=now,
        ver_before=ver_before,
        keys=_keys(event),
        commands=tuple(out.rows),
        settled=_settles(event),
        row=Row(run=leg.run, ver=leg.ver, state=leg.encode(), version=version, ended_at=leg.ended_at),
        timer=None if leg.due is None else Timer(leg.run, leg.due, leg.gen),
        journal=(_plain_line(event, leg, now), failed, *out.journal),
        whereabouts=leg.whereabouts,
    )


def _take_error_exit(turn: Turn) -> None:
    step(turn, Event(id="", type=DEFECT))


def _hang_up_plainly(turn: Turn) -> None:
    leg = turn.leg
    if leg.status not in ("live", "leaving"):
        return
    leg.status, leg.at, leg.running, leg.waiting = "leaving", "leaving", None, []
    leg.timers = {}
    turn.send("hangup", use="hangup")
    turn.set_timer("hangup", 5.0)


def _inbox_id(event: Event) -> str:
    return "" if event.type in _ENGINE_EVENTS else event.id


def _settles(event: Event) -> tuple[str, ...]:
    identity = event.payload.get("command_id")
    return (str(identity),) if event.type in (ACCEPTED, REFUSED, IN_DOUBT) and identity else ()


def _turn(leg: Leg, library: Library, version: str, now: float, event: Event) -> Turn:
    leg.ver += 1
    out = Outgoing(run=leg.run, ver=leg.ver, now=now, recall=Recall(list(event.results)))
    return Turn(programs=partial(library.program, version), leg=leg, now=now, out=out, hides=hides)


# -- legs without a flow ---------------------------------------------------------------------------------------


def _first_of_leg(event: Event, library: Library, *, run: str, now: float) -> Change:
    """The first event of a leg that no run is known for."""
    token = event.client_state
    is_ours = token is not None and token.install == library.install
    if run and not is_ours and event.type == "call.initiated" and event.payload.get("direction") == "incoming":
        return _start(event, [], None, library, run=run, now=now)
    if run and not is_ours and event.type == "call.hangup":
        return _keep(event, Leg(run=run, status="ended", ended_at=now), 0, now=now, why="hung up before it began")
    if run and not is_ours and event.type in KEPT and event.payload.get("direction") != "outgoing":
        leg = Leg(run=run, parked=[_parked(event, now)], timers={"unborn": now + UNBORN_FOR_S})
        return _keep(event, leg, 0, now=now, why="waits for call.initiated")
    if run and is_ours and token is not None and not token.word and event.type in (*KEPT, "call.hangup"):
        leg = Leg(run=run, direction="outgoing", parked=[_parked(event, now)], timers={"unborn": now + UNBORN_FOR_S})
        return _keep(event, leg, 0, now=now, why="waits for the message of the run that rings it")
    return _stray(event, run, now, "no run is known for it")


def _unborn(event: Event, leg: Leg, row: Row, library: Library, *, now: float) -> Change:
    """An event of a leg whose call.initiated has not come yet."""
    if event.type == TIMER and event.payload.get("gen") != leg.gen:
        return Change(event_id="", at=now)
    if event.type == "call.initiated" and event.payload.get("direction") == "incoming":
        return _start(event, leg.parked, row, library, run=row.run, now=now)
    is_ours = leg.direction == "outgoing"  # the run that rings it has yet to say so
    if event.type == TIMER and is_ours and (unclaimed := _control_id_in(leg.parked)):
        leg.call_control_id, leg.parked = unclaimed, []
        return _adrift(event, leg, row.ver, now=now, version="", why="the message of the run that rings it never came")
    if event.type == TIMER or (event.type == "call.hangup" and not is_ours):
        leg.status, leg.ended_at, leg.parked, leg.timers = "ended", now, [], {}
    elif event.type in KEPT or is_ours:
        leg.parked = [*leg.parked, _parked(event, now)][-MOST_PARKED:]
    return _keep(event, leg, row.ver, now=now, why="waits for call.initiated")


def _control_id_in(parked: Sequence[Mapping[str, Any]]) -> str:
    """Return how Telnyx calls a leg of which it did not say that it has ended, "" where nothing is to be hung up."""
    if any(row["type"] == "call.hangup" for row in parked):
        return ""
    return next((str(found) for row in parked if (found := row["payload"].get("call_control_id"))), "")


def _parked(event: Event, now: float) -> dict[str, Any]:
    return {
        "id": event.id,
        "type": event.type,
        "payload": dict(event.payload),
        "name": event.type,
        "until": now + UNBORN_FOR_S,
    }


def _plain_line(event: Event, leg: Leg, now: float) -> JournalEntry:
    """Return the line about an event of a leg whose flow is not at work."""
    record = event_line(event, shown_unasked(event.payload), at=leg.at)
    return JournalEntry(run=leg.run, at=now, kind="event", record=record)


def _keep(event: Event, leg: Leg, ver_before: int, *, now: float, why: str) -> Change:
    leg.ver = ver_before + 1
    leg.due = min(leg.timers.values(), default=None)
    leg.gen += 1
    return Change(
        event_id=_inbox_id(event),
        at=now,
        ver_before=ver_before,
        keys=_keys(event),
        row=Row(run=leg.run, ver=leg.ver, state=leg.encode(), ended_at=leg.ended_at),
        timer=None if leg.due is None else Timer(leg.run, leg.due, leg.gen),
        journal=(
            _plain_line(event, leg, now),
            JournalEntry(run=leg.run, at=now, kind="stray", record={"type": event.type, "why": why}),
        ),
    )


def _stray(event: Event, run: str, now: float, why: str) -> Change:
    return Change(
        event_id=_inbox_id(event),
        at=now,
        settled=_settles(event),
        journal=(JournalEntry(run=run, at=now, kind="stray", record={"id": event.id, "type": event.type, "why": why}),),
    )


def _unrouted_leg(event: Event, row: Row, *, now: float) -> Change:
    """An event of a call that no flow answers, or that had ended before it began: nothing happens."""
    return Change(
        event_id=_inbox_id(event),
        at=now,
        settled=_settles(event),
        journal=(
            JournalEntry(
                run=row.run, at=now, kind="stray", record={"type": event.type, "why": "no flow has this call"}
            ),
        ),
    )


def _keys(event: Event) -> tuple[str, ...]:
    keys = [leg_key(event.call_leg_id)] if event.call_leg_id else []
    return (*keys, control_key(event.call_control_id)) if event.call_control_id else tuple(keys)


# -- a new call ------------------------------------------------------------------------------------------------


def _start(
    event: Event, parked: list[dict[str, Any]], row: Row | None, library: Library, *, run: str, now: float
) -> Change:
    """Start the flow that answers this call, or note that none does."""
    payload, version = event.payload, library.current
    ver_before = row.ver if row is not None else 0
    found = answering(version, to=str(payload.get("to") or ""), connection_id=str(payload.get("connection_id") or ""))
    leg = _leg_of(payload, run, now)
    leg.ver = ver_before
    if found is None:
        return _unrouted(event, leg, library, ver_before, now=now)
    leg.flow, leg.role, leg.status, leg.parked = found.flow.name, found.role.name, "live", parked
    leg.variables = {variable.name: variable.start for variable in found.flow.variables.values()}
    turn = _turn(leg, library, version.hash, now, event)
    turn.keys.extend(_keys(event))
    turn.note("event", **event_line(event, shown(turn, event), at=leg.at))
    turn.set_timer("longest", found.flow.settings.longest_call_s)
    begin(turn, found.role.start, event)
    return turn.change(event_id=event.id, ver_before=ver_before, version=version.hash)


def _unrouted(event: Event, leg: Leg, library: Library, ver_before: int, *, now: float) -> Change:
    leg.status, leg.ended_at, leg.ver = "ended", now, ver_before + 1
    out = Outgoing(run=leg.run, ver=leg.ver, now=now)
    if library.current.project.unrouted.kind == "reject":
        out.put(
            Command(
                operation="reject", path={"call_control_id": leg.call_control_id}, parameters={"cause": "CALL_REJECTED"}
            ),
            urgent=True,
        )
    return Change(
        event_id=event.id,
        at=now,
        ver_before=ver_before,
        keys=_keys(event),
        commands=tuple(out.rows),
        row=Row(run=leg.run, ver=leg.ver, state=leg.encode(), ended_at=now),
        journal=(
            JournalEntry(run=leg.run, at=now, kind="unrouted", record={"to": leg.to, "from": leg.from_}),
            *out.journal,
        ),
    )


def _leg_of(payload: Mapping[str, Any], run: str, now: float) -> Leg:
    return Leg(
        run=run,
        call_control_id=str(payload.get("call_control_id") or ""),
        call_leg_id=str(payload.get("call_leg_id") or ""),
        call_session_id=str(payload.get("call_session_id") or ""),
        connection_id=str(payload.get("connection_id") or ""),
        from_=str(payload.get("from") or ""),
        to=str(payload.get("to") or ""),
        started_at=now,
    )
