"""Problems as text for people, as JSON for programs, and as annotations on GitHub."""

from __future__ import annotations

import dataclasses
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence

from engine.core.problem import Problem

_LINE_END = re.compile(r"\r\n|\r|\n")
_TAB = "    "
_WIDEST = 140  # columns of a quoted line; a longer one is cut on both sides of the fault
_BEFORE = 60
_COLOURS = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m"}
_PLAIN = "\x1b[0m"
# Characters that change what a terminal shows without being seen: controls, directions, line ends, surrogates.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
# What ends a workflow command or one of its properties, and how it is written instead (GitHub's toolkit, command.ts).
_IN_COMMAND = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_PROPERTY = {**_IN_COMMAND, ":": "%3A", ",": "%2C"}


def as_text(problems: Sequence[Problem], sources: Mapping[str, bytes], *, colour: bool = False) -> str:
    """
    Return the report for people: each problem with its line and a mark below it, then one line that sums up.

    *sources* maps paths to contents (the files that were checked). Control characters are shown escaped.
    """
    lines = {path: _LINE_END.split(content.decode("utf-8", "replace")) for path, content in sources.items()}
    parts: list[str] = []
    for problem in problems:
        parts += _problem(problem, lines.get(problem.path, []), colour)
    return "\n".join([*parts, _summary(problems, len(sources))]) + "\n"


def as_json(problems: Iterable[Problem]) -> str:
    """Return the report for programs: a list of objects with the fields of Problem (interfaces.md, "JSON")."""
    return json.dumps([dataclasses.asdict(problem) for problem in problems], indent=2) + "\n"


def as_github(problems: Sequence[Problem], files: int) -> str:
    """
    Return the report for GitHub Actions: one workflow command for each problem, then one line that sums up.

    Nothing that stands in one of the *files* can end its command or begin another. The end column is exclusive, as in
    the other reports; GitHub takes columns only where the problem ends on the line on which it begins.
    Source: GitHub, "Workflow commands for GitHub Actions", and the escapes of its toolkit.
    """
    return "\n".join([*map(_annotation, problems), _summary(problems, files)]) + "\n"


def _annotation(problem: Problem) -> str:
    properties: dict[str, object] = {"file": problem.path, "line": problem.line}
    if problem.end_line == problem.line:
        properties |= {"col": problem.column, "endLine": problem.end_line, "endColumn": problem.end_column}
    else:
        properties["endLine"] = problem.end_line
    properties["title"] = f"{problem.rule} {problem.name}"
    written = ",".join(f"{name}={_in_command(str(value), _IN_PROPERTY)}" for name, value in properties.items())
    text = f"{problem.message}\n{problem.hint}" if problem.hint else problem.message
    return f"::{problem.severity} {written}::{_in_command(text, _IN_COMMAND)}"


def _in_command(text: str, escapes: Mapping[str, str]) -> str:
    return "".join(escapes.get(letter) or _shown(letter) for letter in text)


def escaped(text: str) -> str:
    """Return *text* with everything escaped that a terminal would not show as it is."""
    return "".join(_shown(letter) for letter in text)


def _problem(problem: Problem, lines: Sequence[str], colour: bool) -> Iterator[str]:
    paint, plain = (_COLOURS[problem.severity], _PLAIN) if colour else ("", "")
    place = f"{escaped(problem.path)}:{problem.line}:{problem.column}"
    rule = f"[{problem.rule} {problem.name}]"
    yield f"{place}: {paint}{problem.severity}{plain}: {escaped(problem.message)} {rule}"
    margin = " " * len(str(problem.line))
    if problem.line <= len(lines):
        quoted, mark = _quote(lines[problem.line - 1], problem)
        yield f"{margin} |"
        yield f"{problem.line} | {quoted}".rstrip()
        yield f"{margin} | {mark[0]}{paint}{mark[1]}{plain}"
    if problem.hint:
        yield f"{margin} = {escaped(problem.hint)}"
    yield ""


def _quote(line: str, problem: Problem) -> tuple[str, tuple[str, str]]:
    """Return the line as shown, and what stands below it: the space before the mark, and the mark."""
    start = min(problem.column - 1, len(line))
    end = problem.end_column - 1 if problem.end_line == problem.line else len(line.rstrip())
    end = max(start + 1, min(end, len(line)))
    shown = [_shown(letter) for letter in line]
    first, last = 0, len(shown)
    if sum(map(_width, shown)) > _WIDEST:
        first = max(0, start - _BEFORE)
        last = min(len(shown), first + _WIDEST)
        end = min(end, last)
    head = ("..." if first else "") + "".join(shown[first:start])
    body = "".join(shown[start:end])
    tail = "".join(shown[end:last]) + ("..." if last < len(shown) else "")
    return head + body + tail, (" " * _width(head), "^" + "~" * (max(_width(body), 1) - 1))


def _shown(letter: str) -> str:
    if letter == "\t":
        return _TAB
    if unicodedata.category(letter) not in _HIDDEN:
        return letter
    code = ord(letter)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _width(text: str) -> int:
    """Return how many columns of a terminal *text* takes."""
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )


def _summary(problems: Sequence[Problem], files: int) -> str:
    if not problems:
        return f"No problems in {_count(files, 'file')}"
    return f"{_count(len(problems), 'problem')} in {_count(len({problem.path for problem in problems}), 'file')}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
