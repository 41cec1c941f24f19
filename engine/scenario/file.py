"""One scenario file from its text to its report."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping

from engine.check.run import load
from engine.core.problem import Problem
from engine.core.program import Library
from engine.language.loader import Loaded
from engine.language.nodes import Span
from engine.scenario.codes import NO_ANSWER
from engine.scenario.coverage import coverage_of
from engine.scenario.parse import parse
from engine.scenario.report import Report, Result
from engine.scenario.run import INSTALL, Outcome, run_scenario
from engine.scenario.script import ScenarioFile
from engine.simulator.options import Options
from engine.tables import catalogue

_MOST_ADDRESSES = 20
Load = Callable[[Mapping[str, bytes]], Loaded]


def run_file(
    path: str,
    text: bytes | str,
    files: Mapping[str, bytes],
    *,
    load: Load = load,
    options: Options = Options(),  # noqa: B008 (frozen)
) -> Report:
    """
    Return what came of every scenario of one ``*.test.yaml``.

    *path* is quoted in the report. *files* are the flows folder, as ``load`` takes it: names to contents; ``test:``
    gives one of these names. Where the folder has errors, they are the report. *options* are the simulated Telnyx's.
    No I/O; the same arguments give the same report.
    """
    loaded = load(files)
    version = loaded.version
    if version is None:
        return Report(problems=tuple(problem for problem in loaded.problems if problem.severity == "error"))
    flows = {_short(flow.path, path): flow for flow in version.flows.values()}
    parsed = parse(text, path, flows=flows, project=version.project, catalogue=catalogue())
    file = parsed.file
    if file is None:
        return Report(problems=parsed.problems)
    secrets = {name: f"the secret {name}" for name in version.project.secrets} | dict(file.secrets)
    library = Library(install=INSTALL, catalogue=catalogue(), current=version, secrets=secrets)
    outcomes = [run_scenario(scenario, file, library, options=options) for scenario in file.scenarios]
    used = [line for outcome in outcomes for line in outcome.timeline.used]
    return Report(
        results=tuple(_result(file, outcome) for outcome in outcomes),
        problems=(*parsed.problems, *_unanswered(file, outcomes)),
        coverage=coverage_of(file.flow, used),
    )


def _unanswered(file: ScenarioFile, outcomes: Iterable[Outcome]) -> Iterator[Problem]:
    """Yield one warning for each address that was asked and has no answer in the file."""
    asked = {address for outcome in outcomes for address in outcome.stage.outbox.outside.unanswered}
    for address in sorted(asked)[:_MOST_ADDRESSES]:
        message = f"this test gives no answer for {address}, so that the lookup fails"
        hint = 'Write given: {http: {"ADDRESS": {status: 200, body: {...}}}}.'
        yield NO_ANSWER.at(file.path, Span(1, 1, 1, 2), message, hint=hint)


def _short(name: str, path: str) -> str:
    """Return the flow's name as a scenario file at *path* may write it: without the folder that both are in."""
    folder = posixpath.dirname(path)
    return posixpath.relpath(name, folder) if folder and name.startswith(f"{folder}/") else name


def _result(file: ScenarioFile, outcome: Outcome) -> Result:
    scenario = outcome.scenario
    return Result(
        path=file.path,
        line=scenario.line,
        name=scenario.name,
        status="failed" if outcome.problem else "passed",
        problem=outcome.problem,
    )
