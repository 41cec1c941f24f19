"""
The states of a compiled flow as ONE shared ``transitions.Machine``: the only file that knows transitions.

The machine's states are micro-states, ``role:state#step``; people see only the author's state names.

    new --go start--> role:start#0 --begin 2--> role:start#2 --done--> role:start#0 --go other--> role:other#0
    any #0 --hang up--> leaving;  any #0, leaving, new --end--> ended;  any #0 --flow NAME--> ended (handed over)

While a flow runs inside another, the step ``run`` stays in force in the outer machine. Steps of the outer flow's
handlers begin there and lead back to it:

    role:line#2 --begin a3--> role:line#a3 --back 2--> role:line#2 --done--> role:line#0

A move that the flow does not contain raises: it would be a defect of ours. Models are light and never registered
(measured: 6 us an event against 80 to 200 us to register a model).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from transitions import Machine as Machine
from transitions import MachineError

from engine.core.flow import ANYWHERE, Flow, Role, State
from engine.errors import DefectError

NEW, LEAVING, ENDED = "new", "leaving", "ended"
RUN = "run"  # the verb whose step stays in force while another flow runs


class _Position:
    """The model of one move: only a state's name."""

    __slots__ = ("state",)

    def __init__(self, state: str) -> None:
        self.state = state


def micro(role: str, state: str, step: str = "0") -> str:
    """Return the name of a micro-state; *step* is "0", a number, or "a" and a number for steps of ``anywhere``."""
    return f"{role}:{state}#{step}"


def step_name(block: str, number: int) -> str:
    """Return how a step is called inside its micro-state: 2, or a2 for the second step of ``anywhere``."""
    return f"a{number}" if block == ANYWHERE else str(number)


def build_machine(flow: Flow) -> Machine:
    """Return the machine of *flow*: all roles' micro-states and every move that the author allowed."""
    states = [NEW, LEAVING, ENDED]
    transitions: list[list[Any]] = [["end", NEW, ENDED], ["end", LEAVING, ENDED], ["end", ENDED, ENDED]]
    for role in flow.roles.values():
        transitions.append([f"go {role.name}:{role.start}", NEW, micro(role.name, role.start)])
        for state in role.states.values():
            names, moves = _state_moves(role, state)
            states += names
            transitions += moves
    return Machine(
        model=None,
        states=states,
        transitions=transitions,
        initial=NEW,
        auto_transitions=False,
        send_event=False,
        queued=False,
    )


def _state_moves(role: Role, state: State) -> tuple[list[str], list[list[Any]]]:
    waiting = micro(role.name, state.name)
    names, moves = [waiting], [["hang up", waiting, LEAVING], ["end", waiting, ENDED]]
    steps, runs = [], []
    for block in (state, role.anywhere):
        for action in block.actions:
            steps.append(step_name(block.name, action.number))
            runs += steps[-1:] if action.verb == RUN else []
    for step in steps:
        names.append(micro(role.name, state.name, step))
        moves.append([f"begin {step}", waiting, names[-1]])
        moves.append(["done", names[-1], waiting])
        for run in runs:
            moves.append([f"begin {step}", micro(role.name, state.name, run), names[-1]])
            moves.append([f"back {run}", names[-1], micro(role.name, state.name, run)])
    for kind, target in sorted(set(_targets(role, state))):
        if kind == "state":
            moves.append([f"go {role.name}:{target}", waiting, micro(role.name, target)])
        else:
            moves.append([f"flow {target}", waiting, ENDED])
    return names, moves


def _targets(role: Role, state: State) -> Iterator[tuple[str, str]]:
    for block in (state, role.anywhere):
        for exit_ in block.exits():
            if exit_.kind in ("state", "flow"):
                yield exit_.kind, exit_.state or exit_.flow


def move(machine: Machine, at: str, trigger: str) -> str:
    """
    Return where *trigger* leads from *at*.

    Raises:
        DefectError: the compiled flow has no such move.
    """
    position = _Position(at)
    try:
        machine.events[trigger].trigger(position)
    except (MachineError, KeyError) as error:
        raise DefectError(f"the flow has no move '{trigger}' from '{at}'") from error
    return position.state
