"""What a flow, with those that it hands calls to, gives people to choose from: keys, numbers, secrets, hours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cached_property
from typing import Any

from engine.core.expression import Formula
from engine.core.flow import Action, Exit, Flow, Project, Rule, Version
from engine.core.hours import Hours
from engine.core.text import Text

_QUOTED = re.compile(r"""["']([^"']*)["']""")
_UNREAD = frozenset({"log", "notify"})  # what they say is read by people alone
_LONGEST_ENTRY = 4  # digits of a secret, where no gather says how many


def quoted(source: str) -> list[str]:
    """Return the texts in quotes of a formula."""
    return _QUOTED.findall(source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A formula as it is written, and the names that it reads."""

    source: str
    names: frozenset[str]

    @property
    def literals(self) -> tuple[str, ...]:
        return tuple(quoted(self.source))


@dataclass(frozen=True, kw_only=True)
class Material:
    """The flow under test and the folder that it is in. What is read from it is worked out once."""

    flow: Flow
    version: Version

    @property
    def project(self) -> Project:
        return self.version.project

    @cached_property
    def flows(self) -> tuple[Flow, ...]:
        """The flow itself, and every flow that a call can get into from it."""
        found = {self.flow.name: self.flow}
        waiting = [self.flow]
        while waiting:
            for name in _used(waiting.pop()):
                if name in self.version.flows and name not in found:
                    found[name] = self.version.flows[name]
                    waiting.append(found[name])
        return tuple(found.values())

    @cached_property
    def read(self) -> frozenset[str]:
        """Every name that any formula reads, with its dots and its last part; what is only logged is not read."""
        names = {name for reader in self.formulas for name in reader.names}
        return frozenset(names | {name.rpartition(".")[2] for name in names})

    @cached_property
    def formulas(self) -> tuple[Reader, ...]:
        return tuple(reader for flow in self.flows for part in _parts(flow) for reader in _readers(part))

    @cached_property
    def conditions(self) -> tuple[Reader, ...]:
        rules = (part for flow in self.flows for part in _parts(flow) if isinstance(part, Rule))
        return tuple(_reader(rule.condition) for rule in rules if rule.condition is not None)

    @cached_property
    def steps(self) -> tuple[tuple[Flow, Action], ...]:
        """Every step, with the flow that it stands in."""
        return tuple((flow, part) for flow in self.flows for part in _parts(flow) if isinstance(part, Action))

    @cached_property
    def hours(self) -> tuple[Hours, ...]:
        return tuple(hours for flow in self.flows for hours in flow.hours.values())

    @cached_property
    def secrets(self) -> Mapping[str, str]:
        """A value for each secret that something is compared with: digits, as many as the flow asks for."""
        asked = [low for _, action in self.steps if (low := _fewest(action.options.get("digits"))) > 1]
        length = asked[0] if asked else _LONGEST_ENTRY
        used = [name for name in self.project.secrets if f"secret.{name}" in self.read]
        return {name: str(4821 + place).rjust(length, "7")[-length:] for place, name in enumerate(used)}

    @cached_property
    def entries(self) -> tuple[str, ...]:
        """What formulas compare entered digits with: texts, secrets and lists."""
        found: dict[str, None] = {}
        for reader in self.conditions:
            if not all(name.startswith("event.") for name in reader.names):
                found |= dict.fromkeys(self._compared(reader))
        return tuple(text for text in found if re.fullmatch(r"[0-9*#]+", text))

    def numbers(self, role: str) -> tuple[str, ...]:
        """Return the numbers that the number of *role* is compared with, "anonymous" for none at all."""
        found: dict[str, None] = {}
        for reader in self.conditions:
            if f"{role}.number" in reader.names:
                found |= dict.fromkeys(text or "anonymous" for text in self._compared(reader, of_lists=1))
        return tuple(text for text in found if text == "anonymous" or re.fullmatch(r"\+[1-9]\d{6,14}", text))

    def _compared(self, reader: Reader, of_lists: int = 2) -> Iterator[str]:
        yield from reader.literals
        for name in sorted(reader.names):
            head, _, rest = name.partition(".")
            if head == "secret":
                yield self.secrets[rest]
            elif head == "list":
                yield from (str(item) for item in self.project.lists[rest][:of_lists])


def _used(flow: Flow) -> Iterator[str]:
    for part in _parts(flow):
        if isinstance(part, Exit) and part.flow:
            yield part.flow
        elif isinstance(part, Action) and isinstance(part.options.get("flow"), str):
            yield part.options["flow"]


def _parts(flow: Flow) -> Iterator[Any]:
    """Yield the rules, steps and exits of a flow, in order."""
    for role in flow.roles.values():
        for block in (*role.states.values(), role.anywhere):
            yield from (part for part in _inside(block) if isinstance(part, Rule | Action | Exit))


def _inside(value: Any) -> Iterator[Any]:
    """Yield *value* and all that it is made of."""
    yield value
    parts: Iterable[Any] = ()
    if isinstance(value, Mapping):
        parts = value.values()
    elif isinstance(value, list | tuple):
        parts = value
    elif is_dataclass(value) and not isinstance(value, Formula | Text):
        parts = (getattr(value, part.name) for part in fields(value))
    for part in parts:
        yield from _inside(part)


def _readers(part: Any) -> Iterator[Reader]:
    if isinstance(part, Rule) and part.condition is not None:
        yield _reader(part.condition)
    elif isinstance(part, Action) and part.verb not in _UNREAD:
        yield from (_reader(value) for value in _inside(part.options) if isinstance(value, Formula | Text))
    elif isinstance(part, Exit):
        yield from (_reader(value) for value in _inside(part.give) if isinstance(value, Formula | Text))


def _reader(formula: Any) -> Reader:
    return Reader(source=formula.source, names=frozenset(formula.names))


def _fewest(digits: Any) -> int:
    """Return the fewest digits that a gather takes, as its option ``digits`` says; 0 where it has none."""
    return int(digits[0]) if isinstance(digits, tuple) else 0
