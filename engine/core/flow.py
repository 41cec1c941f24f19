"""The compiled, immutable flow: what the checker has passed and step() executes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from engine.core.hours import Hours

CALLER = "caller"  # the first leg's role (language.md, section 2)
DEEPEST = 8  # flows that run one inside the other, the first not counted
ANYWHERE = "anywhere"  # the block of a role's own handlers; no state may bear this name

ExitKind = Literal["state", "hangup", "end", "stay", "flow"]


@dataclass(frozen=True, slots=True)
class Exit:
    """
    Where a rule leads: a state of the same role, another flow, or one of the words hangup, end, stay.

    *give* maps the needs of that flow to values, Formulas or Texts. *line* and *column* say where it is written.
    """

    kind: ExitKind
    state: str = ""
    flow: str = ""
    give: Mapping[str, Any] = field(default_factory=dict)
    line: int = field(default=0, compare=False)
    column: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """
    One step (a dash of the author's), numbered from 1 within its state.

    *options* maps the verb's option names to Python values, or to a Formula or Text (engine.core.expression) where
    the author wrote ``{{ }}``. Durations are seconds (float). *next* is the number of the step after it in the same
    block, 0 at the block's end; *exit* is where the block then goes (None: nowhere, the state goes on).
    *fields* are the names ``event.*`` that this step and those after it in its block read.
    """

    number: int
    verb: str
    options: Mapping[str, Any]
    next: int = 0
    exit: Exit | None = None
    fields: tuple[str, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """
    ``if`` *condition* (a Formula; None: always), ``do`` the block that begins with step number *do* (0: nothing),
    ``then`` go to *then* (None: stay). Where there is a block, the block's last Action carries the same exit.
    *line* and *column* tell the rules of a flow apart.
    """

    condition: Any | None = None
    do: int = 0
    then: Exit | None = None
    line: int = 0
    column: int = field(default=0, compare=False)


Rules = tuple[Rule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """One entry of ``after`` or ``every``: *delay_s* seconds, then *rules*."""

    delay_s: float
    rules: Rules
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """
    One state of a role, or its ``anywhere`` block.

    *actions* holds every step of the state, handlers' steps included: number n at index n-1. *main* is the first
    step of ``do`` (0: none). *then* and *keys* (key, "digits", "anything_else", "nothing") follow the end of ``do``.
    *on* maps an event type, with its leg prefix if any ("agent.joined", "sales.call.hangup"), to rules.
    *on_error* is () where the state has none of its own.
    """

    name: str
    actions: tuple[Action, ...] = ()
    main: int = 0
    then: Rules = ()
    keys: Mapping[str, Rules] = field(default_factory=dict)
    on: Mapping[str, Rules] = field(default_factory=dict)
    after: tuple[Wait, ...] = ()
    every: tuple[Wait, ...] = ()
    on_error: Rules = ()
    line: int = 0

    def action(self, number: int) -> Action:
        return self.actions[number - 1]

    def exits(self) -> Iterator[Exit]:
        """Yield every exit of the state, in no particular order, with repetitions."""
        for rules in (
            self.then,
            self.on_error,
            *self.keys.values(),
            *self.on.values(),
            *(wait.rules for wait in (*self.after, *self.every)),
        ):
            for rule in rules:
                if rule.then is not None:
                    yield rule.then
        for action in self.actions:
            yield from (value for value in action.options.values() if isinstance(value, Exit))


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """An entry of ``remember``: its type (digits, text, number, yes_no, time, list), first value, secrecy."""

    name: str
    type: str
    start: Any = None
    is_secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What one language says: *text* (a Text where the author wrote ``{{ }}``), or *audio* (a name in project.yaml)."""

    text: Any = ""
    audio: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAttempts:
    """``call_attempts``: how a call that the flow makes is tried. *detect_machine* is Telnyx's word, "" for none."""

    tries: int = 1
    wait_between_s: float = 300.0
    ring_for_s: float = 30.0
    detect_machine: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """
    ``settings`` of a flow: Telnyx's language and voice, the longest call in seconds (at most 4 h), and how it calls.

    *call_from* is E.164, "" where the project's ``telnyx.caller_id`` counts.
    """

    language: str = "en-US"
    voice: str = "AWS.Polly.Joanna-Neural"
    longest_call_s: float = 14400.0
    call_from: str = ""
    call_attempts: CallAttempts = CallAttempts()


@dataclass(frozen=True, slots=True, kw_only=True)
class StartsWhen:
    """
    Which new calls a role answers: exact numbers (E.164), any number, or every call of a connection.

    *by_flows*: other flows hand calls to it, run it or call somebody with it; *outgoing*: `ringflow call` does.
    """

    numbers: tuple[str, ...] = ()
    any_number: bool = False
    connection: str = ""
    by_flows: bool = False
    outgoing: bool = False
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """One leg's states. *anywhere* has ``on``, ``on_error`` and the steps of both, and is never entered."""

    name: str
    start: str
    states: Mapping[str, State]
    anywhere: State
    starts_when: StartsWhen = StartsWhen()
    about: str = ""

    def block(self, name: str) -> State:
        """Return the state called *name*, or the ``anywhere`` block."""
        return self.anywhere if name == ANYWHERE else self.states[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """
    One flow file, compiled. *roles* begins with ``caller``.

    *needs* and *answers* name the variables that another flow gives when it uses this one, and gets back; *shared*
    those that one leg's formulas read of another's (``agent.account``).
    """

    name: str
    about: str
    roles: Mapping[str, Role]
    settings: Settings = Settings()
    variables: Mapping[str, Variable] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    hours: Mapping[str, Hours] = field(default_factory=dict)  # the time zone of the first is the flow's
    shared: tuple[str, ...] = ()
    prompts: Mapping[str, Mapping[str, Prompt]] = field(default_factory=dict)
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audio:
    """
    An entry of ``audio``: exactly one of a URL, a Telnyx media name, a file beside project.yaml.

    *address* is the name under which ringflow serves the file (``/audio/<address>``): its hash and ending.
    """

    url: str = ""
    media: str = ""
    file: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unrouted:
    """What happens to a call that no flow answers: leave it, reject it, or give it to a flow."""

    kind: Literal["leave", "reject", "flow"] = "leave"
    flow: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """``project.yaml``, checked; all parts optional (interfaces.md). *public_url*: of this service, without a slash."""

    numbers: Mapping[str, str] = field(default_factory=dict)
    connection_id: str = ""
    caller_id: str = ""
    audio: Mapping[str, Audio] = field(default_factory=dict)
    notify: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    http_hosts: tuple[str, ...] = ()
    may_call: tuple[str, ...] = ()
    public_url: str = ""
    unrouted: Unrouted = Unrouted()

    @property
    def audio_files(self) -> tuple[str, ...]:
        """The files that this service serves itself, in order."""
        return tuple(sorted(audio.file for audio in self.audio.values() if audio.file))


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """
    A whole flows folder, compiled: the unit that a run is bound to for its life.

    *hash* covers every flow file and project.yaml, secret values excluded (interfaces.md, "Identity").
    """

    hash: str
    flows: Mapping[str, Flow]
    project: Project = Project()
