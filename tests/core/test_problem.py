"""The value that says what is wrong and where."""

from __future__ import annotations

from dataclasses import asdict

from engine.core.problem import Problem


def problem(line: int, column: int, rule: str = "R001", path: str = "a.flow.yaml") -> Problem:
    return Problem(path=path, line=line, column=column, end_line=line, end_column=column + 4, severity="error",
    rule=rule,
                   name="unknown-state", message="there is no state 'sale'")  # fmt: skip


def test_problems_sort_by_file_and_place():
    right = [problem(1, 2), problem(2, 1), problem(2, 1, "X001"), problem(10, 1), problem(1, 1, path="b.flow.yaml")]

    assert sorted(reversed(right)) == right


def test_problem_is_printed_in_one_line():
    assert str(problem(50, 12)) == "a.flow.yaml:50:12: error: there is no state 'sale' [R001 unknown-state]"


def test_problem_has_the_keys_of_the_interface():
    assert list(asdict(problem(1, 1))) == [
        "path", "line", "column", "end_line", "end_column", "severity", "rule", "name", "message", "hint", "fix",
    ]  # fmt: skip
