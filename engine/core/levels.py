"""
Flows that run one inside the other on the same leg (``run``): which of them is at work, and what they share.

The first flow has depth 0, the one that it runs depth 1, and so on. Between two events the innermost is at work; the
others wait in ``leg.levels``. For a step or a handler of an outer flow that one is brought to the fore, so that every
verb finds its flow's own variables, prompts and settings; afterwards the innermost goes on where it stands.

Where a handler of an outer flow runs yet another flow, the flow that was innermost stands still until that is over:
it is no part of the :func:`chain`, gets no events, and its clocks wait.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import TypeVar

from engine.core import media
from engine.core.leg import Frame, Level
from engine.core.machine import step_name
from engine.core.turn import Turn

_PARTS = tuple(part.name for part in fields(Level))
_Result = TypeVar("_Result")


def innermost(turn: Turn) -> int:
    """Return the depth of the innermost flow."""
    count = len(turn.leg.levels)
    return count if turn.depth == count else count - 1


def chain(turn: Turn) -> Iterator[int]:
    """Yield the depths of the flows that take events, nearest first: the innermost, the one that runs it, and so on."""
    depth = innermost(turn)
    yield depth
    if not turn.leg.levels:
        return  # as nearly always: one flow alone
    while (caller := turn.level(depth).called_by) is not None:
        depth = caller.depth
        yield depth


def within(turn: Turn, depth: int, work: Callable[[], _Result]) -> _Result:
    """Return what *work* returns, done while the flow at *depth* is at work; what it leaves behind stays as it is."""
    was = turn.depth
    if depth == was:
        return work()
    load(turn, depth)
    result = work()
    if turn.depth == depth and was <= innermost(turn):
        load(turn, was)
    return result


def load(turn: Turn, depth: int) -> None:
    """Bring the flow at *depth* to the fore."""
    leg = turn.leg
    if depth == turn.depth:
        return
    own = Level(**{part: getattr(leg, part) for part in _PARTS})
    if turn.depth == len(leg.levels):
        leg.levels.append(own)
    leg.levels[turn.depth] = own
    _put(turn, leg.levels[depth])
    if depth == len(leg.levels) - 1:
        leg.levels.pop()
    turn.depth = depth


def push(turn: Turn, called_by: Frame) -> None:
    """Make room for a flow that the step at *called_by* runs; its own parts are the caller's to set."""
    leg = turn.leg
    load(turn, innermost(turn))
    leg.levels.append(Level(**{part: getattr(leg, part) for part in _PARTS}))
    turn.depth += 1
    leg.called_by = called_by


def pop(turn: Turn) -> None:
    """Forget the innermost flow, which is at work; the one below it is the innermost now."""
    _put(turn, turn.leg.levels.pop())
    turn.depth -= 1


def _put(turn: Turn, level: Level) -> None:
    for part in _PARTS:
        setattr(turn.leg, part, getattr(level, part))
    turn.program = turn.programs(level.flow)


def known_as(turn: Turn) -> int:
    """
    Return the depth of the flow whose name and role other legs know this leg by.

    Roles of one file find each other, so it is the nearest flow that has other roles, else the first.
    """
    depth = 0
    for depth in chain(turn):
        if len(turn.programs(turn.level(depth).flow).flow.roles) > 1:
            break
    return depth


def is_calling(turn: Turn) -> bool:
    """Tell whether the flow at work waits for one that it runs."""
    return _in_force(turn) is not None


def _in_force(turn: Turn) -> Frame | None:
    """Return the step ``run`` of the flow at work that is in force, the latest of several."""
    for depth in range(innermost(turn), turn.depth, -1):
        caller = turn.level(depth).called_by
        if caller is not None and caller.depth == turn.depth:
            return caller
    return None


def finish_step(turn: Turn) -> None:
    """Move the machine of the flow at work back from a step: to the step ``run`` that is in force, if one is."""
    run = _in_force(turn)
    turn.trigger("done" if run is None else f"back {step_name(run.block, run.number)}")


def abandon(turn: Turn) -> None:
    """Give up every flow inside the one at work: nothing of it comes back."""
    leg = turn.leg
    if turn.depth == len(leg.levels):
        return
    was_calling = is_calling(turn)
    turn.note("flow", how="abandoned", flow=turn.level(turn.depth + 1).flow, by=leg.flow)
    del leg.levels[turn.depth :]
    drop_clocks(turn, turn.depth + 1)
    leg.waiting = [frame for frame in leg.waiting if frame.depth <= turn.depth]
    if was_calling:
        turn.trigger("done")
    if leg.media is not None and leg.media.kind == "music" and leg.media.depth > turn.depth:
        media.hush(turn)


# -- clocks ----------------------------------------------------------------------------------------------------


def clock(turn: Turn, name: str) -> str:
    """Return the timer's name for the flow at work: every flow has clocks of its own."""
    return f"{turn.depth}/{name}" if turn.depth else name


def read_clock(timer: str) -> tuple[int, str]:
    """Return the depth and the name that :func:`clock` made *timer* of."""
    depth, _, name = timer.rpartition("/")
    return int(depth or 0), name


def drop_clocks(turn: Turn, depth: int) -> None:
    """Forget ``after`` and ``every`` of the flow at *depth* and of those inside it."""
    for timer in list(turn.leg.timers):
        its_depth, name = read_clock(timer)
        if its_depth >= depth and name.startswith(("after:", "every:")):
            del turn.leg.timers[timer]
