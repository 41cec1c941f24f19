"""What still happens when a leg has hung up: silent steps of its handlers, and the events that come late."""

from __future__ import annotations

from engine.core import levels, rules, states
from engine.core.acts.table import ACTS
from engine.core.event import Event
from engine.core.expression import FormulaError
from engine.core.flow import State
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
    turn.leg.last_state = turn.leg.state or turn.leg.last_state
    turn.hangup = dict(event.payload)
    states.end(turn, why="hangup")
    if turn.leg.last_state:  # a leg that was rung and never answered has no flow yet
        _offer_silently(turn, event)
    states.freeze(turn)


def late(turn: Turn, event: Event) -> None:
    """
    While the leg is being hung up, and for an hour after, a few kinds of events still reach the handlers.

    Silent verbs only, no moves.
    """
    leg = turn.leg
    if event.type == "room.event":
        event = Event(id=event.id, type=str(event.payload["type"]), payload=event.payload["payload"])
    is_in_time = leg.ended_at is None or turn.now <= leg.ended_at + LATE_FOR_S
    if event.type.startswith(_LATE) and leg.flow and is_in_time:
        _offer_silently(turn, event)


def _offer_silently(turn: Turn, event: Event) -> None:
    """Run the silent steps of the nearest handler that takes *event*, from the state that the run ended in outward."""
    found = rules.handler(turn, event.type)
    if found is None:
        return
    depth, block = found
    try:
        levels.within(turn, depth, lambda: _run_silently(turn, block, event))
    except FormulaError as error:
        turn.note("error", code="formula", title=str(error), state=turn.leg.last_state)


def _run_silently(turn: Turn, block: State, event: Event) -> None:
    """Run the first true rule's steps, up to the first that is not silent."""
    scope, payload = turn.scope(event.payload), event.payload
    rules = block.on[event.type]
    rule = next((rule for rule in rules if rule.condition is None or rule.condition.evaluate(scope)), None)
    if rule is None:
        return
    turn.note(
        "rule", flow=turn.leg.flow, role=turn.leg.role, block=block.name, line=rule.line, column=rule.column
    )  # fmt: skip
    number = rule.do
    while number:
        action = block.action(number)
        if not VERBS[action.verb].silent:
            return
        turn.note(
            "step", flow=turn.leg.flow, role=turn.leg.role, verb=action.verb, block=block.name,
            number=number, line=action.line,
        )  # fmt: skip
        fields = {name: field_of(payload, name.removeprefix("event.")) for name in action.fields}
        ACTS[action.verb].begin(turn, Running(Frame(block.name, number, fields, depth=turn.depth), 0))
        number = action.next
