"""Which states, exits and rules of a flow the scenarios have used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from engine.core.change import JournalEntry
from engine.core.flow import Flow, Role, Rules, State
from engine.core.flow import Rule as FlowRule

# The places of a flow: (path, line, name). The name tells apart what shares a line.
Place = tuple[str, int, str]


@dataclass(frozen=True, slots=True)
class Tally:
    """All places of one kind, and those that were used."""

    every: frozenset[Place] = frozenset()
    used: frozenset[Place] = frozenset()

    @property
    def total(self) -> int:
        return len(self.every)

    @property
    def hit(self) -> int:
        return len(self.every & self.used)

    @property
    def missed(self) -> list[Place]:
        return sorted(self.every - self.used)

    def __or__(self, other: Tally) -> Tally:
        return Tally(self.every | other.every, self.used | other.used)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """
    *states* that were entered; *rules* that were true when they were judged; *exits*: where such a rule leads.

    A place where an author wrote only the name of a state is a rule as well.
    """

    states: Tally = Tally()
    exits: Tally = Tally()
    rules: Tally = Tally()

    def __or__(self, other: Coverage) -> Coverage:
        return Coverage(
            states=self.states | other.states, exits=self.exits | other.exits, rules=self.rules | other.rules
        )


def coverage_of(flow: Flow, used: Iterable[JournalEntry]) -> Coverage:
    """Return what the journal lines *used* (kinds ``state`` and ``rule``) say about *flow*."""
    entered, judged = set(), set()
    for line in used:
        if line.record["flow"] != flow.name:
            continue
        if line.kind == "state":
            entered.add((line.record["role"], line.record["state"]))
        elif line.kind == "rule":
            judged.add((line.record["role"], line.record["line"]))
    states = [(role, state) for role in flow.roles.values() for state in role.states.values()]
    rules = [(role, rule) for role in flow.roles.values() for rule in _all_rules(role)]
    true = [rule for role, rule in rules if (role.name, rule.line) in judged]
    return Coverage(
        states=Tally(
            frozenset((flow.path, state.line, state.name) for _, state in states),
            frozenset(
                (flow.path, state.line, state.name) for role, state in states if (role.name, state.name) in entered
            ),
        ),
        exits=Tally(frozenset(_exits(flow, (rule for _, rule in rules))), frozenset(_exits(flow, true))),
        rules=Tally(
            frozenset((flow.path, rule.line, "") for _, rule in rules),
            frozenset((flow.path, rule.line, "") for rule in true),
        ),
    )


def _exits(flow: Flow, rules: Iterable[FlowRule]) -> Iterator[Place]:
    for rule in rules:
        if rule.then is not None and rule.then.kind != "stay":
            yield flow.path, rule.line, rule.then.state or rule.then.kind


def _all_rules(role: Role) -> Iterator[FlowRule]:
    for block in (role.anywhere, *role.states.values()):
        for rules in _rules_of(block):
            yield from rules


def _rules_of(state: State) -> Iterator[Rules]:
    yield from (state.then, state.on_error, *state.keys.values(), *state.on.values())
    yield from (wait.rules for wait in (*state.after, *state.every))
