"""
Which states, exits and rules of a flow the scenarios have used.

Only what an author wrote counts, and only what can be reached at all: ringflow's own limits are no exits, nor is
``then`` of ``call.hangup``, after which nothing can follow, nor ``anywhere: {on_error: ...}`` where each state has its
own ``on_error``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from engine.core.change import JournalEntry
from engine.core.flow import CALLER, Exit, Flow, Role, Rule, Rules, State

# Something of a flow that was used: its kind (state, rule, exit), the flow, and for a state its role and name, for the
# others line and column. Plain values, so that another process can hand them over.
Use: TypeAlias = tuple[str, str, str | int, str | int]
_HANGUP = "call.hangup"
_LONGEST = 60  # characters of a condition
_UNITS = ((3600.0, "h"), (60.0, "m"))


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Something in a flow that can be used, at its place; *what* tells it to its author."""

    path: str
    line: int
    column: int
    what: str


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
        return len(self.used)

    @property
    def percent(self) -> float:
        """How much was used, rounded down to a tenth, so that 100 means all; 100 where there is nothing to use."""
        return 1000 * self.hit // self.total / 10 if self.total else 100.0

    @property
    def missed(self) -> list[Place]:
        return sorted(self.every - self.used)

    def __or__(self, other: Tally) -> Tally:
        return Tally(self.every | other.every, self.used | other.used)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """
    *states* that were entered, *exits* that were taken, *rules* that were true when they were judged.

    A place where an author wrote only the name of a state is a rule as well. ``stay`` is no exit.
    """

    states: Tally = Tally()
    exits: Tally = Tally()
    rules: Tally = Tally()

    @property
    def tallies(self) -> tuple[tuple[str, Tally], ...]:
        """Each kind by its name."""
        return (("states", self.states), ("exits", self.exits), ("rules", self.rules))

    def __or__(self, other: Coverage) -> Coverage:
        return Coverage(
            states=self.states | other.states, exits=self.exits | other.exits, rules=self.rules | other.rules
        )


def uses(journal: Iterable[JournalEntry]) -> frozenset[Use]:
    """Return what the lines of a journal say was used, in whatever flow."""
    found: set[Use] = set()
    for line in journal:
        record = line.record
        if line.kind == "state":
            found.add(("state", record["flow"], record["role"], record["state"]))
        elif line.kind in ("rule", "exit"):
            found.add((line.kind, record["flow"], record["line"], record["column"]))
    return frozenset(found)


def coverage_of(flow: Flow, used: frozenset[Use]) -> Coverage:
    """Return what *used* says about *flow*."""
    states, exits, rules = _Count(flow, used), _Count(flow, used), _Count(flow, used)
    for role in flow.roles.values():
        for state in role.states.values():
            states.add(("state", flow.name, role.name, state.name), state.line, 1, _named(role, state))
        for block in (role.anywhere, *role.states.values()):
            for section, rule in _rules(role, block):
                what = f"{_named(role, block)}, {section}"
                rules.add(("rule", flow.name, rule.line, rule.column), rule.line, rule.column, what)
            for section, exit_ in _exits(role, block):
                what = f"{_named(role, block)}, {section} -> {exit_.state or exit_.flow or exit_.kind}"
                exits.add(("exit", flow.name, exit_.line, exit_.column), exit_.line, exit_.column, what)
    return Coverage(states=states.tally, exits=exits.tally, rules=rules.tally)


class _Count:
    """The places of one kind in one flow, as they are counted."""

    def __init__(self, flow: Flow, used: frozenset[Use]) -> None:
        self._path, self._used = flow.path, used
        self._every: set[Place] = set()
        self._hit: set[Place] = set()

    def add(self, use: Use, line: int, column: int, what: str) -> None:
        place = Place(self._path, line, column, what)
        self._every.add(place)
        if use in self._used:
            self._hit.add(place)

    @property
    def tally(self) -> Tally:
        return Tally(frozenset(self._every), frozenset(self._hit))


def _named(role: Role, block: State) -> str:
    return block.name if role.name == CALLER else f"{block.name} of {role.name}"


def _exits(role: Role, block: State) -> Iterator[tuple[str, Exit]]:
    """Yield every exit that can be taken, with the words of its section."""
    for section, rule in _rules(role, block):
        if rule.then is not None and rule.then.kind != "stay" and not section.startswith(f"on {_HANGUP}"):
            yield section, rule.then
    for action in block.actions:
        for name, value in action.options.items():
            if isinstance(value, Exit) and value.kind != "stay":
                yield f"{action.verb}, {name}", value


def _rules(role: Role, block: State) -> Iterator[tuple[str, Rule]]:
    """Yield every rule that can be true, with the words of its section and its condition."""
    for section, rules in _sections(role, block):
        for rule in rules:
            yield section + _condition(rule.condition), rule


def _sections(role: Role, block: State) -> Iterator[tuple[str, Rules]]:
    yield "then", block.then
    yield from ((f"keys {key}", rules) for key, rules in block.keys.items())
    yield from ((f"on {event}", rules) for event, rules in block.on.items())
    yield from ((f"after {_time(wait.delay_s)}", wait.rules) for wait in block.after)
    yield from ((f"every {_time(wait.delay_s)}", wait.rules) for wait in block.every)
    if block is not role.anywhere or not all(state.on_error for state in role.states.values()):
        yield "on_error", block.on_error


def _condition(condition: Any) -> str:
    if condition is None:
        return ""
    source = " ".join(condition.source.split())
    return f", if {source if len(source) <= _LONGEST else source[: _LONGEST - 3] + '...'}"


def _time(seconds: float) -> str:
    """Return a time as an author writes it: 30s, 15m, 2h."""
    return next(
        (f"{seconds / size:g}{unit}" for size, unit in _UNITS if seconds % size == 0 and seconds), f"{seconds:g}s"
    )
