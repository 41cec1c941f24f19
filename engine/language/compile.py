"""Tree to ``core.flow``: formulas compiled, steps numbered, defaults filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from engine.core.catalogue import Catalogue
from engine.core.flow import ANYWHERE, Action, Exit, Flow, Prompt, Role, Rule, Settings, StartsWhen, State, Wait
from engine.core.problem import Problem
from engine.core.text import Text
from engine.language import scope
from engine.language.events import split_event
from engine.language.formulas import Formulas, Gift, Names
from engine.language.hours import compile_hours
from engine.language.project import ProjectTree
from engine.language.step_options import plain_exit, step_options
from engine.language.tree import BranchTree, ExitTree, FlowTree, RoleTree, Rules, RuleTree, StateTree, StepTree


@dataclass(slots=True, kw_only=True)
class Compiled:
    """
    A flow, what its formulas read and what it gives other flows.

    *flow* means something only where no problem of the file is an error.
    """

    tree: FlowTree
    flow: Flow
    problems: tuple[Problem, ...]
    names_read: frozenset[str]
    gifts: tuple[Gift, ...]


def compile_flow(tree: FlowTree, project: ProjectTree, catalogue: Catalogue) -> Compiled:
    """Return the flow that *tree* describes, with the problems of its formulas."""
    roles_of = tuple(role.name for role in tree.roles)
    hours = (*tree.hours, *tree.doubtful_hours)
    names = scope.flow_scope(tree.variables, tree.doubtful, roles_of, project.project, hours)
    work = Formulas(tree=tree, project=project, catalogue=catalogue, scope=names)
    roles = {role.name: _role(work, role) for role in tree.roles}
    flow = Flow(
        name=tree.name.text,
        about=tree.about,
        roles=MappingProxyType(roles),
        settings=_settings(work),
        variables=MappingProxyType(dict(tree.variables)),
        needs=tree.needs,
        answers=tree.answers,
        hours=MappingProxyType({name: compile_hours(entry) for name, entry in tree.hours.items()}),
        prompts=MappingProxyType({name: MappingProxyType(_prompt(work, name)) for name in tree.prompts}),
        shared=_shared(work),
        path=tree.path,
    )
    return Compiled(
        tree=tree,
        flow=flow,
        problems=tuple(work.problems),
        names_read=frozenset(work.names_read),
        gifts=tuple(work.gifts),
    )


def _settings(work: Formulas) -> Settings:
    settings = work.tree.settings
    return replace(settings, call_from=work.project.project.numbers.get(settings.call_from, settings.call_from))


def _prompt(work: Formulas, name: str) -> dict[str, Prompt]:
    """Return what an entry of prompts says in each language, its texts compiled."""
    says = dict(work.tree.prompts[name])
    for language, prompt in says.items():
        if prompt.text:
            part = work.tree.prompt_parts[name, language]
            text = work.text(part, work.scope.names)
            work.keep_secret(text, part, "prompt")
            work.check_moment(text, part, wanted=False)
            says[language] = Prompt(text=text)
    return says


def _shared(work: Formulas) -> tuple[str, ...]:
    """Return the variables that some leg reads of another (``agent.account``)."""
    roles = work.tree.role_names
    dotted = (name.split(".") for name in work.names_read if name.count(".") == 1)
    return tuple(sorted({name for role, name in dotted if role in roles and name in work.tree.variables}))


def _role(work: Formulas, role: RoleTree) -> Role:
    verbs = frozenset(step.name for step in role.steps())
    states = {state.name: _State(work, role, state, verbs).build() for state in role.states}
    anywhere = _State(work, role, role.anywhere, verbs).build()
    numbers = work.project.project.numbers
    starts = StartsWhen(
        numbers=tuple(numbers.get(number.text, number.text) for number in role.starts.numbers),
        any_number=role.starts.any_number is not None,
        connection=role.starts.connection.text if role.starts.connection else "",
        by_flows=role.starts.by_flows is not None,
        outgoing=role.starts.outgoing is not None,
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

    def __init__(self, work: Formulas, role: RoleTree, tree: StateTree, verbs: frozenset[str]) -> None:
        self.work = work
        self.role = role
        self.tree = tree
        self.actions: list[Action] = []
        self.base = work.scope.at(scope.state_names(verbs, has_gather=tree.gather is not None))

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
        if event.kind in ("engine", "says"):
            return {**self.base, **scope.own_event_names(event)}
        return {**self.base, **scope.event_names(event.name, self.work.catalogue)}

    def _rules(self, rules: Rules, names: Names) -> tuple[Rule, ...]:
        return tuple(self._rule(rule, names) for rule in rules)

    def _rule(self, rule: RuleTree, names: Names) -> Rule:
        condition = None if rule.condition is None else self.work.condition(rule.condition, names)
        then = None if rule.then is None else self._exit(rule.then, names)
        do = self._block(rule.steps, then, names)
        return Rule(condition=condition, do=do, then=then, line=rule.span.line, column=rule.span.column)

    def _block(self, steps: Sequence[StepTree], then: Exit | None, names: Names) -> int:
        """Number *steps*, chain them, and return the number of the first (0 without any)."""
        if not steps:
            return 0
        first = len(self.actions) + 1
        options = [step_options(self.work, step, names) for step in steps]
        fields = set() if then is None else {name for name in _names_in(then.give) if name.startswith("event.")}
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

    def _exit(self, tree: ExitTree, names: Names) -> Exit:
        if tree.kind != "flow":
            return plain_exit(tree)
        give = {key.text: self.work.value(value, names) for key, value in tree.give}
        gift = tuple((key, value, give[key.text]) for key, value in tree.give)
        self.work.gifts.append(Gift(flow=tree.word, verb="flow", give=gift))
        line, column = tree.word.span[:2]
        return Exit("flow", flow=tree.word.text, give=MappingProxyType(give), line=line, column=column)


def _names_in(values: Any) -> set[str]:
    """Return every name that the texts in *values* read."""
    if isinstance(values, Text):
        return set(values.names)
    if isinstance(values, Mapping):
        return set().union(*(_names_in(value) for value in values.values()))
    if isinstance(values, list | tuple):
        return set().union(*(_names_in(value) for value in values))
    return set()
