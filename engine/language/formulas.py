"""Formulas and texts of one flow, compiled where they stand, with what they read and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.core.catalogue import Catalogue
from engine.core.expression import Formula, FormulaProblem, Kind, compile_condition
from engine.core.problem import Problem
from engine.core.text import Text, compile_text, unsayable_time
from engine.language import codes
from engine.language.nodes import Scalar
from engine.language.project import ProjectTree
from engine.language.scope import Scope
from engine.language.tree import FlowTree, StepTree

Names = Mapping[str, Kind]

_UNKNOWN = codes.Code("X002", "unknown-name", "")
_MISMATCH = codes.Code("X004", "type-mismatch", "")
_CONSTANT = codes.Code("X006", "always-true-or-false", "", "warning")
# What to know about names that exist in some places only.
_HINTS = {
    "digits": "digits exist only in a state with gather; to keep them, write into: VARIABLE in the gather.",
    "event.error": "event.error exists only under on_error.",
    "event": "event exists only under on, and tells of the event there.",
    "queue": "queue.position and its like exist after - check_queue: QUEUE.",
    "room": "room.people and its like exist after - check_conference.",
    "participant": "participant.muted and its like exist after - participant_retrieve: LEG.",
    "secret": "Name the secret in project.yaml: secrets: [NAME].",
    "list": "Write the list in project.yaml: lists: {NAME: [...]}.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gift:
    """What another flow is given, as written: *value* is a Text or what the author wrote; *exit* or *step* gives it."""

    flow: Scalar
    verb: str  # flow (hands over), run or call_later
    give: tuple[tuple[Scalar, Scalar, object], ...]
    step: StepTree | None = None


@dataclass(slots=True, kw_only=True)
class Formulas:
    """The working paper of one flow's compilation."""

    tree: FlowTree
    project: ProjectTree
    catalogue: Catalogue
    scope: Scope
    problems: list[Problem] = field(default_factory=list)
    names_read: set[str] = field(default_factory=set)
    gifts: list[Gift] = field(default_factory=list)

    def condition(self, node: Scalar, names: Names) -> Formula | None:
        """Return the formula of an ``if:``, None after a report."""
        source = _formula_of(node.text)
        offset = node.text.find(source)
        try:
            formula = compile_condition(source, names, secret_names=self.scope.secrets)
        except FormulaProblem as problem:
            self._formula_problem(problem, node, offset)
            return None
        if formula.is_constant:
            message = "this condition reads nothing, so it is always true or always false"
            self.report(_CONSTANT.at(self.tree.path, node.span, message))
        self.names_read |= formula.names
        return formula

    def text(self, node: Scalar, names: Names) -> Text | str:
        """Return a text with its ``{{ }}`` compiled; as written after a report, or where there is none."""
        try:
            text = compile_text(node.text, names, secret_names=self.scope.secrets)
        except FormulaProblem as problem:
            self._formula_problem(problem, node, 0)
            return node.text
        if isinstance(text, Text):
            self.names_read |= text.names
        return text

    def check_moment(self, value: object, given: Scalar, *, wanted: bool) -> None:
        """Report a *value* that is a time where none is *wanted*, as no voice can say one, or the other way round."""
        if not isinstance(value, Text) or value.kind is Kind.ANY or (value.kind is Kind.TIME) == wanted:
            return
        message = unsayable_time(_formula_of(given.text))
        if wanted:
            message = f"a time is needed here, such as {{{{ next_opening(office) }}}}, and this is {value.kind.phrase}"
        self.report(_MISMATCH.at(self.tree.path, given.span, message))

    def value(self, node: Scalar, names: Names) -> object:
        """Return a number, yes or no as it is, a text compiled."""
        return self.text(node, names) if isinstance(node.value, str) else node.value

    def keep_secret(self, value: object, given: Scalar, verb: str = "") -> None:
        """Report a secret in *value*, which *verb* would tell ("" where it would go into a plain variable)."""
        if isinstance(value, Text) and value.secrets:
            name = min(value.secrets)
            what = f"and '{verb}' would tell it" if verb else "so only a variable with secret: true may take it"
            message = f"'{name}' is secret, {what}"
            hint = "A secret may be compared in an if:, or put into a variable with secret: true."
            offset = max(given.text.find(name), 0)
            self.report(codes.SECRET_TOLD.at(self.tree.path, given.part(offset, len(name)), message, hint=hint))

    def report(self, problem: Problem) -> None:
        self.problems.append(problem)

    def _formula_problem(self, problem: FormulaProblem, node: Scalar, offset: int) -> None:
        if not self.project.is_sound and ("secret." in node.text or "list." in node.text):
            return  # the cause is in project.yaml, and told there
        code = codes.Code(problem.rule, problem.name, "")
        span = node.part(offset + problem.column, problem.length)
        word = node.text[offset + problem.column :][: problem.length]
        hint = next((text for start, text in _HINTS.items() if word.startswith(start)), "") if code == _UNKNOWN else ""
        self.report(code.at(self.tree.path, span, problem.message, hint=hint))


def _formula_of(text: str) -> str:
    """Return the formula of an ``if:``, whose ``{{ }}`` are allowed though not needed."""
    bare = text.strip()
    if bare.startswith("{{") and bare.endswith("}}") and bare.count("{{") == 1:
        return bare[2:-2].strip()
    return bare
