"""G015: the caller waits for more than ten seconds and hears nothing."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.limits import has_limit, leaves_with_last_step, waits
from engine.check.ways import ways_of
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.tree import StateTree, StepTree

CODE = Code("G015", "silent-wait", "A state in which the caller hears nothing for more than ten seconds.", "warning")

_LONGEST_SILENCE_S = 10.0  # language.md, section 7: the same limit as in scenario tests
# After these the caller hears something, or somebody: ringing, the other side, a conversation, the tone of a recording.
_NOT_SILENT = frozenset(
    {"dial", "transfer", "bridge", "connect", "refer", "join_conference", "record", "run", "gather_using_ai",
     "ai_assistant_start", "hangup", "reject"}
)  # fmt: skip


def check(folder: Folder) -> Iterator[Problem]:
    """
    Yield one warning for each state that waits without music and without anybody to talk to.

    A state without any limit is told of by G001 and G002.
    """
    ways = ways_of(folder)
    for flow, role in folder.roles():
        if not role.is_sound:
            continue
        for state, situation in ways.states(flow, role):
            is_talking = situation.is_in_room or situation.is_connected or not situation.is_answered
            if is_talking or not waits(state) or _is_heard(state) or leaves_with_last_step(state):
                continue
            if not has_limit(role, state):
                continue
            wait_s = _shortest_wait_s(state)
            if wait_s > _LONGEST_SILENCE_S:
                message = f"in '{state.name}' the caller may hear nothing {_how_long(wait_s)}"
                hint = "Let it end with music, - play: {audio: NAME, repeat: forever}, or wait ten seconds at most."
                yield CODE.at(flow.path, state.key.span, message, hint=hint)


def _how_long(wait_s: float) -> str:
    if wait_s == float("inf"):
        return "for as long as it takes"
    units = (("hour", 3600), ("minute", 60), ("second", 1))
    unit, size = next((unit for unit in units if wait_s >= unit[1] and wait_s % unit[1] == 0), units[-1])
    return f"for {wait_s / size:g} {unit}" + ("s" if wait_s != size else "")


def _is_heard(state: StateTree) -> bool:
    if any(step.is_music or step.name in _NOT_SILENT for step in state.steps):
        return True
    if any(branch.name.startswith("call.machine.") for branch in state.on):
        return True  # a person says hello, or a machine its greeting
    return any(
        branch.delay_s <= _LONGEST_SILENCE_S and any(_speaks(step) for rule in branch.rules for step in rule.steps)
        for branch in state.every
    )


def _speaks(step: StepTree) -> bool:
    return step.verb.audible


def _shortest_wait_s(state: StateTree) -> float:
    """Return after how many seconds the state is left for certain."""
    return min((branch.delay_s for branch in state.after if branch.always_leaves), default=float("inf"))
