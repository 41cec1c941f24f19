"""What the readers of a scenario file share: the flow it is about, the names in it, and how problems are told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from engine.core.catalogue import Catalogue
from engine.core.flow import Flow, Project, Role
from engine.core.nearest import did_you_mean
from engine.core.problem import Problem
from engine.language import codes
from engine.language.codes import Code
from engine.language.nodes import Map, Node, Scalar
from engine.language.values import Reading, seconds
from engine.scenario.codes import BAD_STEP, UNKNOWN_NAME

_MOST_QUOTED = 3  # lines of a step
_NUMBERED = re.compile(r"(\w+?)_([2-9]|[1-9]\d)")


def role_name(leg: str, roles: Iterable[str]) -> str:
    """Return the role that *leg* plays: ``caller_2`` is one more caller. "" when it plays none."""
    names = set(roles)
    match = _NUMBERED.fullmatch(leg)
    if leg in names:
        return leg
    return match[1] if match and match[1] in names else ""


def called(leg: str, roles: Iterable[str]) -> str:
    """Return how a message calls *leg*: "the caller", but "caller_2" and "sales"."""
    return f"the {leg}" if leg in set(roles) else leg


def far_words(flow: Flow) -> frozenset[str]:
    """Return the names of the legs that the flow's transfers ring."""
    blocks = [block for role in flow.roles.values() for block in (role.anywhere, *role.states.values())]
    actions = (action for block in blocks for action in block.actions)
    return frozenset(str(a.options.get("as") or "transfer") for a in actions if a.verb == "transfer")


@dataclass(slots=True, kw_only=True)
class Script:
    """A scenario file that is being read, and the flow it is about. *lines* are the file's."""

    path: str
    lines: Sequence[str]
    catalogue: Catalogue
    flow: Flow
    project: Project
    reading: Reading = field(init=False)

    def __post_init__(self) -> None:
        self.reading = Reading(self.path, set())

    # -- telling ---------------------------------------------------------------------------------------------------

    @property
    def problems(self) -> list[Problem]:
        return self.reading.problems

    def report(self, code: Code, node: Node, message: str, *, hint: str = "") -> None:
        """Tell one problem at *node*; of a map or list, at its beginning."""
        self.reading.report(code.at(self.path, node.span, message, hint=hint))

    def unknown(self, what: str, node: Scalar, candidates: Iterable[str], *, code: Code = UNKNOWN_NAME) -> None:
        """Tell that there is no *what* with this name."""
        names = sorted(candidates)
        guess = did_you_mean(node.text, names)
        some = f"There are: {', '.join(names)}." if names and len(names) <= 12 and not guess else ""
        self.report(code, node, f"there is no {what} '{node.text}'{guess}", hint=some)

    def quote(self, node: Node) -> str:
        """Return a step as its author wrote it, in one line; of a long one the beginning."""
        span = node.span
        lines = [self.lines[span.line - 1][span.column - 1 :], *self.lines[span.line : span.end_line]]
        if span.line == span.end_line:
            return lines[0][: span.end_column - span.column].strip()
        told = [line.partition(" #")[0].strip() for line in lines]
        return ", ".join(told) if len(told) <= _MOST_QUOTED else f"{told[0]} ..."

    # -- values ----------------------------------------------------------------------------------------------------

    def duration(self, node: Node, what: str) -> float | None:
        """Return the seconds that *node* says, or None after a report."""
        found = seconds(node.text) if isinstance(node, Scalar) else None
        if found is None:
            self.report(codes.BAD_DURATION, node, f"{what} must be a time with its unit, for example 30s, 15m or 2h")
        return found

    def count(self, node: Node, what: str, low: int, high: int) -> int | None:
        """Return the whole number that *node* says, or None after a report."""
        value = node.value if isinstance(node, Scalar) else None
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        self.report(codes.WRONG_TYPE, node, f"{what} must be a whole number from {low} to {high}")
        return None

    def text(self, node: Node | None, what: str) -> Scalar | None:
        """Return *node* when it is a text with something in it, or None after a report."""
        if isinstance(node, Scalar) and node.text.strip():
            return node
        if node is not None:
            self.report(codes.WRONG_TYPE, node, f"{what} must be a text")
        return None

    def options(self, node: Map, known: Iterable[str], what: str) -> bool:
        """Tell whether *node* has only keys of *known*; each other one is reported."""
        names = set(known)
        strange = [entry.key for entry in node if entry.key.text not in names]
        for key in strange:
            guess = did_you_mean(key.text, names)
            hint = "" if guess else f"It may have: {', '.join(sorted(names))}."
            self.report(BAD_STEP, key, f"{what} has no '{key.text}'{guess}", hint=hint)
        return not strange

    # -- names -----------------------------------------------------------------------------------------------------

    @property
    def legs(self) -> frozenset[str]:
        """The names that a step may begin with."""
        return frozenset(self.flow.roles) | far_words(self.flow)

    def is_leg(self, name: str) -> bool:
        return name in self.legs or bool(role_name(name, self.legs))

    def called(self, leg: str) -> str:
        return called(leg, self.flow.roles)

    def role(self, leg: str) -> Role | None:
        """Return the role that *leg* plays; None for a leg without states."""
        return self.flow.roles.get(role_name(leg, self.flow.roles))
