"""What of an event may hold a secret: it stays out of the run's history, and other legs are not told of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.core import levels
from engine.core.event import ACCEPTED, Event
from engine.core.flow import Action, Flow
from engine.core.turn import Turn
from engine.core.verbs import ANSWERED, GATHERS

_KEYS = frozenset({"digit", "digits"})
_LINKS = frozenset({"recording_urls", "public_recording_urls"})  # whoever has one can listen (facts.md, section 4)
_MASK = "***"
_END_KEYS = ("#", "*")  # people close with them what they keyed before; by itself it tells nothing
_PRESSED = "call.dtmf.received"
_ANSWERS = frozenset({"body", "result", "message_history", "messages", "partial_results"})


def shown(turn: Turn, event: Event) -> dict[str, Any]:
    """Return the payload of *event* as the run's history may keep it."""
    is_digit = event.type == _PRESSED and event.payload.get("digit") not in _END_KEYS
    early = _KEYS if is_digit and _may_be_early(turn) else frozenset()
    return _masked(dict(event.payload), secret_parts(turn, event) | early)


def _may_be_early(turn: Turn) -> bool:
    """Tell whether a key may belong to a secret that is asked for in a state to come: nobody asks for one here."""
    has_secret = False
    for depth in levels.chain(turn):
        level, role = turn.level(depth), turn.role_at(depth)
        state = role.states.get(level.state or turn.leg.last_state)
        if state is not None and (_PRESSED in state.on or any(action.verb in GATHERS for action in state.actions)):
            return False
        flow, blocks = turn.programs(level.flow).flow, (role.anywhere, *role.states.values())
        gathers = (action for block in blocks for action in block.actions if action.verb in GATHERS)
        has_secret = has_secret or any(_is_for_secret(flow, action) for action in gathers)
    return has_secret


def _masked(payload: Mapping[str, Any], secret: frozenset[str]) -> dict[str, Any]:
    """Mask the fields *secret*, and the links to recordings, also in the payload that a room or a leg passes on."""
    kept = {name: _MASK if name in secret or (name in _LINKS and value) else value for name, value in payload.items()}
    inner = kept.get("payload")
    return kept | {"payload": _masked(inner, frozenset())} if isinstance(inner, Mapping) else kept


def secret_parts(turn: Turn, event: Event) -> frozenset[str]:
    """
    Return the fields of *event* that may hold what goes into a secret variable.

    That is so in every state that asks for one, also when the step is over or to come (webhooks have no order), and
    for keys and answers that an earlier state asked for.
    """
    found = _late_parts(turn, event)
    for depth in levels.chain(turn):
        level = turn.level(depth)
        flow = turn.programs(level.flow).flow
        if any(variable.is_secret for variable in flow.variables.values()):
            for action in _asking(turn, depth, level.state or turn.leg.last_state):
                if _is_for_secret(flow, action):
                    found |= _KEYS if action.verb in GATHERS else _ANSWERS
    return found


def _late_parts(turn: Turn, event: Event) -> frozenset[str]:
    token = event.client_state
    if event.type == ACCEPTED:
        return frozenset() if event.payload.get("command_id") in turn.leg.sent else _ANSWERS
    is_early = token is not None and token.run == turn.leg.run and token.n < turn.leg.first_n
    return _KEYS if is_early else frozenset()


def holds_secret(turn: Turn, event: Event) -> bool:
    """Tell whether *event* may hold what goes into a secret variable."""
    return any(event.payload.get(name) for name in secret_parts(turn, event))


def _asking(turn: Turn, depth: int, state: str) -> Iterator[Action]:
    """Yield the steps of a state and of its role's ``anywhere`` that put an answer into variables."""
    role = turn.role_at(depth)
    for block in (role.states.get(state), role.anywhere):
        for action in block.actions if block is not None else ():
            if action.verb in GATHERS or action.verb in ANSWERED:
                yield action


def _is_for_secret(flow: Flow, action: Action) -> bool:
    into = action.options.get("into")
    names = (into,) if isinstance(into, str) else into or ()
    return any(name in flow.variables and flow.variables[name].is_secret for name in names)
