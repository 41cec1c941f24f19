"""Flows that use other flows: ``run``, which comes back, and ``then: {flow: ...}``, which does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core import levels, states
from engine.core.acts import rooms
from engine.core.flow import CALLER
from engine.core.leg import Frame
from engine.core.machine import NEW
from engine.core.turn import Turn


def call(turn: Turn, frame: Frame, flow: str, given: Mapping[str, Any]) -> None:
    """Let *flow* have the leg until it ends; the step at *frame*, of the flow at work, is in force until then."""
    leg = turn.leg
    by, leg.running = leg.flow, None
    levels.push(turn, frame)
    turn.drop_timers("last", "step")
    leg.is_failing = False
    turn.note("flow", how="runs", flow=flow, by=by)
    _begin(turn, flow, given)


def come_back(turn: Turn) -> None:
    """The flow at work, which ``run`` began, is over: the step that ran it takes the answers and has finished."""
    leg, frame = turn.leg, turn.leg.called_by
    assert frame is not None
    states.leave(turn)
    turn.trigger("end")
    answers, over = {name: leg.variables[name] for name in turn.program.flow.answers}, leg.flow
    levels.pop(turn)
    levels.within(turn, frame.depth, lambda: _take_answers(turn, frame, over, answers))
    rooms.listen_again(turn)
    turn.moved = True


def _take_answers(turn: Turn, frame: Frame, over: str, answers: Mapping[str, Any]) -> None:
    turn.note("flow", how="comes back", flow=over, to=turn.leg.flow)
    running = turn.leg.running
    if running is None or running.frame.depth != frame.depth:
        levels.finish_step(
            turn
        )  # else a handler's step of this flow goes on, and leads out of the machine's step itself
    into = turn.action(frame).options.get("into") or {}
    if isinstance(into, str):
        into = dict.fromkeys([into], next(iter(answers)))
    for mine, theirs in into.items():
        turn.leg.variables[mine] = answers[theirs]
    states.go_on(turn, frame)


def hand_over(turn: Turn, flow: str, given: Mapping[str, Any]) -> None:
    """Give the leg to *flow* for good: queue, room and links stay, and no flow that ran this one comes back."""
    by = turn.leg.flow
    states.leave(turn)
    turn.trigger(f"flow {flow}")
    if turn.depth:
        levels.load(turn, 0)
        states.leave(turn)
    turn.note("flow", how="handed over", flow=flow, by=by)
    turn.out.flow = flow
    _begin(turn, flow, given)


def _begin(turn: Turn, name: str, given: Mapping[str, Any]) -> None:
    """Enter the start of the flow called *name*, with variables of its own."""
    leg = turn.leg
    turn.program = turn.programs(name)
    flow = turn.program.flow
    leg.flow, leg.role, leg.at, leg.digits, leg.music = name, CALLER, NEW, "", 0
    leg.variables = {variable.name: variable.start for variable in flow.variables.values()} | dict(given)
    states.enter(turn, flow.roles[CALLER].start)
    rooms.listen_again(turn)
