"""
A leg that one of our runs rings: from the message that makes it until somebody answers, or nobody does.

Its webhooks may come before that message; they are kept. It hangs itself up when nobody waits for it any more, also
where it learns only then how Telnyx calls it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from engine.core import links, rules, states
from engine.core.change import Change, JournalEntry, Row
from engine.core.event import ACCEPTED, IN_DOUBT, REFUSED, TIMER, Event
from engine.core.leg import Leg, Origin
from engine.core.names import control_key, leg_key
from engine.core.program import Library, Program
from engine.core.recall import MASK, Recall
from engine.core.record import event_line
from engine.core.secrecy import hides
from engine.core.step import begin, settle
from engine.core.turn import Outgoing, Turn
from engine.errors import RunTooNew

UNHEARD_FOR_S = 60.0  # longer than Telnyx rings: no webhook about the leg has come


def be_rung(event: Event, row: Row | None, library: Library, *, run: str, now: float) -> Change:
    """Return the change by which a leg that is being rung begins to exist; *row* has webhooks that came earlier."""
    message = event.payload
    early = Leg.decode(row.state) if row is not None else Leg(run=run)
    origin = Origin(**message["origin"])
    out = Outgoing(run=run, ver=early.ver + 1, now=now, recall=Recall(list(event.results)))
    if not library.knows(str(message["version"])):
        if not library.is_alone:
            raise RunTooNew("a newer version of ringflow has the flow of this leg, and goes on with it")
        out.tell(origin.run, links.GONE, run=run, role=message["role"], payload={"hangup_cause": "unspecified"})
        failed = JournalEntry(run=run, at=now, kind="failed", record={"type": event.type, "error": "unknown version"})
        return Change(event_id=event.id, at=now, commands=tuple(out.rows), journal=(failed, *out.journal))
    program = library.program(str(message["version"]), str(message["flow"]))
    leg = Leg(
        run=run,
        ver=early.ver + 1,
        status="rung",
        flow=program.flow.name,
        role=str(message["role"]),
        connection_id=str(message["connection_id"]),
        direction="outgoing",
        from_=str(message["from"]),
        to=str(message["to"]),
        started_at=now,
        variables={variable.name: variable.start for variable in program.flow.variables.values()} | message["give"],
        origin=origin,
        gen=early.gen,
    )
    programs = partial(library.program, str(message["version"]))
    turn = Turn(programs=programs, leg=leg, now=now, out=out, hides=hides)
    turn.note("event", **event_line(event, _without_secrets(message, program), at=leg.at))
    turn.set_timer("ringing", float(message["ring_for_s"]) + UNHEARD_FOR_S)
    _catch_up(turn, early.parked)
    return turn.change(event_id=event.id, ver_before=row.ver if row is not None else 0, version=str(message["version"]))


def _without_secrets(message: Mapping[str, Any], program: Program) -> Mapping[str, Any]:
    """Return the message as the history keeps it: what a secret variable is given is masked."""
    variables = program.flow.variables
    is_secret = {name for name in message["give"] if name in variables and variables[name].is_secret}
    return {**message, "give": {name: MASK if name in is_secret else value for name, value in message["give"].items()}}


def _catch_up(turn: Turn, parked: Sequence[dict[str, Any]]) -> None:
    """Take what came too early; a hang-up last, as it ends everything."""
    for row in sorted(parked, key=lambda row: row["type"] == "call.hangup"):
        if turn.leg.status == "rung":
            take(turn, Event(id=row["id"], type=row["type"], payload=row["payload"]))


def take(turn: Turn, event: Event) -> None:
    """Let *event* work on a leg that still rings."""
    leg, origin = turn.leg, turn.leg.origin
    assert origin is not None
    if event.type in (ACCEPTED, REFUSED, IN_DOUBT):
        turn.settled.append(str(event.payload["command_id"]))
        return
    _learn(turn, event)
    if event.type == "call.hangup":
        _gone(turn, dict(event.payload))
    elif event.type == TIMER or (event.type == links.DROP and event.payload.get("never")):
        _give_up(turn)
    elif event.type == "call.answered" and not origin.is_dropped:
        _answered(turn, event)
    elif event.type == links.DROP:
        origin.is_dropped = True
    if leg.status == "rung" and origin.is_dropped and leg.call_control_id:
        _hang_up(turn)


def _learn(turn: Turn, event: Event) -> None:
    """Keep how Telnyx calls this leg, from the first that says so."""
    leg = turn.leg
    if event.call_control_id and not leg.call_control_id:
        leg.call_control_id = event.call_control_id
        turn.keys.append(control_key(leg.call_control_id))
    if event.call_leg_id and not leg.call_leg_id:
        leg.call_leg_id = event.call_leg_id
        turn.keys.append(leg_key(leg.call_leg_id))
    leg.call_session_id = leg.call_session_id or str(event.payload.get("call_session_id") or "")


def _answered(turn: Turn, event: Event) -> None:
    """Somebody answers: the role begins, linked with the one that rang."""
    leg, origin = turn.leg, turn.leg.origin
    assert origin is not None
    leg.is_answered, leg.status, leg.timers = True, "live", {}
    turn.set_timer("longest", turn.program.flow.settings.longest_call_s)
    origin.is_told = True
    turn.out.tell(origin.run, links.ANSWERED, **links.introduction(turn), payload=dict(event.payload))
    if origin.links:
        leg.links[origin.role] = links.link_to(turn, origin.person, "dial")
    origin.person = {"number": origin.person.get("number")}
    begin(turn, turn.role.start, event)
    if origin.role in leg.links and leg.status == "live":
        rules.offer(turn, f"{origin.role}.joined", {})
        settle(turn)


def _gone(turn: Turn, fields: dict[str, Any]) -> None:
    """The leg has ended, and nobody ever answered it."""
    turn.hangup = fields
    states.end(turn, why="hangup")
    states.freeze(turn)


def _give_up(turn: Turn) -> None:
    """Nothing was heard of the leg for too long, or Telnyx never rang it."""
    leg = turn.leg
    leg.due = None
    if leg.call_control_id:
        _hang_up(turn)
    else:
        _gone(turn, {"hangup_cause": "unspecified"})


def _hang_up(turn: Turn) -> None:
    """Hang the leg up; from here on it is like any other that is being left."""
    turn.leg.status, turn.leg.at, turn.leg.timers = "leaving", "leaving", {}
    states.hang_up_at_last(turn)
