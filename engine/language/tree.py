"""One flow file as written, typed and with its places; what the rules of the checker look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.core.flow import ExitKind, Prompt, Settings, Variable
from engine.core.verbs import Verb
from engine.language.nodes import Scalar, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTree:
    """
    One dash. *given* holds what the author wrote for each option, *values* the same, converted (durations in
    seconds; texts as written). *rest* holds the free entries of notify and set.
    """

    verb: Verb
    key: Scalar
    given: Mapping[str, Scalar] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    rest: tuple[tuple[Scalar, Scalar], ...] = ()

    @property
    def name(self) -> str:
        return self.verb.name

    @property
    def is_music(self) -> bool:
        return self.name == "play" and self.values.get("repeat") == "forever"


@dataclass(frozen=True, slots=True)
class ExitTree:
    """Where a rule leads; *word* is the state's name or hangup, end, stay."""

    kind: ExitKind
    word: Scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTree:
    """``if``, ``do``, ``then``; a bare exit is a rule with only ``then``."""

    condition: Scalar | None = None
    steps: tuple[StepTree, ...] = ()
    then: ExitTree | None = None
    span: Span

    @property
    def leaves(self) -> bool:
        """True when the rule leads out of the state it stands in, or into it anew."""
        return self.then is not None and self.then.kind != "stay"


Rules = tuple[RuleTree, ...]


@dataclass(frozen=True, slots=True)
class BranchTree:
    """One entry of ``on`` (an event), ``keys`` (a key), ``after`` or ``every`` (a delay): *key*, then *rules*."""

    key: Scalar
    rules: Rules
    delay_s: float = 0.0

    @property
    def name(self) -> str:
        return self.key.text

    @property
    def always_leaves(self) -> bool:
        return any(rule.leaves and rule.condition is None for rule in self.rules)

    @property
    def can_leave(self) -> bool:
        return any(rule.leaves for rule in self.rules)


@dataclass(frozen=True, slots=True, kw_only=True)
class StateTree:
    """
    One state, or the ``anywhere`` block of a role (whose *key* is the word ``anywhere``).

    *sections* maps the words the author used (do, then, on ...) to their places, in the order of the file.
    *is_sound*: every part of it could be read, so that what is absent is really absent.
    """

    key: Scalar
    sections: Mapping[str, Scalar] = field(default_factory=dict)
    steps: tuple[StepTree, ...] = ()
    then: Rules = ()
    keys: tuple[BranchTree, ...] = ()
    on: tuple[BranchTree, ...] = ()
    after: tuple[BranchTree, ...] = ()
    every: tuple[BranchTree, ...] = ()
    on_error: Rules = ()
    is_sound: bool = True

    @property
    def name(self) -> str:
        return self.key.text

    @property
    def gather(self) -> StepTree | None:
        """The gather that ``keys`` answers: the last step of ``do``, if it is one."""
        return self.steps[-1] if self.steps and self.steps[-1].name == "gather" else None

    def branches(self) -> Iterator[tuple[str, BranchTree]]:
        """Yield every entry of keys, on, after and every, with the section's word."""
        for section in self.sections:
            if section in ("keys", "on", "after", "every"):
                for branch in getattr(self, section):
                    yield section, branch

    def all_rules(self) -> Iterator[tuple[str, Rules]]:
        """Yield every list of rules, with its section's word ("then", "keys", "on", "after", "every", "on_error")."""
        yield "then", self.then
        for section, branch in self.branches():
            yield section, branch.rules
        yield "on_error", self.on_error

    def all_steps(self) -> Iterator[StepTree]:
        yield from self.steps
        for _, rules in self.all_rules():
            for rule in rules:
                yield from rule.steps

    def exits(self) -> Iterator[tuple[str, ExitTree]]:
        """Yield every exit with the word of its section."""
        for section, rules in self.all_rules():
            for rule in rules:
                if rule.then is not None:
                    yield section, rule.then

    def handler(self, event: str) -> BranchTree | None:
        """Return the entry of ``on`` for *event* (with its prefix, if any)."""
        return next((branch for branch in self.on if branch.name == event), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class StartsTree:
    """``starts_when``; *numbers* are E.164 or names of project.yaml."""

    numbers: tuple[Scalar, ...] = ()
    any_number: Scalar | None = None
    connection: Scalar | None = None
    line: int = 0

    @property
    def is_empty(self) -> bool:
        return not self.numbers and self.any_number is None and self.connection is None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleTree:
    """The states of one leg. *key* is the role's name, for ``caller`` the flow's name."""

    name: str
    key: Scalar
    about: str = ""
    start: Scalar | None
    states: tuple[StateTree, ...]
    anywhere: StateTree
    starts: StartsTree = field(default_factory=StartsTree)
    written: frozenset[str] = frozenset()  # names of all states, also of those that could not be read
    is_sound: bool = True
    by_name: Mapping[str, StateTree] = field(init=False)
    legs: Mapping[str, Scalar] = field(init=False)  # names that ``transfer ... as`` gives, with their places

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {state.name: state for state in self.states})
        object.__setattr__(
            self,
            "legs",
            {
                step.values["as"]: step.given["as"]
                for block in self.blocks()
                for step in block.all_steps()
                if step.values.get("as")
            },
        )

    def state(self, name: str) -> StateTree | None:
        return self.by_name.get(name)

    def blocks(self) -> Iterator[StateTree]:
        """Yield every state, then ``anywhere``."""
        yield from self.states
        yield self.anywhere


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowTree:
    """One flow file. *roles* begins with ``caller``. *is_sound*: every part of the file could be read."""

    path: str
    name: Scalar
    about: str
    settings: Settings
    variables: Mapping[str, Variable]
    variable_keys: Mapping[str, Scalar]
    prompts: Mapping[str, Mapping[str, Prompt]]
    prompt_keys: Mapping[str, Scalar]
    prompt_parts: Mapping[tuple[str, str], Scalar]  # (prompt, language) -> the text or the audio's name
    roles: tuple[RoleTree, ...]
    doubtful: frozenset[str] = frozenset()  # variables whose entry could not be read
    is_sound: bool = True

    def blocks(self) -> Iterator[tuple[RoleTree, StateTree]]:
        """Yield every state and every ``anywhere`` with its role."""
        for role in self.roles:
            for block in role.blocks():
                yield role, block

    def steps(self) -> Iterator[tuple[RoleTree, StateTree, StepTree]]:
        for role, block in self.blocks():
            for step in block.all_steps():
                yield role, block, step
