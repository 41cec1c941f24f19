"""What still happens when a leg has hung up: silent steps of its handlers, and the events that come late."""

from __future__ import annotations

from typing import Any

from engine.core import states
from engine.core.acts.table import ACTS
from engine.core.event import Event
from engine.core.leg import Frame, Running
from engine.core.scope import field_of
from engine.core.turn import Turn
from engine.core.verbs import VERBS

LATE_FOR_S = 3600.0
_LATE = (
    "call.recording.",
    "call.cost",
    "conference.recording.saved",
    "call.transcription",
    "call.conversation_insights",
)


def hung_up(turn: Turn, event: Event) -> None:
    """This leg's hang-up ends the run, whatever arrives later; silent steps of its handlers may follow."""
    leg = turn.leg
    if leg.status == "live":
        blocks = [block for block in (turn.state, turn.role.anywhere) if event.type in block.on][:1]
        last_state = leg.state
        states.end(turn, why="hangup")
        for block in blocks:
            _run_silently(turn, block.name, event.payload, event.type)
        states.freeze(turn, last_state)
    else:
        states.end(turn, why="hangup")
        states.freeze(turn, leg.last_state)


def late(turn: Turn, event: Event) -> None:
    """For an hour after the end a few kinds of events still reach the handlers: silent verbs only, no moves."""
    leg = turn.leg
    is_late_kind = event.type.startswith(_LATE)
    if not is_late_kind or not leg.flow or leg.ended_at is None or turn.now > leg.ended_at + LATE_FOR_S:
        return
    role = turn.role
    blocks = [role.states[leg.last_state]] if leg.last_state in role.states else []
    for block in (*blocks, role.anywhere):
        if event.type in block.on:
            _run_silently(turn, block.name, event.payload, event.type)
            return


def _run_silently(turn: Turn, block_name: str, payload: Any, event_type: str) -> None:
    """Run the silent steps of the handler that takes *event_type*, up to the first that is not silent."""
    block, scope = turn.role.block(block_name), turn.scope(payload)
    rule = next((r for r in block.on[event_type] if r.condition is None or r.condition.evaluate(scope)), None)
    if rule is not None:
        turn.note("rule", role=turn.leg.role, block=block_name, line=rule.line)
    number = rule.do if rule is not None else 0
    while number:
        action = block.action(number)
        if not VERBS[action.verb].silent:
            return
        turn.note("step", verb=action.verb, block=block_name, number=number, line=action.line)
        fields = {name: field_of(payload, name.removeprefix("event.")) for name in action.fields}
        ACTS[action.verb].begin(turn, Running(Frame(block_name, number, fields), 0))
        number = action.next
