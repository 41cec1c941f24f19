"""
What came of the scenarios as JUnit XML, which CI systems show.

There is no standard; this is what GitLab, Jenkins and GitHub's report actions agree on: a ``testsuite`` for each file,
a ``testcase`` for each scenario, ``failure`` for one that failed, ``error`` for what stopped a file from running.
"""

from __future__ import annotations

import re
from collections import defaultdict
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from engine.core.problem import Problem
from engine.scenario.report import Report, Result

# What XML 1.0 cannot hold, not even escaped (its production "Char").
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_junit(report: Report, *, seconds: float) -> str:
    """
    Return the report as an XML document. *seconds*: how long the whole run took.

    Characters that XML forbids are written as ``\\x1b``. Warnings are left out.
    """
    cases: dict[str, list[Element]] = defaultdict(list)
    for result in report.results:
        cases[result.path].append(_scenario(result))
    for problem in report.problems:
        if problem.severity == "error":
            cases[problem.path].append(_error(problem))
    everything = _sums([case for found in cases.values() for case in found])
    root = Element("testsuites", {"name": "ringflow", **everything, "time": f"{seconds:.3f}"})
    for path, found in cases.items():
        where = {"name": _clean(path), "file": _clean(path)}
        suite = SubElement(root, "testsuite", {**where, **_sums(found), "skipped": "0"})
        suite.extend(found)
    indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{tostring(root, encoding="unicode")}\n'


def _scenario(result: Result) -> Element:
    case = _case(result.path, result.line, result.name, result.seconds)
    if result.problem:
        lines = result.problem.splitlines()
        # The second line says what went wrong, after the time: "  at 0:05.1: the caller did not hear ...".
        message = lines[min(1, len(lines) - 1)].strip()
        SubElement(case, "failure", message=_clean(message), type="scenario").text = _clean(result.problem)
    return case


def _error(problem: Problem) -> Element:
    case = _case(problem.path, problem.line, f"{problem.rule} {problem.name}", 0.0)
    told = f"{problem}\n{problem.hint}" if problem.hint else str(problem)
    SubElement(case, "error", message=_clean(problem.message), type=problem.rule).text = _clean(told)
    return case


def _case(path: str, line: int, name: str, seconds: float) -> Element:
    where = {"classname": _clean(path), "file": _clean(path), "line": str(line)}
    return Element("testcase", {"name": _clean(name), **where, "time": f"{seconds:.3f}"})


def _sums(cases: list[Element]) -> dict[str, str]:
    return {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": str(sum(case.find("error") is not None for case in cases)),
        "time": f"{sum(float(case.attrib['time']) for case in cases):.3f}",
    }


def _clean(text: str) -> str:
    return _FORBIDDEN.sub(lambda found: repr(found[0])[1:-1], text)
