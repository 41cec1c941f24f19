"""Names that do not fit together in one file: used and not declared, declared and not used, spelt in two ways."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from sys import maxsize

from engine.core.nearest import nearest
from engine.core.problem import Problem
from engine.language.nodes import Document, Entry, List, Map, Node, Scalar

# Rules that say "there is no ...": the section that would have it; X002 speaks of variables and of legs.
_SECTION_OF = {
    "R001": "states", "R002": "prompts", "R003": "remember", "R006": "roles", "R007": "roles", "R019": "hours",
    "R035": "roles", "R033": "roles", "R034": "roles", "X002": "remember",
}  # fmt: skip
SECTIONS = {"states": "state", "prompts": "prompt", "remember": "variable", "roles": "leg", "hours": "timetable"}
_NO_VARIABLE = "there is no variable "
_OF_TELNYX = frozenset({"call", "conference", "event", "queue", "secret", "list", "anyone", "action"})
# The beginnings of names that exist only where a certain step stands.
STEPS_LEAVE = frozenset({"digits", "queue", "room", "participant"})
_WORD = re.compile(r"[\w.-]+")
_QUOTED = re.compile(r"'([^']+)'")
_PROSE = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|\s#.*""")
_FORMULA = re.compile(r"\{\{.*?\}\}")


@dataclass(frozen=True)
class SourceFile:
    """A file as its author sees it."""

    lines: list[str]
    document: Document | None

    def line(self, number: int) -> str:
        return self.lines[number - 1] if number <= len(self.lines) else ""

    def declared(self, section: str) -> Iterator[Scalar]:
        """Yield the names that each *section* of the file declares, in the roles too; those of legs also by ``as``."""
        root = self.document.root if self.document is not None else None
        yield from (entry.key for entry in self._entries(root, section))
        for role in self._entries(root, "roles"):
            yield from (entry.key for entry in self._entries(role.value, section))
        if section == "roles" and root is not None:
            yield from _labels(root)

    def states(self) -> Iterator[Entry]:
        root = self.document.root if self.document is not None else None
        for place in (root, *(role.value for role in self._entries(root, "roles"))):
            yield from self._entries(place, "states")

    @cached_property
    def _spans(self) -> list[tuple[int, int]]:
        return sorted((state.key.span.line, state.value.span.end_line) for state in self.states())

    def state_around(self, number: int) -> int:
        """Return the line where the state begins that holds line *number*, 0 where there is none."""
        place = bisect_right(self._spans, (number, maxsize)) - 1
        first, last = self._spans[place] if place >= 0 else (0, 0)
        return first if number <= last else 0

    def section_around(self, number: int) -> str:
        """Return the section of the file that holds line *number*, "" where there is none."""
        root = self.document.root if self.document is not None else None
        entries = root.entries if isinstance(root, Map) else ()
        around = (each for each in entries if each.key.span.line <= number <= each.value.span.end_line)
        return next((entry.key.text for entry in around), "")

    def uses(self, word: str) -> set[int]:
        """Return the lines where *word* stands, but as a key, in a comment or in a text outside {{ }}."""
        whole = re.compile(rf"(?<![\w.-]){re.escape(word)}(?!\s*:|[\w-])")
        code = ((n, line) for n, line in enumerate(self.lines, 1) if not line.lstrip().startswith("#"))
        return {number for number, line in code if whole.search(_PROSE.sub(_only_formulas, line))}

    @staticmethod
    def _entries(node: Node | None, section: str) -> tuple[Entry, ...]:
        found = node.get(section) if isinstance(node, Map) else None
        return found.entries if isinstance(found, Map) else ()


def _labels(node: Node) -> Iterator[Scalar]:
    todo = [node]
    while todo:
        node = todo.pop()
        if isinstance(node, Map):
            todo += [entry.value for entry in node]
            yield from (each.value for each in node if each.key.text == "as" and isinstance(each.value, Scalar))
        elif isinstance(node, List):
            todo += node.items


def _only_formulas(match: re.Match[str]) -> str:
    return " ".join(_FORMULA.findall(match[0]))


@dataclass(frozen=True, slots=True)
class Unknown:
    """What a problem says there is none of: *section* would declare *name*; *first* is its first word."""

    section: str
    name: str
    first: str


def unknown_in(problem: Problem, file: SourceFile) -> Unknown | None:
    """Return what *problem* misses, None when it is about something else."""
    section = _SECTION_OF.get(problem.rule, "remember" if problem.message.startswith(_NO_VARIABLE) else "")
    if not section:
        return None
    text = file.line(problem.line)[problem.column - 1 : problem.end_column - 1].strip("\"'")
    if problem.line != problem.end_line or not _WORD.fullmatch(text):
        quoted = _QUOTED.search(problem.message)
        text = quoted[1] if quoted else text
    first, dot, _ = text.partition(".")
    if dot and first not in _OF_TELNYX | STEPS_LEAVE:  # agent.left, agent.number: it is the leg that there is none of
        is_of_leg = f"'{first}' has no event", f"there is no event '{text}'; did you mean '{first}."
        if problem.rule == "R006" and problem.message.startswith(is_of_leg):
            return None  # the leg is there, the event is not
        return Unknown("roles", first, first)
    return Unknown(section, text, first)


def each_name_once(problems: list[Problem], file: SourceFile) -> list[Problem]:
    """
    Return *problems* with one for each unknown name.

    Where several places use it and one that is declared, and spelt almost so, is used nowhere, that one is the slip.
    """
    by_name: dict[tuple[str, str], list[Problem]] = {}
    kept: list[Problem] = []
    for problem in problems:
        unknown = unknown_in(problem, file)
        if unknown is None:
            kept.append(problem)
        else:
            by_name.setdefault((unknown.section, unknown.name), []).append(problem)
    for (section, name), group in by_name.items():
        kept.append(_told_once(section, name, group, file))
    return sorted(kept)


def _told_once(section: str, name: str, group: list[Problem], file: SourceFile) -> Problem:
    first = min(group)
    numbers = sorted({problem.line for problem in group})
    declared = {key.text: key for key in file.declared(section) if key.text != name}
    meant = nearest(name, declared)
    if section == "roles":
        numbers = sorted({*numbers, *file.uses(name)})  # as: agent makes agent.left a good event
    is_outvoted = len(group) > 1 or len(numbers) > 1
    if is_outvoted and meant is not None and not file.uses(meant):
        span = declared[meant].span
        places = f"line{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"
        message = f"this {SECTIONS[section]} is called '{meant}', but '{name}' in {places}; write it the same way"
        return replace(
            first, line=span.line, column=span.column, end_line=span.end_line, end_column=span.end_column,
            message=message, hint="",
        )  # fmt: skip
    others = [str(problem.line) for problem in group if problem.line != first.line]
    hint = f"The same in line{'s' if len(others) > 1 else ''} {', '.join(others)}." if others else ""
    return replace(first, hint=" ".join(filter(None, (first.hint, hint))))
