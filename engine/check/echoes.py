"""
One cause, one message: what follows from another fault is not told.

A misspelt name makes every place that uses it wrong, the state behind it unreachable, and the prompt there unused. A
person mends one word; so the checker tells of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from engine.check.namesakes import SECTIONS, STEPS_LEAVE, SourceFile, each_name_once, unknown_in
from engine.core.nearest import nearest
from engine.core.problem import Problem
from engine.language.nodes import Document, Map

# Faults of YAML after which the rest of the file still means something.
_READ_ON = frozenset({"Y003", "Y009"})
_UNUSED = ("W001", "W002", "W003", "W004")
# What is sure only where nothing else is wrong in the file: warnings about the ways through it, and what nothing uses.
_OF_WHOLE_FILE = ("G010", "G014", "G015", "G016", *_UNUSED, "W005", "W006", "C002")
# Of these again, what may follow from a state that is lost.
_LEFTOVERS = ("G014", "G015", "G016", *_UNUSED)
# What a file is told because of what other files say: who runs it, who is in a room, who takes callers.
_OF_FOLDER = (
    "C002", "G013", "R016", "R020", "R021", "R022", "R023", "R024", "R025", "R026", "R027", "R028", "R029",
    "R033", "R034", "R035", "R036", "R037", "T002", "T003", "T008", "W005", "W006",
)  # fmt: skip
# rule -> the beginnings of the codes of its causes. A handler or exit that could not be read is no missing one.
_EVENTS = ("R006", "R007", "R008")
_LEGS = (*_EVENTS, "R033", "R034", "R035")
_WAYS = ("S", "R001", *_LEGS)
_CAUSES: Mapping[str, tuple[str, ...]] = {
    "G001": (*_EVENTS, "G005"), "G002": (*_EVENTS, "G005"), "G005": ("R006",), "G013": _EVENTS, "R008": ("S",),
    "R009": ("R006",), "R014": ("S", *_LEGS), "R027": ("S",), "R028": ("S", *_LEGS), "R029": ("S", *_LEGS),
    "T002": _WAYS, "T003": _WAYS, "T007": (*_LEGS, "R009"), "T008": (*_WAYS, "R009"), "T022": (*_EVENTS, "T007"),
    "T024": _WAYS,
}  # fmt: skip
_ALSO_DECLARES = "starts_when"  # variables: what another flow gives, and what it is answered
_MOST = 300  # problems of one file; comparing the names of more takes long, and nobody reads them all


def without_echoes(
    problems: Sequence[Problem], documents: Mapping[str, Document], files: Mapping[str, bytes]
) -> tuple[Problem, ...]:
    """Return *problems* of the *files*, read as *documents*, without those that follow from another of them."""
    told: list[Problem] = []
    for path in dict.fromkeys(problem.path for problem in problems):
        here = [problem for problem in problems if problem.path == path]
        lines = files[path].decode("utf-8", "replace").splitlines() if path in files else []
        told += _of_file(here, SourceFile(lines, documents.get(path))) if len(here) > 1 else here
    return tuple(sorted(_across_files(told, documents)))


def _across_files(problems: list[Problem], documents: Mapping[str, Document]) -> list[Problem]:
    """Return *problems* without what one file is told only because of the fault of another."""
    errors = [problem for problem in problems if problem.severity == "error"]
    at_fault = {each.path for each in errors if not each.rule.startswith(_OF_FOLDER)}
    misnaming = {each.path for each in errors if each.rule == "R016"}
    kept = []
    for problem in problems:
        causes = at_fault if problem.rule == "R016" else at_fault | misnaming
        if not problem.rule.startswith(_OF_FOLDER) or not causes - {problem.path}:
            kept.append(problem)
    if any(problem.rule == "R012" for problem in problems) and any(problem.rule == "R016" for problem in kept):
        kept = [_as_error(each) for each in kept if each.rule != "R016"]  # others know the flow by its right name
    unanswered = {problem.path for problem in kept if problem.rule == "T002"}
    callers = {path for path in unanswered if not _is_called_by_flows(documents.get(path))}
    if callers:  # who answers is the flow that the call comes to first
        kept = [each for each in kept if each.rule != "T002" or each.path in callers]
    return kept


def _as_error(problem: Problem) -> Problem:
    return replace(problem, severity="error") if problem.rule == "R012" else problem


def _is_called_by_flows(document: Document | None) -> bool:
    root = document.root if document is not None else None
    starts = root.get("starts_when") if isinstance(root, Map) else None
    return isinstance(starts, Map) and starts.get("another_flow_calls") is not None


def _of_file(problems: list[Problem], file: SourceFile) -> list[Problem]:
    broken = [problem for problem in problems if problem.rule[0] in "SY" and problem.severity == "error"]
    if any(problem.rule[0] == "Y" and problem.rule not in _READ_ON for problem in broken):
        return [problem for problem in problems if problem.rule[0] == "Y"]
    if any(problem.rule == "S001" for problem in broken):
        return [problem for problem in problems if problem.rule[0] in "SY"]
    if len(problems) <= _MOST:
        problems = each_name_once(_without_names_of_broken_places(problems, broken, file), file)
    codes = {problem.rule for problem in problems if problem.severity == "error" or problem.rule in _EVENTS}
    first = {code for code in codes if not _is_caused(code, codes - {code})}
    problems = [problem for problem in problems if not _is_caused(problem.rule, first)]
    spoilt = {file.state_around(problem.line) for problem in broken} - {0}
    problems = [each for each in problems if each.rule[0] not in "GT" or file.state_around(each.line) not in spoilt]
    return _without_doubtful_warnings(_unanswered_once(problems, file), file)


def _is_caused(rule: str, codes: Iterable[str]) -> bool:
    causes = _CAUSES.get(rule, ())
    return any(code.startswith(cause) for code in codes for cause in causes)


def _unanswered_once(problems: list[Problem], file: SourceFile) -> list[Problem]:
    """Return *problems* with one T007 for each state: the handler that it wants is the same."""
    states: set[int] = set()
    kept: list[Problem] = []
    for problem in problems:
        state = file.state_around(problem.line) if problem.rule == "T007" else 0
        if state == 0 or state not in states:
            kept.append(problem)
        states.add(state)
    return kept


def _without_doubtful_warnings(problems: list[Problem], file: SourceFile) -> list[Problem]:
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        spoilt = {file.state_around(problem.line) for problem in errors} - {0}
        lines = {problem.line for problem in errors}
        return [each for each in problems if each.severity == "error" or not _is_doubtful(each, file, spoilt, lines)]
    codes = {problem.rule for problem in problems}
    if "T020" in codes:
        problems = [problem for problem in problems if problem.rule != "G010"]
    if codes & {"T020", "G010"}:
        problems = [problem for problem in problems if not problem.rule.startswith(_LEFTOVERS)]
    return problems


def _is_doubtful(warning: Problem, file: SourceFile, spoilt: set[int], lines: set[int]) -> bool:
    """Tell whether *warning* may follow from an error: in these *lines*, in these states, or anywhere in the file."""
    if warning.rule.startswith(_OF_WHOLE_FILE) or warning.line in lines:
        return True
    return warning.rule[0] in "GTW" and file.state_around(warning.line) in spoilt


def _without_names_of_broken_places(problems: list[Problem], broken: list[Problem], file: SourceFile) -> list[Problem]:
    """Return *problems* without those about a name that is declared in a line with a fault: it is not unknown."""
    lines = {problem.line for problem in broken}
    doubtful = {section: [key.text for key in file.declared(section) if key.span.line in lines] for section in SECTIONS}
    first_words = {file.line(problem.line).lstrip().partition(":")[0] for problem in broken}
    lost = {section for section in SECTIONS if section in first_words}
    if any(file.section_around(line) == _ALSO_DECLARES for line in lines):
        lost.add("remember")
    kept = []
    for problem in problems:
        unknown = unknown_in(problem, file)
        if unknown is not None and unknown.section in lost:
            continue
        if unknown is not None and nearest(unknown.name, doubtful[unknown.section]) is not None:
            continue
        if unknown is not None and broken and problem.rule == "X002" and unknown.first in STEPS_LEAVE:
            continue
        kept.append(problem)
    return kept
