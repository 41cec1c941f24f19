"""One flow file as written, typed and with its places; what the rules of the checker look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from engine.core.flow import ExitKind, Prompt, Settings, Variable
from engine.core.verbs import GATHERS, Verb
from engine.language.nodes import Node, Scalar, Span
from engine.language.words import EXIT_WORDS


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTree:
    """
    One dash. *given* holds what the author wrote for each option, *values* the same, converted (durations in
    seconds; texts as written). *nested* holds the options that are written as a list or a block. *rest* holds the
    free entries of notify, set, tell and telnyx.
    """

    verb: Verb
    key: Scalar
    given: Mapping[str, Scalar] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    nested: Mapping[str, Node] = field(default_factory=dict)
    rest: tuple[tuple[Scalar, Node], ...] = ()

    @property
    def name(self) -> str:
        return self.verb.name

    @property
    def is_music(self) -> bool:
        """Whether it plays for ever."""
        return self.name == "play" and self.values.get("repeat") == "forever"

    @property
    def is_audible(self) -> bool:
        """True when somebody hears the step, which a recording in the background is not."""
        return self.verb.audible and "during" not in self.values

    @property
    def exit(self) -> ExitTree | None:
        """Where the step itself leads when it fails."""
        word = self.given.get("if_fails")
        return None if word is None or "if_fails" not in self.values else exit_of(word)


@dataclass(frozen=True, slots=True)
class ExitTree:
    """Where a rule leads; *word* is the name of the state or flow, or hangup, end, stay. *give*: what the flow gets."""

    kind: ExitKind
    word: Scalar
    give: tuple[tuple[Scalar, Scalar], ...] = ()


def exit_of(word: Scalar) -> ExitTree:
    """Return the exit that *word* names: a state, or hangup, end or stay."""
    kind: ExitKind = "state"
    if word.text in EXIT_WORDS:
        kind = word.text  # type: ignore[assignment]
    return ExitTree(kind, word)


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
        """Whether a rule without ``if`` leads elsewhere."""
        return any(rule.leaves and rule.condition is None for rule in self.rules)

    @property
    def can_leave(self) -> bool:
        """Whether some rule leads elsewhere."""
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
    _all_rules: tuple[tuple[str, Rules], ...] = field(init=False, repr=False, compare=False)
    _all_steps: tuple[StepTree, ...] = field(init=False, repr=False, compare=False)
    _exits: tuple[tuple[str, ExitTree], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Every rule of the checker goes through these; they are put together once.
        rules = (("then", self.then), *((section, branch.rules) for section, branch in self.branches()))
        object.__setattr__(self, "_all_rules", (*rules, ("on_error", self.on_error)))
        steps = (step for _, rules in self._all_rules for rule in rules for step in rule.steps)
        object.__setattr__(self, "_all_steps", (*self.steps, *steps))
        exits = [(word, rule.then) for word, rules in self._all_rules for rule in rules if rule.then is not None]
        exits += [("on_error", step.exit) for step in self._all_steps if step.exit is not None]
        object.__setattr__(self, "_exits", tuple(exits))

    @property
    def name(self) -> str:
        return self.key.text

    @property
    def gather(self) -> StepTree | None:
        """The gather that ``keys`` answers: the last step of ``do``, if it is one."""
        return self.steps[-1] if self.steps and self.steps[-1].name in GATHERS else None

    def branches(self) -> Iterator[tuple[str, BranchTree]]:
        """Yield every entry of keys, on, after and every, with the section's word."""
        for section in self.sections:
            if section in ("keys", "on", "after", "every"):
                for branch in getattr(self, section):
                    yield section, branch

    def all_rules(self) -> Iterator[tuple[str, Rules]]:
        """Yield every list of rules, with its section's word ("then", "keys", "on", "after", "every", "on_error")."""
        return iter(self._all_rules)

    def all_steps(self) -> Iterator[StepTree]:
        """Yield the steps of ``do``, then those of every rule."""
        return iter(self._all_steps)

    def exits(self) -> Iterator[tuple[str, ExitTree]]:
        """Yield every exit with the word of its section."""
        return iter(self._exits)

    def ways_on(self) -> Iterator[tuple[str, ExitTree]]:
        """Yield the exits that are taken when nothing fails, each with the word of its section."""
        return ((section, target) for section, target in self.exits() if section != "on_error")

    def handler(self, event: str) -> BranchTree | None:
        """Return the entry of ``on`` for *event* (with its prefix, if any)."""
        return next((branch for branch in self.on if branch.name == event), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class StartsTree:
    """``starts_when``; *numbers* are E.164 or names of project.yaml."""

    numbers: tuple[Scalar, ...] = ()
    any_number: Scalar | None = None
    connection: Scalar | None = None
    by_flows: Scalar | None = None
    outgoing: Scalar | None = None
    line: int = 0

    @property
    def is_empty(self) -> bool:
        """True when no call from outside can come here."""
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
                for step in self.steps()
                if step.name == "transfer" and step.values.get("as")
            },
        )

    def state(self, name: str) -> StateTree | None:
        """Return the state *name*, None where there is none that could be read."""
        return self.by_name.get(name)

    def blocks(self) -> Iterator[StateTree]:
        """Yield every state, then ``anywhere``."""
        yield from self.states
        yield self.anywhere

    def steps(self) -> Iterator[StepTree]:
        """Yield every step of the states, then those of ``anywhere``."""
        return (step for block in self.blocks() for step in block.all_steps())


@dataclass(frozen=True, slots=True)
class PeriodTree:
    """One period of one day (0 is Monday) and its place: minutes after midnight, over 1440 in the next morning."""

    day: int
    opens: int
    closes: int
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursTree:
    """An entry of ``hours``; *periods* are in the order of the file."""

    key: Scalar
    timezone: str
    periods: tuple[PeriodTree, ...]
    closed_on: frozenset[date]


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
    needs: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    hours: Mapping[str, HoursTree] = field(default_factory=dict)
    doubtful_hours: frozenset[str] = frozenset()  # hours that have a fault
    roles: tuple[RoleTree, ...]
    doubtful: frozenset[str] = frozenset()  # variables whose entry could not be read
    is_sound: bool = True

    @property
    def caller(self) -> RoleTree:
        """The leg that the flow begins with."""
        return self.roles[0]

    @property
    def role_names(self) -> frozenset[str]:
        """The names of all roles."""
        return frozenset(role.name for role in self.roles)

    def blocks(self) -> Iterator[tuple[RoleTree, StateTree]]:
        """Yield every state and every ``anywhere`` with its role."""
        return ((role, block) for role in self.roles for block in role.blocks())

    def handlers(self) -> Iterator[tuple[RoleTree, BranchTree]]:
        """Yield every entry of ``on`` with its role."""
        return ((role, branch) for role, block in self.blocks() for branch in block.on)

    def steps(self) -> Iterator[tuple[RoleTree, StateTree, StepTree]]:
        """Yield every step with its role, and state or ``anywhere``."""
        return ((role, block, step) for role, block in self.blocks() for step in block.all_steps())

    def prompt_texts(self) -> Iterator[tuple[str, Scalar]]:
        """Yield what each prompt says, in each of its languages, with the prompt's name; not what it plays."""
        for (name, language), part in self.prompt_parts.items():
            if self.prompts[name][language].text:
                yield name, part

    def dials(self, name: str) -> list[StepTree]:
        """Return the steps that ring the role called *name*."""
        return [step for _, _, step in self.steps() if step.name == "dial" and step.values.get("as") == name]
