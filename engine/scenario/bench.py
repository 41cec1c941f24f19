"""Folders of flows and the test files beside them, made ready: each scenario of them can be run, in any process."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from engine.check.run import load
from engine.core.flow import Flow, Version
from engine.core.problem import Problem
from engine.core.program import Library
from engine.language.loader import Loaded
from engine.language.nodes import Span
from engine.scenario.codes import NO_ANSWER
from engine.scenario.coverage import Coverage, coverage_of, uses
from engine.scenario.faults import faults_of
from engine.scenario.parse import Parsed, parse
from engine.scenario.report import Report, Result
from engine.scenario.run import INSTALL, Outcome, run_scenario
from engine.scenario.script import Scenario, ScenarioFile
from engine.simulator.options import Options
from engine.tables import catalogue

_MOST_ADDRESSES = 20
_MOST_TRIALS = 3
Load = Callable[[Mapping[str, bytes]], Loaded]


@dataclass(frozen=True, slots=True)
class Work:
    """
    One scenario to run: the path of its file, and its place in it, from 0. A plain value, as its Result is.

    *with_faults*: where it passes, it is run again in every way in which Telnyx can misbehave.
    """

    path: str
    index: int
    with_faults: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """*tests* maps paths to texts; *folders* maps the folders they are in ("" for here) to their flows' files."""

    tests: Mapping[str, bytes | str]
    folders: Mapping[str, Mapping[str, bytes]]


class Bench:
    """
    A material, checked and compiled. *options* are the simulated Telnyx's.

    No I/O; the same material and work give the same result.
    """

    def __init__(self, material: Material, *, load: Load = load, options: Options | None = None) -> None:
        self._options = options or Options()
        self._problems: list[Problem] = []
        self._versions: dict[str, Version] = {}
        self._files: dict[str, ScenarioFile] = {}
        self._libraries: dict[str, Library] = {}
        for folder, files in material.folders.items():
            self._open(folder, load(files))
        for path, text in material.tests.items():
            version = self._versions.get(posixpath.dirname(path))
            if version is not None:
                self._read(path, text, version)

    def _open(self, folder: str, loaded: Loaded) -> None:
        """Take in the flows of *folder*; they and their problems get the paths that a person can open."""
        if loaded.version is None:
            errors = (problem for problem in loaded.problems if problem.severity == "error")
            self._problems += (replace(problem, path=posixpath.join(folder, problem.path)) for problem in errors)
            return
        flows = loaded.version.flows.items()
        placed = {name: replace(flow, path=posixpath.join(folder, flow.path)) for name, flow in flows}
        self._versions[folder] = replace(loaded.version, flows=MappingProxyType(placed))

    def _read(self, path: str, text: bytes | str, version: Version) -> None:
        parsed = _parsed(path, text, version)
        self._problems += parsed.problems
        if parsed.file is not None:
            secrets = {name: f"the secret {name}" for name in version.project.secrets} | dict(parsed.file.secrets)
            self._files[path] = parsed.file
            self._libraries[path] = Library(install=INSTALL, catalogue=catalogue(), current=version, secrets=secrets)

    @property
    def works(self) -> list[Work]:
        """Every scenario, in the order of the files."""
        return [Work(path, index) for path, file in self._files.items() for index in range(len(file.scenarios))]

    def scenario(self, work: Work) -> Scenario:
        return self._files[work.path].scenarios[work.index]

    def file(self, work: Work) -> ScenarioFile:
        return self._files[work.path]

    def library(self, work: Work) -> Library:
        """Return the flows that a scenario is about, with the secrets of its file."""
        return self._libraries[work.path]

    def outcome(self, work: Work) -> Outcome:
        """Run one scenario and return all that happened in it."""
        file, library = self._files[work.path], self._libraries[work.path]
        return run_scenario(file.scenarios[work.index], file, library, options=self._options)

    def run(self, work: Work) -> Result:
        """Return what came of one scenario."""
        outcome = self.outcome(work)
        scenario, problem, trials = outcome.scenario, outcome.problem, 0
        if work.with_faults and not problem:
            file, library = self._files[work.path], self._libraries[work.path]
            told = [problem for _, problem in faults_of(scenario, file, library, options=self._options)]
            problem, trials = _summed(told), len(told)
        return Result(
            path=work.path,
            line=scenario.line,
            name=scenario.name,
            status="failed" if problem else "passed",
            problem=problem,
            uses=uses(outcome.stage.journal),
            unanswered=tuple(sorted(outcome.stage.outbox.outside.unanswered)),
            trials=trials,
        )

    def report(self, results: Sequence[Result], *, whole: Collection[str] = ()) -> Report:
        """
        Return *results* as one report, with the problems of the files and with what was used of the flows.

        Of the folders in *whole* all flows count, of the others those that a test is about.
        """
        coverage = Coverage()
        for folder, version in self._versions.items():
            used = frozenset(
                use for result in results if posixpath.dirname(result.path) == folder for use in result.uses
            )
            tested = {file.flow.name for path, file in self._files.items() if posixpath.dirname(path) == folder}
            for flow in version.flows.values():
                if folder in whole or flow.name in tested:
                    coverage |= coverage_of(flow, used)
        problems = sorted({*self._problems, *_unanswered(results)})
        return Report(results=tuple(results), problems=tuple(problems), coverage=coverage)


def _summed(problems: Iterable[str]) -> str:
    """Return what went wrong in the trials of one scenario: the first of them whole."""
    found = [problem for problem in problems if problem]
    more = [f"... and {len(found) - _MOST_TRIALS} more of its trials failed"] if len(found) > _MOST_TRIALS else []
    return "\n".join([*found[:_MOST_TRIALS], *more])


def _parsed(path: str, text: bytes | str, version: Version) -> Parsed:
    flows: dict[str, Flow] = {posixpath.basename(flow.path): flow for flow in version.flows.values()}
    return parse(text, path, flows=flows, project=version.project, catalogue=catalogue())


def _unanswered(results: Iterable[Result]) -> Iterator[Problem]:
    """Yield one warning for each address that was asked and has no answer in its file."""
    asked = sorted({(result.path, address) for result in results for address in result.unanswered})
    for path, address in asked[:_MOST_ADDRESSES]:
        message = f"this test gives no answer for {address}, so that the lookup fails"
        hint = 'Write given: {http: {"ADDRESS": {status: 200, body: {...}}}}.'
        yield NO_ANSWER.at(path, Span(1, 1, 1, 2), message, hint=hint)
