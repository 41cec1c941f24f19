"""Reports as GitHub workflow commands: no text of a flow can end one or begin another."""

from __future__ import annotations

import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from engine.check.report import as_github
from engine.core.problem import Problem

_COMMAND = re.compile(r"::(?P<command>error|warning) (?P<properties>[^:\n]*)::(?P<message>[^\n]*)")


def problem(**more: object) -> Problem:
    values = {
        "path": "flows/a.flow.yaml", "line": 2, "column": 12, "end_line": 2, "end_column": 16,
        "severity": "error", "rule": "R001", "name": "unknown-state", "message": "there is no state 'sale'",
    }  # fmt: skip
    return Problem(**{**values, **more})  # type: ignore[arg-type]


def test_each_problem_is_one_command() -> None:
    report = as_github([problem(), problem(line=3, end_line=3, severity="warning", hint="Two are near.")], 2)

    assert report == (
        "::error file=flows/a.flow.yaml,line=2,col=12,endLine=2,endColumn=16,title=R001 unknown-state::"
        "there is no state 'sale'\n"
        "::warning file=flows/a.flow.yaml,line=3,col=12,endLine=3,endColumn=16,title=R001 unknown-state::"
        "there is no state 'sale'%0ATwo are near.\n"
        "2 problems in 1 file\n"
    )


def test_columns_are_left_out_where_a_problem_has_several_lines() -> None:
    report = as_github([problem(end_line=4)], 1)

    assert report.startswith("::error file=flows/a.flow.yaml,line=2,endLine=4,title=R001 unknown-state::")


def test_marks_of_commands_are_escaped() -> None:
    report = as_github([problem(path="a,b:c%.flow.yaml", message="50% ::error::x\r\n::warning::y\x1b[0m")], 1)

    assert report.splitlines()[0] == (
        "::error file=a%2Cb%3Ac%25.flow.yaml,line=2,col=12,endLine=2,endColumn=16,title=R001 unknown-state::"
        "50%25 ::error::x%0D%0A::warning::y\\x1b[0m"
    )


def test_nothing_to_report_is_one_line() -> None:
    assert as_github([], 3) == "No problems in 3 files\n"


@given(path=st.text(min_size=1), message=st.text(), hint=st.text())
def test_no_text_ends_its_command_or_begins_another(path: str, message: str, hint: str) -> None:
    report = as_github([problem(path=path, message=message, hint=hint)], 1)

    first, last, end = report.split("\n")
    found = _COMMAND.fullmatch(first)
    assert found is not None
    names = [pair.partition("=")[0] for pair in found["properties"].split(",")]
    assert names == ["file", "line", "col", "endLine", "endColumn", "title"]
    assert (last, end) == ("1 problem in 1 file", "")
    assert not {unicodedata.category(letter) for letter in first} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
