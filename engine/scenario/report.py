"""What came of the scenarios: for people as text, for programs as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from engine.check import report as check_report
from engine.check.report import escaped
from engine.core.problem import Problem
from engine.scenario.coverage import Coverage, Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One scenario: *problem* says in a few lines why it failed, "" when it passed."""

    path: str
    line: int
    name: str
    status: Literal["passed", "failed"]
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """
    What came of one scenario file, or of several together.

    *problems* are faults of the files themselves; where there is an error among them, no scenario of the file ran.
    """

    results: tuple[Result, ...] = ()
    problems: tuple[Problem, ...] = ()
    coverage: Coverage = field(default_factory=Coverage)

    @property
    def passed(self) -> int:
        return sum(result.status == "passed" for result in self.results)

    @property
    def failed(self) -> int:
        return len(self.results) - self.passed

    @property
    def is_good(self) -> bool:
        """True when every scenario passed and no file has an error."""
        return not self.failed and not any(problem.severity == "error" for problem in self.problems)

    def __or__(self, other: Report) -> Report:
        return Report(
            results=self.results + other.results,
            problems=tuple(sorted({*self.problems, *other.problems})),
            coverage=self.coverage | other.coverage,
        )


def merged(reports: Iterable[Report]) -> Report:
    """Return several files' reports as one."""
    whole = Report()
    for report in reports:
        whole = whole | report
    return whole


def as_json(report: Report, *, seconds: float) -> str:
    """Return the report for programs (interfaces.md, "JSON", test). *seconds*: how long the run took."""
    coverage = report.coverage
    whole = {
        "passed": report.passed,
        "failed": report.failed,
        "seconds": round(seconds, 3),
        "scenarios": [
            {
                "path": result.path,
                "line": result.line,
                "name": result.name,
                "status": result.status,
                "problem": result.problem,
            }
            for result in report.results
        ],
        "coverage": {name: _tally(getattr(coverage, name)) for name in ("states", "exits", "rules")},
        "problems": json.loads(check_report.as_json(report.problems)),
    }
    return json.dumps(whole, indent=2) + "\n"


def _tally(tally: Tally) -> dict[str, Any]:
    missed = [{"path": path, "line": line} for path, line, _ in tally.missed]
    return {"hit": tally.hit, "total": tally.total, "missed": missed}


def as_text(report: Report, sources: Mapping[str, bytes], *, seconds: float) -> str:
    """
    Return the report for people: faults of files, one line a scenario, why it failed, and a sum.

    *sources* maps paths to contents, to quote lines with faults.
    """
    lines = []
    if report.problems:
        lines.append(check_report.as_text(report.problems, sources))
    for result in report.results:
        lines.append(f"{result.status:<7} {escaped(result.name)}")
        lines += [f"        {escaped(line)}" for line in result.problem.splitlines()]
    if report.results:
        lines += ["", f"{report.passed} passed, {report.failed} failed in {seconds:.2f} s", *_coverage(report.coverage)]
    return "\n".join(lines) + "\n"


def _coverage(coverage: Coverage) -> list[str]:
    tallies = (("states", coverage.states), ("exits", coverage.exits), ("rules", coverage.rules))
    line = ", ".join(f"{tally.hit} of {tally.total} {name}" for name, tally in tallies)
    never = [f"  {path}:{number}: {name} was never entered" for path, number, name in coverage.states.missed]
    return [f"used: {line}", *(escaped(line) for line in never)]
