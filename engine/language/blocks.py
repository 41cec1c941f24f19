"""States, rules and steps: nodes to tree."""

from __future__ import annotations

from typing import Any

from engine.core.flow import ExitKind
from engine.core.verbs import VERBS, Verb
from engine.language import codes, words
from engine.language.nodes import Entry, List, Map, Node, Scalar
from engine.language.tree import BranchTree, ExitTree, RuleTree, StateTree, StepTree
from engine.language.values import Reading, read_option, seconds

_SHORTEST_WAIT_S, _LONGEST_WAIT_S = 0.1, 14400.0  # the longest call is 4 h
_SHORTEST_TURN_S = 5.0  # of every:


def parse_states(reading: Reading, node: Map) -> tuple[StateTree, ...]:
    """Return the states of the flow or role *node*."""
    states = node.get("states")
    if not isinstance(states, Map) or not reading.usable(states):
        return ()
    found = []
    for entry in states:
        if not (reading.usable(entry.key) and reading.usable(entry.value)) or not isinstance(entry.value, Map):
            continue
        if entry.key.text in words.STATE_RESERVED:
            message = f"a state cannot be called '{entry.key.text}': the word has a meaning of its own"
            reading.report(codes.BAD_NAME.at(reading.path, entry.key.span, message))
            continue
        found.append(_state(reading, entry.key, entry.value))
    return tuple(found)


def read_anywhere(reading: Reading, entry: Entry) -> StateTree:
    """Return the ``anywhere`` block that *entry* is."""
    if reading.usable(entry.value) and isinstance(entry.value, Map):
        return _state(reading, entry.key, entry.value)
    return StateTree(key=entry.key, is_sound=False)


def _state(reading: Reading, key: Scalar, node: Map) -> StateTree:
    skipped = reading.skipped
    sections: dict[str, Scalar] = {}
    parts: dict[str, Any] = {}
    for entry in node:
        word, value = entry.key.text, entry.value
        if not (reading.usable(entry.key) and reading.usable(value)):
            continue
        sections[word] = entry.key
        if word == "do":
            parts["steps"] = _steps(reading, value)
        elif word in ("then", "on_error"):
            parts[word] = _rules(reading, value)
        elif word in ("keys", "on"):
            parts[word] = _branches(reading, value)
        elif word in ("after", "every"):
            parts[word] = _waits(reading, value, word)
    return StateTree(key=key, sections=sections, is_sound=reading.skipped == skipped, **parts)


def _branches(reading: Reading, node: Node) -> tuple[BranchTree, ...]:
    assert isinstance(node, Map)
    return tuple(
        BranchTree(entry.key, _rules(reading, entry.value))
        for entry in node
        if reading.usable(entry.key) and reading.usable(entry.value)
    )


def _waits(reading: Reading, node: Node, word: str) -> tuple[BranchTree, ...]:
    assert isinstance(node, Map)
    found = []
    shortest = _SHORTEST_TURN_S if word == "every" else _SHORTEST_WAIT_S
    for entry in node:
        if not (reading.usable(entry.key) and reading.usable(entry.value)):
            continue
        delay_s = seconds(entry.key.text) or 0.0
        if not shortest <= delay_s <= _LONGEST_WAIT_S:
            message = f"the time of '{word}' must be from {shortest:g}s to 4h, and {entry.key.text} is not"
            reading.report(codes.OUT_OF_RANGE.at(reading.path, entry.key.span, message))
            continue
        found.append(BranchTree(entry.key, _rules(reading, entry.value), delay_s))
    return tuple(found)


def _rules(reading: Reading, node: Node) -> tuple[RuleTree, ...]:
    match node:
        case Scalar():
            return (RuleTree(then=_exit(node), span=node.span),)
        case Map():
            return (_rule(reading, node),)
        case List():
            return tuple(_rule(reading, item) for item in node if reading.usable(item) and isinstance(item, Map))


def _rule(reading: Reading, node: Map) -> RuleTree:
    condition, steps, then = node.get("if"), node.get("do"), node.get("then")
    for entry in node:
        reading.usable(entry.key)
    return RuleTree(
        condition=condition if reading.usable(condition) and isinstance(condition, Scalar) else None,
        steps=_steps(reading, steps) if steps is not None and reading.usable(steps) else (),
        then=_exit(then) if isinstance(then, Scalar) and reading.usable(then) else None,
        span=node.entries[0].key.span,
    )


def _exit(node: Scalar) -> ExitTree:
    kind: ExitKind = "state"
    if node.text in words.EXIT_WORDS:
        kind = node.text  # type: ignore[assignment]
    return ExitTree(kind, node)


def _steps(reading: Reading, node: Node) -> tuple[StepTree, ...]:
    assert isinstance(node, List)
    found = [_step(reading, item) for item in node if reading.usable(item)]
    return tuple(step for step in found if step is not None)


def _step(reading: Reading, node: Node) -> StepTree | None:
    if isinstance(node, Scalar):
        return _finish(reading, VERBS[node.text], node, {}, ())
    assert isinstance(node, Map)
    entry = node.entries[0]
    if not (reading.usable(entry.key) and reading.usable(entry.value)):
        return None
    verb = VERBS[entry.key.text]
    if isinstance(entry.value, Scalar):
        given = {verb.main: entry.value} if verb.main and entry.value.value is not None else {}
        return _finish(reading, verb, entry.key, given, ())
    assert isinstance(entry.value, Map)
    given, rest = {}, []
    for option in entry.value:
        if not (reading.usable(option.key) and reading.usable(option.value)):
            continue
        assert isinstance(option.value, Scalar)
        if verb.option(option.key.text) is not None:
            given[option.key.text] = option.value
        else:
            rest.append((option.key, option.value))
    return _finish(reading, verb, entry.key, given, tuple(rest))


def _finish(
    reading: Reading, verb: Verb, key: Scalar, given: dict[str, Scalar], rest: tuple[tuple[Scalar, Scalar], ...]
) -> StepTree | None:
    values: dict[str, Any] = {}
    for name, scalar in given.items():
        option = verb.option(name)
        assert option is not None
        label = f"'{name}'"
        value = read_option(reading, option, scalar, label)
        if value is not None:
            values[name] = value
    told = [name for name in ("prompt", "speak", "play") if name in given] if verb.name == "gather" else []
    if len(told) > 1:
        message = f"gather takes only one of prompt, speak and play, and this one has {' and '.join(told)}"
        reading.report(codes.ONE_OF.at(reading.path, key.span, message))
    return StepTree(verb=verb, key=key, given=given, values=values, rest=rest)
