"""Reports for people and for programs."""

from __future__ import annotations

import json

from engine.check.report import as_json, as_text, escaped
from engine.core.problem import Fix, Problem


def problem(line: int, column: int, end_column: int, **more: object) -> Problem:
    values = {
        "path": "a.flow.yaml", "line": line, "column": column, "end_line": line, "end_column": end_column,
        "severity": "error", "rule": "R001", "name": "unknown-state", "message": "there is no state 'sale'",
    }  # fmt: skip
    return Problem(**{**values, **more})  # type: ignore[arg-type]


def test_problem_is_shown_with_its_line_and_a_mark() -> None:
    sources = {"a.flow.yaml": b'states:\n      "1": sale\n'}

    text = as_text([problem(2, 12, 16, hint="Two states have names like it.")], sources)

    assert text == (
        "a.flow.yaml:2:12: error: there is no state 'sale' [R001 unknown-state]\n"
        "  |\n"
        '2 |       "1": sale\n'
        "  |            ^~~~\n"
        "  = Two states have names like it.\n"
        "\n"
        "1 problem in 1 file\n"
    )


def test_summary_counts_problems_and_files() -> None:
    sources = {"a.flow.yaml": b"x", "b.flow.yaml": b"y", "project.yaml": b""}
    two = [problem(1, 1, 2), problem(1, 1, 2, path="b.flow.yaml")]

    assert as_text(two, sources).endswith("\n2 problems in 2 files\n")
    assert as_text([], sources) == "No problems in 3 files\n"
    assert as_text([], {"a.flow.yaml": b""}) == "No problems in 1 file\n"


def test_mark_stands_below_wide_letters_combining_ones_and_tabs() -> None:
    line = "\t\u4f60\u597de\u0301: sale"

    shown = as_text([problem(1, 8, 12)], {"a.flow.yaml": line.encode()}).splitlines()

    assert shown[2] == "1 |     \u4f60\u597de\u0301: sale"
    assert shown[3] == "  | " + " " * (4 + 4 + 1 + 2) + "^~~~"


def test_control_characters_are_shown_escaped() -> None:
    source = "a: \x1b[31mred\u202e\x00\x85"
    found = problem(1, 4, 5, message="\x1b]0;title\x07", path="a.flow.yaml", hint="\u2066")

    text = as_text([found], {"a.flow.yaml": source.encode()})

    assert "1 | a: \\x1b[31mred\\u202e\\x00\\x85\n" in text
    assert "\\x1b]0;title\\x07" in text
    assert "= \\u2066" in text
    assert text.isprintable() or not set(text) & {"\x1b", "\x07", "\u202e", "\u2066", "\x00"}
    assert escaped("\U000e0001") == "\\U000e0001"


def test_long_line_is_cut_around_the_fault() -> None:
    line = "x" * 500 + "sale" + "y" * 500

    shown = as_text([problem(1, 501, 505)], {"a.flow.yaml": line.encode()}).splitlines()

    assert shown[2] == "1 | ..." + "x" * 60 + "sale" + "y" * 76 + "..."
    assert shown[3] == "  | " + " " * 63 + "^~~~"


def test_place_behind_the_end_of_line_or_file_is_no_trouble() -> None:
    sources = {"a.flow.yaml": b"ab\r\ncd"}

    behind_line = as_text([problem(1, 9, 12)], sources).splitlines()
    behind_file = as_text([problem(7, 1, 2), problem(1, 1, 2, path="gone.flow.yaml")], sources).splitlines()

    assert behind_line[2:4] == ["1 | ab", "  |   ^"]
    assert behind_file == [
        "a.flow.yaml:7:1: error: there is no state 'sale' [R001 unknown-state]", "",
        "gone.flow.yaml:1:1: error: there is no state 'sale' [R001 unknown-state]", "", "2 problems in 2 files",
    ]  # fmt: skip


def test_mark_of_several_lines_goes_to_the_end_of_the_first() -> None:
    shown = as_text([problem(1, 3, 2, end_line=2)], {"a.flow.yaml": b"a: bcd  \nx"}).splitlines()

    assert shown[3] == "  |   ^~~~"


def test_colour_is_asked_for() -> None:
    text = as_text([problem(1, 1, 2, severity="warning")], {"a.flow.yaml": b"x"}, colour=True)

    assert "\x1b[1;33mwarning\x1b[0m" in text
    assert "\x1b[1;33m^\x1b[0m" in text


def test_json_has_every_field() -> None:
    fix = Fix(line=2, column=12, end_line=2, end_column=16, text="sales")

    rows = json.loads(as_json([problem(2, 12, 16, fix=fix), problem(3, 1, 2)]))

    assert rows[0] == {
        "path": "a.flow.yaml", "line": 2, "column": 12, "end_line": 2, "end_column": 16, "severity": "error",
        "rule": "R001", "name": "unknown-state", "message": "there is no state 'sale'", "hint": "",
        "fix": {"line": 2, "column": 12, "end_line": 2, "end_column": 16, "text": "sales"},
    }  # fmt: skip
    assert rows[1]["fix"] is None
    assert json.loads(as_json([])) == []
