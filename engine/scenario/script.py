"""A scenario file as values: what people and Telnyx do in a call, and what must then be true."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from engine.core.flow import Flow
from engine.scenario.outside import Reply

WITHIN_S = 60.0  # how long a check waits to become true (language.md, section 7)
SILENCE_S = 10.0  # silence that always fails


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """Somebody calls *to_number*, "" = that of their role; *from_number* "" = a number of this person's own."""

    leg: str
    from_number: str = ""
    to_number: str = ""


@dataclass(frozen=True, slots=True)
class Presses:
    leg: str
    keys: str


@dataclass(frozen=True, slots=True)
class Waits:
    """Time passes; *leg* "" = nobody in particular stays silent."""

    seconds: float
    leg: str = ""


@dataclass(frozen=True, slots=True)
class HangsUp:
    leg: str


@dataclass(frozen=True, slots=True)
class IsCalled:
    """Somebody has the flow call this person, as ``ringflow call`` does; *number* "" = a number of their own."""

    leg: str
    number: str = ""


Reaction: TypeAlias = Literal["answers", "answers as a machine", "does not answer", "is busy"]
REACTIONS: tuple[Reaction, ...] = ("answers", "answers as a machine", "does not answer", "is busy")


@dataclass(frozen=True, slots=True)
class Reacts:
    """What the far end of a leg that rings does."""

    leg: str
    how: Reaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Fails:
    """Telnyx refuses the next *times* commands of one of *operations*. *word* is how the author calls them."""

    word: str
    operations: tuple[str, ...]
    status: int
    code: str
    times: int = 1


@dataclass(frozen=True, slots=True)
class Repeats:
    """Telnyx delivers its last webhook once more."""


@dataclass(frozen=True, slots=True)
class Delays:
    """The next *times* webhooks of a type come later."""

    event_type: str
    by_s: float
    times: int = 1


@dataclass(frozen=True, slots=True)
class Loses:
    """The next *times* webhooks of a type never come."""

    event_type: str
    times: int = 1


@dataclass(frozen=True, slots=True)
class Sends:
    """Telnyx sends a webhook about a leg that nothing caused."""

    event_type: str
    leg: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answers:
    """From now on addresses outside answer so."""

    replies: tuple[Reply, ...]


@dataclass(frozen=True, slots=True)
class TellsAi:
    """Somebody tells an AI gather what it asks for; None: nothing of it."""

    leg: str
    result: Mapping[str, Any] | None


GAP = "\0"  # in a sound: whatever a formula is filled in with


@dataclass(frozen=True, slots=True, kw_only=True)
class Hears:
    """
    A leg hears something: *said* is how the author calls it, *sounds* the texts and audio of which one is enough.

    *is_part*: a part of a text is enough.
    """

    leg: str
    said: str
    sounds: tuple[str, ...]
    is_part: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Does:
    """
    The flow does something on a leg: a verb or an operation of Telnyx called *name*.

    *options* are in the verb's spelling, *parameters* in Telnyx's. *is_forbidden*: it must not be done.
    """

    leg: str
    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    is_forbidden: bool = False


@dataclass(frozen=True, slots=True)
class IsIn:
    leg: str
    state: str


@dataclass(frozen=True, slots=True)
class Remembers:
    leg: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Repeat:
    times: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class SilenceLongerThan:
    seconds: float


@dataclass(frozen=True, slots=True)
class CommandsWithoutEvent:
    """More than *most* commands of one leg without a webhook or a timer between them."""

    most: int


Check: TypeAlias = Hears | Does | IsIn | Remembers
Deed: TypeAlias = (
    Calls | IsCalled | Presses | Waits | HangsUp | Reacts | TellsAi | Fails | Repeats | Delays | Loses | Sends | Answers
)
Never: TypeAlias = SilenceLongerThan | CommandsWithoutEvent | Check


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One dash: *what*, as written (*text*) in *line*. *within_s* is None where the author gave no limit."""

    what: Deed | Check | Repeat
    text: str
    line: int
    within_s: float | None = None


def flat(steps: Iterable[Step]) -> Iterator[Step]:
    """Yield *steps* as they are done: what is repeated as often as it says."""
    for step in steps:
        if isinstance(step.what, Repeat):
            for _ in range(step.what.times):
                yield from flat(step.what.steps)
        else:
            yield step


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One line of ``never``."""

    what: Never
    text: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    name: str
    line: int
    steps: tuple[Step, ...]

    def all_steps(self) -> Iterator[Step]:
        """Yield every step once, those inside ``repeat`` too."""
        waiting = list(reversed(self.steps))
        while waiting:
            step = waiting.pop()
            yield step
            if isinstance(step.what, Repeat):
                waiting.extend(reversed(step.what.steps))


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioFile:
    """
    One ``*.test.yaml``. *flow* is the flow under test; *start* is in epoch seconds.

    *secrets* are the values that the flows see instead of real ones, *replies* what addresses outside answer.
    """

    path: str
    flow: Flow
    start: float
    secrets: Mapping[str, str] = field(default_factory=dict)
    replies: tuple[Reply, ...] = ()
    scenarios: tuple[Scenario, ...] = ()
    never: tuple[Rule, ...] = ()
