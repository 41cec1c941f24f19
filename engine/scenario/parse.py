"""YAML text to a ScenarioFile, or to the problems in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from engine.core.catalogue import Catalogue
from engine.core.flow import Flow, Project
from engine.core.problem import Problem
from engine.language import codes
from engine.language.nodes import List, Map, Node, Scalar
from engine.language.reader import read
from engine.scenario.codes import BAD_STEP, NOT_ON_THE_LINE
from engine.scenario.never import read_never
from engine.scenario.reading import Script
from engine.scenario.script import Calls, Does, Hears, IsIn, Remembers, Repeat, Scenario, ScenarioFile, Waits
from engine.scenario.steps import read_steps

START = datetime(2026, 1, 5, 10, 0, tzinfo=UTC).timestamp()  # a Monday, where the author names no time
_SECTIONS = ("test", "about", "given", "scenarios", "never")
_TIMES = ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M%z", "%Y-%m-%d %H:%M:%S%z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """*file* is None when there is any error; *problems* are sorted by place, warnings included."""

    file: ScenarioFile | None
    problems: tuple[Problem, ...]


def parse(
    text: bytes | str, path: str, *, flows: Mapping[str, Flow | None], project: Project, catalogue: Catalogue
) -> Parsed:
    """
    Return the scenarios in *text*. *path* is quoted in problems.

    *flows* maps the file names that ``test:`` may give to the flows in them; None for a flow with problems of its
    own, whose names are then taken on trust.
    """
    document = read(text, path)
    problems = list(document.problems)
    source = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    script = Script(path=path, lines=source.splitlines(), catalogue=catalogue, flow=None, project=project)
    file = None
    if isinstance(document.root, Map):
        file = _file(script, document.root, flows)
    elif document.root is not None:
        script.report(codes.WRONG_TYPE, document.root, "a scenario file begins with 'test:' and the flow's file name")
    problems += script.problems
    has_errors = any(problem.severity == "error" for problem in problems)
    return Parsed(file=None if has_errors else file, problems=tuple(sorted(set(problems))))


def _file(script: Script, root: Map, flows: Mapping[str, Flow | None]) -> ScenarioFile | None:
    script.options(root, _SECTIONS, "a scenario file")
    name = script.text(root.get("test"), "'test'")
    if name is None:
        if root.get("test") is None:
            script.report(codes.MISSING, root.entries[0].key, "'test' is missing: the file name of the flow to test")
        return None
    if name.text not in flows:
        script.unknown("flow file", name, flows)
        return None
    script.flow = flows[name.text]
    start, secrets = _given(script, root.get("given"))
    nodes = root.get("scenarios")
    if not isinstance(nodes, List) or not nodes.items:
        place: Node = root.entries[0].key if nodes is None else nodes
        script.report(codes.MISSING, place, "'scenarios' is missing: a list, each with a name and steps")
        return None
    found = [_scenario(script, node) for node in nodes]
    return ScenarioFile(
        path=script.path,
        flow=name.text,
        start=start,
        secrets=secrets,
        scenarios=tuple(scenario for scenario in found if scenario is not None),
        never=read_never(script, root.get("never")),
    )


# -- given -----------------------------------------------------------------------------------------------------


def _given(script: Script, node: Node | None) -> tuple[float, dict[str, str]]:
    if node is None:
        return START, {}
    if not isinstance(node, Map):
        script.report(codes.WRONG_TYPE, node, "'given' must have time: and secrets:")
        return START, {}
    script.options(node, ("time", "secrets"), "'given'")
    return _start(script, node.get("time")), _secrets(script, node.get("secrets"))


def _start(script: Script, node: Node | None) -> float:
    if node is None:
        return START
    words = node.text.removesuffix(" UTC").removesuffix("Z").strip() if isinstance(node, Scalar) else ""
    for form in _TIMES:
        try:
            found = datetime.strptime(words.replace(" +", "+"), form)  # noqa: DTZ007 (made aware below)
        except ValueError:
            continue
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    message = "'time' must be a date and a time, for example 2026-11-20 10:00; it is UTC unless +01:00 follows"
    script.report(codes.WRONG_TYPE, node, message)
    return START


def _secrets(script: Script, node: Node | None) -> dict[str, str]:
    if node is None:
        return {}
    if not isinstance(node, Map):
        script.report(codes.WRONG_TYPE, node, "'secrets' must be a list of names, each with a value")
        return {}
    values = {}
    for entry in node:
        if script.flow is not None and entry.key.text not in script.project.secrets:
            script.unknown("secret", entry.key, script.project.secrets)
        value = script.text(entry.value, f"the secret '{entry.key.text}'")
        values[entry.key.text] = value.text if value else ""
    return values


# -- scenarios -------------------------------------------------------------------------------------------------


def _scenario(script: Script, node: Node) -> Scenario | None:
    if not isinstance(node, Map):
        script.report(codes.WRONG_TYPE, node, "a scenario has a name and steps")
        return None
    script.options(node, ("name", "about", "steps"), "a scenario")
    name, steps = script.text(node.get("name"), "'name'"), node.get("steps")
    if name is None:
        if node.get("name") is None:
            script.report(codes.MISSING, node.entries[0].key, "'name' is missing: what this scenario shows")
        return None
    if not isinstance(steps, List) or not steps.items:
        script.report(codes.MISSING, steps or name, "'steps' is missing: a list, each step with a dash")
        return None
    scenario = Scenario(name=name.text, line=node.span.line, steps=read_steps(script, steps))
    _check_cast(script, scenario, {item.span.line: item for item in _items(steps)})
    return scenario


def _items(steps: List) -> list[Node]:
    """Return the nodes of all steps, those inside ``repeat`` too."""
    found: list[Node] = []
    for item in steps:
        inner = item.get("steps") if isinstance(item, Map) else None
        found += [item, *(_items(inner) if isinstance(inner, List) else ())]
    return found


def _check_cast(script: Script, scenario: Scenario, nodes: Mapping[int, Node]) -> None:
    """Report the first step about somebody who has not called yet."""
    on_the_line: set[str] = set()
    for step in scenario.all_steps():
        what = step.what
        if isinstance(what, Calls):
            on_the_line.add(what.leg)
        leg = "" if isinstance(what, Repeat) else getattr(what, "leg", "")
        if not leg or leg in on_the_line or script.role(leg) is None or isinstance(what, Calls):
            continue
        is_bare = isinstance(what, Hears | Does | IsIn | Remembers) and not step.text.startswith((leg, "{"))
        hint = f"Say whom it is about: 'agent: {{{step.text}}}'." if is_bare else ""
        code = NOT_ON_THE_LINE if not isinstance(what, Waits) else BAD_STEP
        message = f"the {leg} has not called yet; a step '{leg}: calls' must come first"
        script.report(code, nodes[step.line], message, hint=hint)
        return
