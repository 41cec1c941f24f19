"""The office flow of the golden files, and how a test runs scenarios against it."""

from __future__ import annotations

import textwrap
from pathlib import Path

from engine.scenario.file import run_file
from engine.scenario.report import Report

GOLDEN = Path(__file__).parent / "golden"
OFFICE = {name: (GOLDEN / name).read_bytes() for name in ("office.flow.yaml", "project.yaml")}


def report_of(steps: str, *, never: str = "", files: dict[str, bytes] | None = None) -> Report:
    """Return the report of one scenario made of *steps*, against the office flow unless *files* says otherwise."""
    flow = next(name for name in files or OFFICE if name.endswith(".flow.yaml"))
    given = 'given: {secrets: {code: "482"}}' if files is None else ""
    lines = [f"test: {flow}", given, "scenarios:", "  - name: x", "    steps:"]
    lines.append(textwrap.indent(textwrap.dedent(steps).strip("\n"), "      "))
    if never:
        lines += ["never:", textwrap.indent(textwrap.dedent(never).strip("\n"), "  ")]
    return run_file("x.test.yaml", "\n".join(lines) + "\n", files or OFFICE)


def problem_of(steps: str, *, never: str = "") -> str:
    """Return why the scenario of *steps* failed: the lines below the step. "" when it passed."""
    report = report_of(steps, never=never)
    assert not report.problems, [str(problem) for problem in report.problems]
    return report.results[0].problem


def passes(steps: str, *, never: str = "") -> None:
    problem = problem_of(steps, never=never)
    assert not problem, problem


def message_of(steps: str, *, never: str = "") -> str:
    """Return the sentence that says why the scenario failed."""
    return problem_of(steps, never=never).splitlines()[1].strip()
