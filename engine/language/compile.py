"""Tree to ``core.flow``: formulas compiled, steps numbered, defaults filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from engine.core.catalogue import Catalogue
from engine.core.expression import Formula, FormulaProblem, Kind, compile_condition
from engine.core.flow import ANYWHERE, Action, Exit, Flow, Role, Rule, StartsWhen, State, Wait
from engine.core.nearest import did_you_mean
from engine.core.problem import Problem
from engine.core.text import Text, compile_text
from engine.language import codes, scope, words
from engine.language.events import split_event
from engine.language.nodes import Scalar
from engine.language.options import full_options
from engine.language.parse import fits_type, saying_of
from engine.language.project import ProjectTree
from engine.language.tree import BranchTree, ExitTree, FlowTree, RoleTree, Rules, RuleTree, StateTree, StepTree

Names = Mapping[str, Kind]

_UNKNOWN = codes.Code("X002", "unknown-name", "")
_CONSTANT = codes.Code("X006", "always-true-or-false", "", "warning")
# What to know about names that exist in some places only.
_HINTS = {
    "digits": "digits exist only in a state with gather; to keep them, write into: VARIABLE in the gather.",
    "event.error": "event.error exists only under on_error.",
    "event": "event exists only under on, and tells of the event there.",
    "queue": "queue.position and its like exist after - check_queue: QUEUE.",
    "secret": "Name the secret in project.yaml: secrets: [NAME].",
    "list": "Write the list in project.yaml: lists: {NAME: [...]}.",
}


@dataclass(slots=True, kw_only=True)
class Compiled:
    """A flow and what its formulas read; *flow* means something only where no problem of the file is an error."""

    tree: FlowTree
    flow: Flow
    problems: tuple[Problem, ...]
    names_read: frozenset[str]


@dataclass(slots=True, kw_only=True)
class _Work:
    tree: FlowTree
    project: ProjectTree
    catalogue: Catalogue
    scope: scope.Scope
    problems: list[Problem] = field(default_factory=list)
    names_read: set[str] = field(default_factory=set)


def compile_flow(tree: FlowTree, project: ProjectTree, catalogue: Catalogue) -> Compiled:
    """Return the flow that *tree* describes, with the problems of its formulas."""
    names = scope.flow_scope(tree.variables, tree.doubtful, tuple(role.name for role in tree.roles), project.project)
    work = _Work(tree=tree, project=project, catalogue=catalogue, scope=names)
    roles = {role.name: _role(work, role) for role in tree.roles}
    flow = Flow(
        name=tree.name.text,
        about=tree.about,
        roles=MappingProxyType(roles),
        settings=tree.settings,
        variables=MappingProxyType(dict(tree.variables)),
        prompts=MappingProxyType({name: MappingProxyType(dict(says)) for name, says in tree.prompts.items()}),
        path=tree.path,
    )
    return Compiled(tree=tree, flow=flow, problems=tuple(work.problems), names_read=frozenset(work.names_read))


def _role(work: _Work, role: RoleTree) -> Role:
    checks_queue = any(step.name == "check_queue" for block in role.blocks() for step in block.all_steps())
    states = {state.name: _State(work, role, state, checks_queue).build() for state in role.states}
    anywhere = _State(work, role, role.anywhere, checks_queue).build()
    numbers = work.project.project.numbers
    starts = StartsWhen(
        numbers=tuple(numbers.get(number.text, number.text) for number in role.starts.numbers),
        any_number=role.starts.any_number is not None,
        connection=role.starts.connection.text if role.starts.connection else "",
        line=role.starts.line,
    )
    return Role(
        name=role.name,
        start=role.start.text if role.start else "",
        states=MappingProxyType(states),
        anywhere=anywhere,
        starts_when=starts,
        about=role.about,
    )


class _State:
    """Compiles one state; its steps are numbered in the order of the file, those of ``do`` first."""

    def __init__(self, work: _Work, role: RoleTree, tree: StateTree, checks_queue: bool) -> None:
        self.work = work
        self.role = role
        self.tree = tree
        self.actions: list[Action] = []
        self.base = work.scope.at(scope.state_names(has_gather=tree.gather is not None, checks_queue=checks_queue))

    def build(self) -> State:
        tree = self.tree
        main = self._block(tree.steps, None, self.base)
        parts: dict[str, Any] = {}
        for section in tree.sections:
            parts |= self._section(section)
        return State(
            name=ANYWHERE if tree is self.role.anywhere else tree.name,
            actions=tuple(self.actions),
            main=main,
            line=tree.key.span.line,
            **parts,
        )

    def _section(self, section: str) -> dict[str, Any]:
        tree = self.tree
        match section:
            case "then":
                return {"then": self._rules(tree.then, self.base)}
            case "on_error":
                return {"on_error": self._rules(tree.on_error, {**self.base, **scope.error_names()})}
            case "keys":
                return {"keys": {branch.name: self._rules(branch.rules, self.base) for branch in tree.keys}}
            case "on":
                return {"on": {branch.name: self._rules(branch.rules, self._names_of(branch)) for branch in tree.on}}
            case "after" | "every":
                return {
                    section: tuple(
                        Wait(
                            delay_s=branch.delay_s,
                            rules=self._rules(branch.rules, self.base),
                            line=branch.key.span.line,
                        )
                        for branch in getattr(tree, section)
                    )
                }
        return {}

    def _names_of(self, branch: BranchTree) -> Names:
        event = split_event(branch.name, self.work.tree, self.role, self.work.catalogue)
        if event.kind in ("engine", "later"):
            return self.base
        return {**self.base, **scope.event_names(event.name, self.work.catalogue)}

    def _rules(self, rules: Rules, names: Names) -> tuple[Rule, ...]:
        return tuple(self._rule(rule, names) for rule in rules)

    def _rule(self, rule: RuleTree, names: Names) -> Rule:
        condition = None if rule.condition is None else self._condition(rule.condition, names)
        then = None if rule.then is None else _exit(rule.then)
        return Rule(condition=condition, do=self._block(rule.steps, then, names), then=then, line=rule.span.line)

    def _block(self, steps: Sequence[StepTree], then: Exit | None, names: Names) -> int:
        """Number *steps*, chain them, and return the number of the first (0 without any)."""
        if not steps:
            return 0
        first = len(self.actions) + 1
        options = [self._options(step, names) for step in steps]
        fields: set[str] = set()
        read: list[tuple[str, ...]] = []
        for values in reversed(options):
            fields |= {name for name in _names_in(values) if name.startswith("event.")}
            read.insert(0, tuple(sorted(fields)))
        for index, step in enumerate(steps):
            is_last = index == len(steps) - 1
            self.actions.append(
                Action(
                    number=first + index,
                    verb=step.name,
                    options=MappingProxyType(options[index]),
                    next=0 if is_last else first + index + 1,
                    exit=then if is_last else None,
                    fields=read[index],
                    line=step.key.span.line,
                )
            )
        return first

    def _options(self, step: StepTree, names: Names) -> dict[str, Any]:
        values = full_options(step)
        for name, given in step.given.items():
            option = step.verb.option(name)
            if option is not None and option.type in ("text", "phone") and name in values:
                values[name] = self._text(given, names)
                self._keep_secret(values[name], given, step)
        if step.name == "set":
            values["values"] = {key.text: self._new_value(key, given, names) for key, given in step.rest}
        elif step.verb.takes_rest:
            values["body"] = {key.text: self._body(given, step, names) for key, given in step.rest}
        return values

    def _body(self, given: Scalar, step: StepTree, names: Names) -> Any:
        value = given.value if not isinstance(given.value, str) else self._text(given, names)
        self._keep_secret(value, given, step)
        return value

    def _new_value(self, key: Scalar, given: Scalar, names: Names) -> Any:
        """Return what ``set`` puts into the variable *key*, held against the variable's type."""
        value = given.value if not isinstance(given.value, str) else self._text(given, names)
        if key.text == words.PSEUDO_VARIABLE:
            self._check_language(value, given)
            kind, is_secret = "text", False
        elif key.text in self.work.tree.variables:
            variable = self.work.tree.variables[key.text]
            kind, is_secret = variable.type, variable.is_secret
        else:
            return value
        if not is_secret:
            self._keep_secret(value, given, None)
        if isinstance(value, Text):
            fits = Kind(kind).fits(value.kind)
        else:
            value = given.text if kind in ("digits", "text") else value
            fits = fits_type(value, kind)
        if not fits:
            message = f"'{key.text}' must be {saying_of(kind)}, because that is the variable's type"
            self._report(codes.WRONG_VALUE.at(self.work.tree.path, given.span, message))
        return value

    def _check_language(self, value: Any, given: Scalar) -> None:
        spoken = {language for _, language in self.work.tree.prompt_parts}
        if not isinstance(value, Text) and spoken and given.text not in spoken and self.work.tree.is_sound:
            message = f"no prompt speaks '{given.text}'{did_you_mean(given.text, spoken)}"
            self._report(codes.WRONG_VALUE.at(self.work.tree.path, given.span, message))

    def _keep_secret(self, value: Any, given: Scalar, step: StepTree | None) -> None:
        if isinstance(value, Text) and value.secrets:
            name = min(value.secrets)
            what = f"and '{step.name}' would tell it" if step else "so only a variable with secret: true may take it"
            message = f"'{name}' is secret, {what}"
            hint = "A secret may be compared in an if:, or put into a variable with secret: true."
            offset = max(given.text.find(name), 0)
            self._report(codes.SECRET_TOLD.at(self.work.tree.path, given.part(offset, len(name)), message, hint=hint))

    def _condition(self, node: Scalar, names: Names) -> Formula | None:
        source = _formula_of(node.text)
        offset = node.text.find(source)
        try:
            formula = compile_condition(source, names, secret_names=self.work.scope.secrets)
        except FormulaProblem as problem:
            self._formula_problem(problem, node, offset)
            return None
        if formula.is_constant:
            message = "this condition reads nothing, so it is always true or always false"
            self._report(_CONSTANT.at(self.work.tree.path, node.span, message))
        self.work.names_read |= formula.names
        return formula

    def _text(self, node: Scalar, names: Names) -> Text | str:
        try:
            text = compile_text(node.text, names, secret_names=self.work.scope.secrets)
        except FormulaProblem as problem:
            self._formula_problem(problem, node, 0)
            return node.text
        if isinstance(text, Text):
            self.work.names_read |= text.names
        return text

    def _formula_problem(self, problem: FormulaProblem, node: Scalar, offset: int) -> None:
        if not self.work.project.is_sound and ("secret." in node.text or "list." in node.text):
            return  # the cause is in project.yaml, and told there
        code = codes.Code(problem.rule, problem.name, "")
        span = node.part(offset + problem.column, problem.length)
        word = node.text[offset + problem.column :][: problem.length]
        hint = next((text for start, text in _HINTS.items() if word.startswith(start)), "") if code == _UNKNOWN else ""
        self._report(code.at(self.work.tree.path, span, problem.message, hint=hint))

    def _report(self, problem: Problem) -> None:
        self.work.problems.append(problem)


def _names_in(values: Any) -> set[str]:
    """Return every name that the texts in *values* read."""
    if isinstance(values, Text):
        return set(values.names)
    if isinstance(values, Mapping):
        return set().union(*(_names_in(value) for value in values.values()))
    return set()


def _formula_of(text: str) -> str:
    """Return the formula of an ``if:``, whose ``{{ }}`` are allowed though not needed."""
    bare = text.strip()
    if bare.startswith("{{") and bare.endswith("}}") and bare.count("{{") == 1:
        return bare[2:-2].strip()
    return bare


def _exit(tree: ExitTree) -> Exit:
    return Exit(tree.kind, tree.word.text if tree.kind == "state" else "")
