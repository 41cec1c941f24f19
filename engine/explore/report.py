"""What came of walking flows: for people as text, for programs as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from engine.check.report import escaped
from engine.explore.run import Finding


def line(finding: Finding, *, seconds: float) -> str:
    """Return what came of one flow, in one line. *seconds*: how long it took."""
    told = escaped(f"{finding.flow}: {_told(finding)}")
    return f"{finding.result:<7}  {told} ({_numbers(finding)}, {seconds:.1f} s)"


def _told(finding: Finding) -> str:
    if finding.result == "failed":
        return finding.problem
    if finding.result == "proved":
        return "whatever people do, and whichever command Telnyx refuses, every call goes well"
    proved = f"every call with up to {_count(finding.depth, 'deed')} goes well; " if finding.depth > 0 else ""
    rest = "in longer ones everything was tried once" if finding.is_tried else "longer ones were not all walked"
    return proved + rest


def _numbers(finding: Finding) -> str:
    return f"{_count(finding.states, 'moment')}, {_count(finding.edges, 'way')}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")


def counter_example(finding: Finding, *, path: str) -> str:
    """Return the scenario of a failed flow, with what to do with it; *path* is where it could be written."""
    return f"To see it happen, write this to {path} and run: ringflow test {path}\n\n{finding.scenario}"


def as_json(findings: Iterable[tuple[Finding, float]]) -> str:
    """Return the findings, each with the seconds it took, for programs (docs/explore.md)."""
    return json.dumps([_row(finding, seconds) for finding, seconds in findings], indent=2) + "\n"


def _row(finding: Finding, seconds: float) -> dict[str, Any]:
    return {
        "flow": finding.flow,
        "path": finding.path,
        "result": finding.result,
        "depth": finding.depth,
        "all_tried": finding.is_tried,
        "states": finding.states,
        "edges": finding.edges,
        "seconds": round(seconds, 3),
        "problem": finding.problem,
        "scenario": finding.scenario,
    }
