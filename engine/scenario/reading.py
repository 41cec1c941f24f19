"""What the readers of a scenario file share: the flow it is about, the names in it, and how problems are told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from engine.core.catalogue import Catalogue
from engine.core.flow import CALLER, Action, Flow, Project, Role
from engine.core.nearest import did_you_mean
from engine.core.problem import Problem
from engine.language import codes, saying
from engine.language.codes import Code
from engine.language.nodes import Map, Node, Scalar
from engine.language.values import Reading, seconds
from engine.scenario.codes import BAD_STEP, UNKNOWN_NAME

MOST_TIMES = 1000  # of anything that is repeated
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


def _far_words(flow: Flow) -> frozenset[str]:
    """Return the names of the legs that the flow's transfers ring."""
    return frozenset(str(a.options.get("as") or "transfer") for a in _actions(flow) if a.verb == "transfer")


def _actions(flow: Flow) -> Iterator[Action]:
    for role in flow.roles.values():
        for block in (role.anywhere, *role.states.values()):
            yield from block.actions


def _rung_roles(flow: Flow) -> frozenset[str]:
    """Return the roles that the flow itself rings."""
    return frozenset(str(action.options.get("as")) for action in _actions(flow) if action.verb == "dial")


def later_flows(flow: Flow, flows: Iterable[Flow]) -> Mapping[str, Flow]:
    """Return those of *flows* that the flow calls somebody with later; a scenario calls these people like the flows."""
    names = {str(action.options.get("flow")) for action in _actions(flow) if action.verb == "call_later"}
    return {other.name: other for other in flows if other.name in names}


@dataclass(slots=True, kw_only=True)
class Script:
    """
    A scenario file that is being read, and the flow it is about. *lines* are the file's.

    *later* are the flows that this one calls somebody with later, by their names.
    """

    path: str
    lines: Sequence[str]
    catalogue: Catalogue
    flow: Flow
    project: Project
    later: Mapping[str, Flow] = field(default_factory=dict)
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
            self.reading.report(saying.duration(self.path, node, what))
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
        if isinstance(node, Scalar):
            self.report(codes.MISSING, node, f"{what} is missing: nothing stands here")
        elif node is not None:
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
        return frozenset(self.flow.roles) | _far_words(self.flow) | frozenset(self.later)

    def is_leg(self, name: str) -> bool:
        return name in self.legs or bool(role_name(name, self.legs))

    def called(self, leg: str) -> str:
        return called(leg, self.flow.roles)

    def role(self, leg: str) -> Role | None:
        """Return the role that *leg* plays; None for a leg without states."""
        found = self.flow.roles.get(role_name(leg, self.flow.roles))
        return found or (self.flow_of(leg).roles[CALLER] if role_name(leg, self.later) else None)

    def flow_of(self, leg: str) -> Flow:
        """Return the flow that *leg* is in."""
        return self.later.get(role_name(leg, self.later), self.flow)

    def is_rung(self, leg: str) -> bool:
        """Tell whether a flow rings *leg*, so that it must be told what it does."""
        ours = _rung_roles(self.flow) | _far_words(self.flow) | frozenset(self.later)
        return bool(role_name(leg, ours)) or (leg == CALLER and self.may_be_ordered)

    @property
    def may_be_ordered(self) -> bool:
        """Tell whether a person can order a call with the flow under test, or another flow plans one."""
        starts = self.flow.roles[CALLER].starts_when
        return starts.outgoing or starts.by_flows
