"""What came of the scenarios: for people as text, for programs as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from engine.check import report as check_report
from engine.check.report import escaped
from engine.core.problem import Problem
from engine.scenario.coverage import Coverage, Place, Tally, Use

_MOST_MISSED = 20  # places of one kind, unless all are asked for
Unused: TypeAlias = Literal["none", "some", "all"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """
    One scenario: *problem* says in a few lines why it failed, "" when it passed.

    *uses* is what it used of the flows, *unanswered* the addresses outside that have no answer in the file. *trials* is
    how often it was run again with a fault. *seconds* is how long it took, 0 where nobody measured. A plain value: it
    can come from another process.
    """

    path: str
    line: int
    name: str
    status: Literal["passed", "failed"]
    problem: str = ""
    uses: frozenset[Use] = frozenset()
    unanswered: tuple[str, ...] = ()
    trials: int = 0
    seconds: float = 0.0


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
    def has_errors(self) -> bool:
        """True when a file has an error, so that scenarios of it did not run."""
        return any(problem.severity == "error" for problem in self.problems)

    @property
    def is_good(self) -> bool:
        """True when every scenario passed and no file has an error."""
        return not self.failed and not self.has_errors

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


def shortfall(report: Report, percent: float) -> str:
    """Return the sentence that says what is used by less than *percent*, "" when nothing is or a file has an error."""
    low = [f"{tally.percent:g} % of the {name}" for name, tally in report.coverage.tallies if tally.percent < percent]
    if not low or report.has_errors:
        return ""
    told = low[0] if len(low) == 1 else f"{', '.join(low[:-1])} and {low[-1]}"
    return f"too little is tested: the scenarios use {told}, and --fail-under asks for {percent:g} %"


# -- JSON ------------------------------------------------------------------------------------------------------


def as_json(report: Report, *, seconds: float) -> str:
    """Return the report for programs (interfaces.md, "JSON", test). *seconds*: how long the run took."""
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
                "faults": result.trials,
                "seconds": round(result.seconds, 4),
            }
            for result in report.results
        ],
        "coverage": {name: _tally(tally) for name, tally in report.coverage.tallies},
        "problems": json.loads(check_report.as_json(report.problems)),
    }
    return json.dumps(whole, indent=2) + "\n"


def _tally(tally: Tally) -> dict[str, Any]:
    missed = [{"path": place.path, "line": place.line, "what": place.what} for place in tally.missed]
    return {"hit": tally.hit, "total": tally.total, "missed": missed}


# -- text ------------------------------------------------------------------------------------------------------


def as_text(report: Report, sources: Mapping[str, bytes], *, seconds: float, unused: Unused = "some") -> str:
    """
    Return the report for people: faults of files, one line a scenario, why it failed, a sum, and what was never used.

    *sources* maps paths to contents, to quote lines with faults. *unused*: how much of what was never used is listed;
    some are twenty places of each kind, with none nothing is said about use.
    """
    lines = []
    if report.problems:
        lines.append(check_report.as_text(report.problems, sources))
    for result in report.results:
        lines.append(f"{result.status:<7} {escaped(result.name)}")
        lines += [f"        {escaped(line)}" for line in result.problem.splitlines()]
    if report.results:
        trials = sum(result.trials for result in report.results)
        again = f"; run again {trials:,} times with faults" if trials else ""
        lines += ["", f"{report.passed} passed, {report.failed} failed in {seconds:.2f} s{again}"]
        told = () if unused == "none" else _coverage(report.coverage, _MOST_MISSED if unused == "some" else None)
        lines += map(escaped, told)
    return "\n".join(lines) + "\n"


def _coverage(coverage: Coverage, most: int | None) -> Iterator[str]:
    yield "used: " + ", ".join(f"{tally.hit} of {tally.total} {name}" for name, tally in coverage.tallies)
    yield from _places("states that were never entered", coverage.states.missed, most)
    yield from _places("exits that were never taken", coverage.exits.missed, most)
    # A rule whose exit stands above needs no second line.
    told = {(place.path, place.what.rpartition(" -> ")[0]) for place in coverage.exits.missed}
    others = [place for place in coverage.rules.missed if (place.path, place.what) not in told]
    yield from _places("rules that were never true" + (", beside those exits" if told else ""), others, most)


def _places(head: str, places: list[Place], most: int | None) -> Iterator[str]:
    if not places:
        return
    yield f"{head}:"
    yield from (f"  {place.path}:{place.line}: {place.what}" for place in places[:most])
    if most is not None and len(places) > most:
        yield f"  and {len(places) - most} more; --fail-under 100 lists them all"
