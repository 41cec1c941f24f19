"""YAML text to a ScenarioFile, or to the problems in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from engine.core.catalogue import Catalogue
from engine.core.flow import Flow, Project
from engine.core.nearest import did_you_mean
from engine.core.problem import Problem
from engine.language import codes
from engine.language.nodes import List, Map, Node, Scalar
from engine.language.reader import read
from engine.scenario.codes import NOT_ON_THE_LINE, UNKNOWN_NAME
from engine.scenario.never import read_never
from engine.scenario.outside import Reply, read_replies
from engine.scenario.reading import Script, later_flows
from engine.scenario.script import Calls, Does, Hears, IsCalled, IsIn, Reacts, Remembers, Repeat, Scenario, ScenarioFile
from engine.scenario.steps import read_steps

START = "2026-01-05 10:00"  # a Monday, where the author names no time
_SECTIONS = ("test", "about", "given", "scenarios", "never")
_MOST_FLOWS = 12  # that are named
_TIMES = ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M%z", "%Y-%m-%d %H:%M:%S%z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """*file* is None when there is any error; *problems* are sorted by place, warnings included."""

    file: ScenarioFile | None
    problems: tuple[Problem, ...]


def parse(text: bytes | str, path: str, *, flows: Mapping[str, Flow], project: Project, catalogue: Catalogue) -> Parsed:
    """
    Return the scenarios in *text*. *path* is quoted in problems.

    *flows* maps the file names that ``test:`` may give to the flows in them.
    """
    document = read(text, path)
    problems = list(document.problems)
    if document.root is None:
        return Parsed(file=None, problems=tuple(problems))
    flow = _flow_under_test(document.root, path, flows)
    if isinstance(flow, Problem):
        return Parsed(file=None, problems=(*problems, flow))
    assert isinstance(document.root, Map)
    source = text.decode() if isinstance(text, bytes) else text
    later = later_flows(flow, flows.values())
    script = Script(path=path, lines=source.splitlines(), catalogue=catalogue, flow=flow, project=project, later=later)
    file = _file(script, document.root)
    problems += script.problems
    has_errors = any(problem.severity == "error" for problem in problems)
    return Parsed(file=None if has_errors else file, problems=tuple(sorted(set(problems))))


def _flow_under_test(root: Node, path: str, flows: Mapping[str, Flow]) -> Flow | Problem:
    """Return the flow that ``test:`` names, or why there is none."""
    name = root.get("test") if isinstance(root, Map) else None
    if not isinstance(root, Map) or not isinstance(name, Scalar):
        message = "a scenario file needs the line 'test: NAME.flow.yaml', the file of the flow under test"
        place = root.entries[0].key if isinstance(root, Map) and root.entries else root
        return codes.MISSING.at(path, place.span, message)
    if name.text in flows:
        return flows[name.text]
    guess = did_you_mean(name.text, flows)
    hint = "" if guess else f"In this folder are: {', '.join(sorted(flows)[:_MOST_FLOWS])}."
    return UNKNOWN_NAME.at(path, name.span, f"there is no flow file '{name.text}'{guess}", hint=hint)


def _file(script: Script, root: Map) -> ScenarioFile | None:
    is_clear = script.options(root, _SECTIONS, "a scenario file")
    start, secrets, replies = _given(script, root.get("given"))
    nodes = root.get("scenarios")
    if not isinstance(nodes, List) or not nodes.items:
        if isinstance(nodes, Map):
            script.report(codes.MISSING_DASH, nodes, "a dash is missing: each scenario begins with one, - name: ...")
        elif is_clear:
            place: Node = root.entries[0].key if nodes is None else nodes
            script.report(codes.MISSING, place, "'scenarios' must be a list, each with a name and steps")
        return None
    found = [_scenario(script, node) for node in nodes]
    return ScenarioFile(
        path=script.path,
        start=start,
        flow=script.flow,
        secrets=secrets,
        replies=replies,
        scenarios=tuple(scenario for scenario in found if scenario is not None),
        never=read_never(script, root.get("never")),
    )


# -- given -----------------------------------------------------------------------------------------------------


def _given(script: Script, node: Node | None) -> tuple[float, dict[str, str], tuple[Reply, ...]]:
    if node is None:
        return _start(script, None), {}, ()
    if not isinstance(node, Map):
        script.report(codes.WRONG_TYPE, node, "'given' must have time:, secrets: and http:")
        return 0.0, {}, ()
    script.options(node, ("time", "secrets", "http"), "'given'")
    replies = read_replies(script, node.get("http"), "'http'")
    return _start(script, node.get("time")), _secrets(script, node.get("secrets")), replies


def _start(script: Script, node: Node | None) -> float:
    """Return when the scenarios begin; a time without zone is that of the flow's first hours, else UTC."""
    text = START if node is None else node.text if isinstance(node, Scalar) else ""
    words = re.sub(r" ?(UTC|Z)$", "+00:00", text).replace(" +", "+").replace(" -", "-")
    zone = next((hours.zone for hours in script.flow.hours.values()), UTC)
    for form in _TIMES:
        try:
            found = datetime.strptime(words, form)  # noqa: DTZ007 (made aware below)
        except ValueError:
            continue
        return (found if found.tzinfo else found.replace(tzinfo=zone)).timestamp()
    assert node is not None, "START is a time"
    message = "'time' must be a date and a time, for example 2026-11-20 10:00, or 2026-11-20 10:00 +01:00"
    script.report(codes.WRONG_TYPE, node, message)
    return 0.0


def _secrets(script: Script, node: Node | None) -> dict[str, str]:
    if node is None:
        return {}
    if not isinstance(node, Map):
        script.report(codes.WRONG_TYPE, node, "'secrets' must be a list of names, each with a value")
        return {}
    values = {}
    for entry in node:
        if entry.key.text not in script.project.secrets:
            script.unknown("secret", entry.key, script.project.secrets)
        value = script.text(entry.value, f"the secret '{entry.key.text}'")
        values[entry.key.text] = value.text if value else ""
    return values


# -- scenarios -------------------------------------------------------------------------------------------------


def _scenario(script: Script, node: Node) -> Scenario | None:
    if not isinstance(node, Map):
        script.report(codes.WRONG_TYPE, node, "a scenario has a name and steps")
        return None
    if not script.options(node, ("name", "about", "steps"), "a scenario"):
        return None
    name, steps = script.text(node.get("name"), "'name'"), node.get("steps")
    if name is None:
        if node.get("name") is None:
            script.report(codes.MISSING, node.entries[0].key, "'name' is missing: what this scenario shows")
        return None
    if isinstance(steps, Map):
        script.report(codes.MISSING_DASH, steps, "a dash is missing: each step of 'steps' begins with one")
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
        leg = "" if isinstance(step.what, Repeat) else getattr(step.what, "leg", "")
        if isinstance(step.what, Calls | IsCalled | Reacts):
            on_the_line.add(leg)
        if not leg or leg in on_the_line or script.role(leg) is None:
            continue
        is_bare = isinstance(step.what, Hears | Does | IsIn | Remembers) and not step.text.startswith(leg)
        other = min(on_the_line, default="")
        hint = (
            f"A check about {script.called(other)} is written '{other}: {{hears: ...}}'." if is_bare and other else ""
        )
        deed, word = ("been rung", "answers") if script.is_rung(leg) else ("called", "calls")
        message = f"{script.called(leg)} has not {deed} yet; a step '{leg}: {word}' must come first"
        script.report(NOT_ON_THE_LINE, nodes[step.line], message, hint=hint)
        return
