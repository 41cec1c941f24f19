"""States, rules and steps: nodes to tree."""

from __future__ import annotations

from typing import Any

from engine.core.verbs import VERBS, Verb
from engine.language import codes, words
from engine.language.nodes import Entry, List, Map, Node, Scalar
from engine.language.tree import BranchTree, ExitTree, RuleTree, StateTree, StepTree, exit_of
from engine.language.values import Reading, read_nested, read_option, seconds

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
            for branch in parts[word] if word == "keys" else ():
                reading.doubt_number(branch.key)
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
            return (RuleTree(then=exit_of(node), span=node.span),)
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
        then=_flow_of_rule(reading, node) or _then(reading, then),
        span=node.entries[0].key.span,
    )


def _then(reading: Reading, node: Node | None) -> ExitTree | None:
    if not reading.usable(node):
        return None
    if isinstance(node, Map):
        return _other_flow(reading, node)
    return exit_of(node) if isinstance(node, Scalar) else None


def _flow_of_rule(reading: Reading, node: Map) -> ExitTree | None:
    """Return the exit that ``{flow: NAME}`` is where a rule could stand; beside if, do or then it has no place."""
    found = node.entry("flow") or node.entry("give")
    if found is None:
        return None
    beside = next((entry.key.text for entry in node if entry.key.text in ("if", "do", "then")), None)
    if beside is not None or node.get("flow") is None:
        message = f"'{found.key.text}' cannot stand beside '{beside}'; write then: {{flow: NAME}}"
        if beside is None:
            message = "'give' needs 'flow' beside it: the flow that gets these values"
        reading.report(codes.ONE_OF.at(reading.path, found.key.span, message))
        return None
    return _other_flow(reading, node)


def _other_flow(reading: Reading, node: Map) -> ExitTree | None:
    flow, give = node.get("flow"), node.get("give")
    if not reading.usable(flow) or not isinstance(flow, Scalar):
        return None
    given = give.entries if isinstance(give, Map) and reading.usable(give) else ()
    pairs = tuple(
        (entry.key, entry.value) for entry in given if reading.usable(entry.value) and isinstance(entry.value, Scalar)
    )
    return ExitTree("flow", flow, pairs)


def _steps(reading: Reading, node: Node) -> tuple[StepTree, ...]:
    assert isinstance(node, List)
    found = [_step(reading, item) for item in node if reading.usable(item)]
    return tuple(step for step in found if step is not None)


def _step(reading: Reading, node: Node) -> StepTree | None:
    if isinstance(node, Scalar):
        return _Step(reading, VERBS[node.text], node).tree()
    assert isinstance(node, Map)
    entry = node.entries[0]
    if not (reading.usable(entry.key) and reading.usable(entry.value)):
        return None
    step = _Step(reading, VERBS[entry.key.text], entry.key)
    if not isinstance(entry.value, Map):
        if step.verb.main and not (isinstance(entry.value, Scalar) and entry.value.value is None):
            step.give(Scalar(step.verb.main, step.verb.main, "plain", entry.key.span), entry.value)
        return step.tree()
    for option in entry.value:
        if reading.usable(option.key) and reading.usable(option.value):
            step.give(option.key, option.value)
        else:
            step.is_sound = False
    return step.tree()


class _Step:
    """One step as it is read: its options by how they are written."""

    def __init__(self, reading: Reading, verb: Verb, key: Scalar) -> None:
        self.reading = reading
        self.verb = verb
        self.key = key
        self.given: dict[str, Scalar] = {}
        self.nested: dict[str, Node] = {}
        self.values: dict[str, Any] = {}
        self.rest: list[tuple[Scalar, Node]] = []
        self.is_sound = True  # else the option that cannot be read may be the missing one

    def give(self, key: Scalar, node: Node) -> None:
        option = self.verb.option(key.text)
        if option is None:
            self.rest.append((key, node))
        elif isinstance(node, Scalar):
            self.given[key.text] = node
            self._keep(key.text, read_option(self.reading, option, node, f"'{key.text}'"))
        else:
            self.nested[key.text] = node
            self._keep(key.text, read_nested(self.reading, option, node))

    def _keep(self, name: str, value: Any) -> None:
        if value is not None:
            self.values[name] = value

    def tree(self) -> StepTree:
        names = {*self.given, *self.nested}
        for group in self.verb.at_most_one:
            self._at_most_one(group, [name for name in group if name in names])
        for group in self.verb.one_of:
            told = [name for name in group if name in names]
            self._at_most_one(group, told)
            if not told and self.is_sound:
                message = f"'{self.key.text}' needs {' or '.join(group)}"
                self.reading.report(codes.MISSING.at(self.reading.path, self.key.span, message))
        return StepTree(
            verb=self.verb,
            key=self.key,
            given=self.given,
            values=self.values,
            nested=self.nested,
            rest=tuple(self.rest),
        )

    def _at_most_one(self, group: tuple[str, ...], told: list[str]) -> None:
        if len(told) > 1:
            listed = f"{', '.join(group[:-1])} and {group[-1]}"
            message = f"{self.key.text} takes only one of {listed}, and this one has {' and '.join(told)}"
            self.reading.report(codes.ONE_OF.at(self.reading.path, self.key.span, message))
