"""One scenario file from its text to its report."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping

from engine.check.run import load
from engine.core.flow import Flow, Project
from engine.core.program import Library
from engine.language.loader import Loaded
from engine.language.project import PATH as PROJECT
from engine.scenario.coverage import coverage_of
from engine.scenario.parse import parse
from engine.scenario.report import Report, Result
from engine.scenario.run import INSTALL, Outcome, run_scenario
from engine.scenario.script import ScenarioFile
from engine.tables import catalogue

Load = Callable[[Mapping[str, bytes]], Loaded]


def run_file(path: str, text: bytes | str, files: Mapping[str, bytes], *, load: Load = load) -> Report:
    """
    Return what came of every scenario of one ``*.test.yaml``.

    *path* is quoted in the report. *files* are the flows folder, as ``load`` takes it: names to contents; ``test:``
    gives one of these names. No I/O; the same arguments give the same report.
    """
    loaded = load(files)
    version = loaded.version
    names = [name for name in files if posixpath.basename(name) != PROJECT]
    by_path = {flow.path: flow for flow in version.flows.values()} if version is not None else {}
    flows: dict[str, Flow | None] = {_short(name, path): by_path.get(name) for name in names}
    parsed = parse(
        text, path, flows=flows, project=version.project if version is not None else Project(), catalogue=catalogue()
    )
    problems = tuple(sorted({*parsed.problems, *loaded.problems}))
    flow = flows[parsed.file.flow] if parsed.file is not None else None
    if parsed.file is None or version is None or flow is None:
        return Report(problems=problems)
    secrets = {name: f"the secret {name}" for name in version.project.secrets} | dict(parsed.file.secrets)
    library = Library(install=INSTALL, catalogue=catalogue(), current=version, secrets=secrets)
    outcomes = [run_scenario(scenario, parsed.file, library, flow) for scenario in parsed.file.scenarios]
    used = [line for outcome in outcomes for line in outcome.timeline.used if _is_of(outcome, line.run, flow)]
    return Report(
        results=tuple(_result(parsed.file, outcome) for outcome in outcomes),
        problems=problems,
        coverage=coverage_of(flow, used),
    )


def _short(name: str, path: str) -> str:
    """Return the flow's name as a scenario file at *path* may write it: without the folder that both are in."""
    folder = posixpath.dirname(path)
    return posixpath.relpath(name, folder) if folder and name.startswith(f"{folder}/") else name


def _is_of(outcome: Outcome, run: str, flow: Flow) -> bool:
    session = outcome.stage.leg(run)
    return session is not None and session.flow == flow.name


def _result(file: ScenarioFile, outcome: Outcome) -> Result:
    scenario = outcome.scenario
    return Result(
        path=file.path,
        line=scenario.line,
        name=scenario.name,
        status="failed" if outcome.problem else "passed",
        problem=outcome.problem,
    )
