"""T005: something is to happen after the call has ended."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.tree import ExitTree, StateTree, StepTree

CODE = Code("T005", "after-hangup", "A step that comes when the call has ended.")
_HINT = "After the end only notify, log, set and count are done, under on: call.hangup."
_LAST = frozenset({"hangup", "reject"})


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each step that nobody is there for."""
    for flow, _, state in folder.blocks():
        for step in _too_late(state):
            message = f"'{step.name}' comes too late: the call has ended before it"
            yield CODE.at(flow.path, step.key.span, message, hint=_HINT)
        for target in _led_on(state):
            message = f"nothing can lead to '{target.word.text}' here: the call has ended"
            yield CODE.at(flow.path, target.word.span, message, hint=_HINT)


def _led_on(state: StateTree) -> Iterator[ExitTree]:
    ended = state.handler("call.hangup")
    for rule in ended.rules if ended is not None else ():
        if rule.then is not None and rule.then.kind == "state":
            yield rule.then


def _too_late(state: StateTree) -> Iterator[StepTree]:
    blocks = [state.steps, *(rule.steps for _, rules in state.all_rules() for rule in rules)]
    for steps in blocks:
        last = next((index for index, step in enumerate(steps) if step.name in _LAST), len(steps))
        yield from steps[last + 1 : last + 2]  # the ones after it have the same cause
    ended = state.handler("call.hangup")
    if ended is not None:
        yield from (step for rule in ended.rules for step in rule.steps if not step.verb.silent)
