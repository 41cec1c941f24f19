"""Where an exit leads: a state, another flow, or out of the call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core import states, subflows
from engine.core.flow import Exit
from engine.core.turn import Turn


def go(turn: Turn, exit_: Exit, given: Mapping[str, Any]) -> None:
    """Follow an exit of the flow at work; the flows inside it are given up. *given* is what another flow gets."""
    match exit_.kind:
        case "stay":
            turn.leg.is_failing = False
        case "state":
            states.leave(turn)
            states.enter(turn, exit_.state)
        case "hangup":
            states.hang_up(turn)
        case "flow":
            subflows.hand_over(turn, exit_.flow, given)
        case "end" if turn.leg.called_by is not None:
            subflows.come_back(turn)
        case "end":
            states.end_run(turn)
