"""
Rules and where they lead: handlers, exits, and the way out of an error.

The first true rule wins. A rule with steps puts its block in line, eight at most; one without leads on at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core import exits, levels
from engine.core.acts.act import Failure
from engine.core.expression import FormulaError
from engine.core.flow import ANYWHERE, Exit, Rule, Rules, State
from engine.core.leg import Frame
from engine.core.scope import field_of, resolve
from engine.core.states import drop_steps, hang_up
from engine.core.turn import Turn

MOST_WAITING = 8
_HAS_ENDED = "90018"  # Telnyx: call has already ended


def apply(turn: Turn, rules: Rules, *, block: str, payload: Mapping[str, Any]) -> None:
    """Judge *rules* now and follow the first true one: its block is put in line, or its exit taken at once."""
    rule = judge(turn, rules, payload)
    if rule is not None:
        follow(turn, rule, block=block, payload=payload)


def judge(turn: Turn, rules: Rules, payload: Mapping[str, Any]) -> Rule | None:
    """Return the first true rule; a formula that cannot be worked out is an error of the state."""
    scope = turn.scope(payload)
    try:
        return next((rule for rule in rules if rule.condition is None or rule.condition.evaluate(scope)), None)
    except FormulaError as error:
        fail(turn, Failure("formula", title=str(error)), verb="if")
        return None


def follow(turn: Turn, rule: Rule, *, block: str, payload: Mapping[str, Any]) -> None:
    """Put the rule's block in line, or take its exit at once where it has none."""
    turn.note("rule", flow=turn.leg.flow, role=turn.leg.role, block=block, line=rule.line, column=rule.column)
    if not rule.do:
        if rule.then is not None:
            take(turn, rule.then, payload)
        return
    if len(turn.leg.waiting) >= MOST_WAITING:
        turn.note("aside", text="eight handlers wait already; this one is dropped")
        return
    action = turn.role.block(block).action(rule.do)
    fields = {name: field_of(payload, name.removeprefix("event.")) for name in action.fields}
    turn.leg.waiting.append(Frame(block, rule.do, fields, depth=turn.depth))


def take(turn: Turn, exit_: Exit, payload: Mapping[str, Any]) -> None:
    """Follow an exit; what another flow is given is worked out now."""
    try:
        given = resolve(exit_.give, turn.scope(payload))
    except FormulaError as error:
        fail(turn, Failure("formula", title=str(error)), verb="then")
    else:
        if exit_.kind != "stay":
            turn.note("exit", flow=turn.leg.flow, role=turn.leg.role, line=exit_.line, column=exit_.column)
        exits.go(turn, exit_, given)


def offer(turn: Turn, name: str, payload: Mapping[str, Any]) -> bool:
    """Give an event to the nearest handler (see :func:`handler`); False when nobody has one."""
    found = handler(turn, name)
    if found is None:
        return False
    depth, block = found
    levels.within(turn, depth, lambda: apply(turn, block.on[name], block=block.name, payload=payload))
    return True


def handler(turn: Turn, name: str) -> tuple[int, State] | None:
    """Return the block that takes an event, with its flow's depth: the state's, ``anywhere``'s, then further out."""
    for depth in levels.chain(turn):
        role, state = turn.role_at(depth), turn.level(depth).state or turn.leg.last_state
        for block in (role.states.get(state), role.anywhere):
            if block is not None and name in block.on:
                return depth, block
    return None


def fail(turn: Turn, failure: Failure, *, verb: str) -> None:
    """Follow ``on_error``: the state's, else ``anywhere``'s. All remaining steps are dropped."""
    leg, state = turn.leg, turn.state
    turn.note("error", code=failure.code, status=failure.status, title=failure.title, step=verb, state=state.name)
    cut(turn)
    leg.waiting, leg.music = [frame for frame in leg.waiting if frame.depth < turn.depth], 0
    if failure.code == _HAS_ENDED:
        turn.set_timer("watch", 5.0)  # no error: the hang-up is on its way
        return
    if leg.is_failing:
        hang_up(turn)  # what was to be done about an error did not work either
        return
    payload = {"error": {"code": failure.code, "status": failure.status, "step": verb}}
    leg.is_failing = True
    if state.on_error:
        apply(turn, state.on_error, block=state.name, payload=payload)
        return
    if leg.error_state and leg.error_state == state.name:
        hang_up(turn)  # an error in the state that an error led to
        return
    apply(turn, turn.role.anywhere.on_error, block=ANYWHERE, payload=payload)


def cut(turn: Turn) -> None:
    """Cut the state's ``do`` short: the running step is given up, and neither the rest nor ``then`` follows."""
    drop_steps(turn)
    turn.leg.main, turn.leg.is_done = 0, True
