"""A line in the wrong place makes many others wrong; this tells of that line alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from engine.core.problem import Problem
from engine.language.loader import is_project
from engine.language.misplaced import misplaced
from engine.language.nodes import Map
from engine.language.reader import read
from engine.language.shape import has_path, has_shape, section_words

Check = Callable[[Mapping[str, bytes]], Sequence[Problem]]
# What the messages of Y001 speak of when it may be a matter of lines, not of quotes or brackets.
_OF_LINES = ("dash", "indent", "in line with", "end of '-", "colon and a space are missing", "stands above")
_FOREIGN = frozenset({"S001", "S002", "S004", "S006", "S015"})  # something stands where it does not belong
_ODD_SHAPE = _FOREIGN | {"S005", "S009", "S011", "S013", "Y003"}
_MOST_SUSPECTS = 3


def with_misplaced_lines(problems: Sequence[Problem], files: Mapping[str, bytes], check: Check) -> tuple[Problem, ...]:
    """Return *problems*, those of a file that one line in the wrong place explains replaced by that one."""
    told: list[Problem] = []
    for path in dict.fromkeys(problem.path for problem in problems):
        here = [problem for problem in problems if problem.path == path]
        found = _misplaced(path, here, files, check) if path in files else None
        told += here if found is None else [found]
    return tuple(sorted(told))


def _misplaced(path: str, problems: list[Problem], files: Mapping[str, bytes], check: Check) -> Problem | None:
    suspects = _suspects(problems)
    if not suspects:
        return None
    lines = files[path].decode("utf-8", "replace").split("\n")
    before = {(problem.rule, problem.message) for problem in problems}

    def reads(mended: list[str]) -> bool:
        content = "\n".join(mended).encode()
        if not _has_shape(content, path):
            return False
        after = [problem for problem in check({**files, path: content}) if problem.path == path]
        return len(after) < len(problems) and {(each.rule, each.message) for each in after} <= before

    kind = _kind(path)
    finding = misplaced(lines, suspects, section_words(kind), partial(has_path, kind), reads)
    return None if finding is None else finding.at(path)


def _suspects(problems: list[Problem]) -> list[int]:
    """Return the lines in which a misplaced line may have shown itself."""
    if len(problems) == 1 and problems[0].rule == "Y001":
        message = problems[0].message
        return [problems[0].line] if any(words in message for words in _OF_LINES) else []
    odd = [problem for problem in problems if problem.rule in _ODD_SHAPE and "did you mean" not in problem.message]
    if len(problems) == 1 and not any(problem.rule in _FOREIGN or _is_of_rule(problem) for problem in odd):
        return []
    return [problem.line for problem in odd][:_MOST_SUSPECTS]


def _is_of_rule(problem: Problem) -> bool:
    """Tell whether a doubled key may be the first of another rule, whose dash is missing."""
    return problem.rule == "Y003" and problem.message.startswith(("'if'", "'do'", "'then'"))


def _has_shape(content: bytes, path: str) -> bool:
    document = read(content, path)
    if not isinstance(document.root, Map) or any(problem.severity == "error" for problem in document.problems):
        return False
    return has_shape(document.root, _kind(path))


def _kind(path: str) -> str:
    return "project" if is_project(path) else "flow"
