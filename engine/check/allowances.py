"""``# check: allow G002 because ...``: an author takes responsibility for what a rule says about the next line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.core.kinds import RULES
from engine.core.nearest import did_you_mean
from engine.core.problem import Problem
from engine.language.codes import LANGUAGE_CODES, Code
from engine.language.loader import Folder
from engine.language.nodes import Comment

UNREADABLE = Code("C001", "bad-allowance", "An allowance without a reason, or for no rule.")
UNUSED = Code("C002", "unused-allowance", "An allowance for something that the checker does not say.", "warning")
CODES = (UNREADABLE, UNUSED)
_ALLOW = re.compile(r"#\s*check:\s*allow\s+(?P<rule>\S+)(?:\s+because\s+(?P<reason>\S.*))?\s*$")
_CHECK = re.compile(r"#\s*check\s*:")


@dataclass(frozen=True, slots=True)
class _Allowance:
    path: str
    comment: Comment
    rule: Code
    line: int  # the line that it is about

    @property
    def place(self) -> tuple[str, int, str]:
        """What it allows: a path, a line, the code of a rule."""
        return self.path, self.line, self.rule.code


def apply(problems: Sequence[Problem], folder: Folder, rules: Sequence[Code]) -> Iterator[Problem]:
    """Yield *problems* without the allowed ones, and what is wrong with the allowances themselves."""
    found = list(_written(folder, rules))
    yield from (each for each in found if isinstance(each, Problem))
    allowances = [each for each in found if isinstance(each, _Allowance)]
    places = {(problem.path, problem.line, problem.rule) for problem in problems}
    allowed = {allowance.place for allowance in allowances}
    yield from (problem for problem in problems if (problem.path, problem.line, problem.rule) not in allowed)
    for allowance in allowances:
        if allowance.place not in places:
            message = f"nothing in the next line needs this allowance of {allowance.rule.code}; take it out"
            yield UNUSED.at(allowance.path, allowance.comment.span, message)


def can_be_allowed(rule: Code) -> bool:
    """Tell whether an author may allow this rule: not where the flow has no meaning, for it refers to nothing."""
    return not (rule.code.startswith("R") and rule.severity == "error")


def _is_of_language(word: str) -> bool:
    of_formulas = any(word in (code, name) for code, (name, _) in RULES.items())
    return of_formulas or word[:1] == "Y" or any(word in (code.code, code.name) for code in LANGUAGE_CODES)


def _written(folder: Folder, rules: Sequence[Code]) -> Iterator[_Allowance | Problem]:
    for path, document in folder.documents.items():
        lines = {comment.span.line for comment in document.comments}
        written = (comment for comment in document.comments if _CHECK.match(comment.text))
        yield from (_read(path, comment, rules, lines) for comment in written)


def _read(path: str, comment: Comment, rules: Sequence[Code], comment_lines: set[int]) -> _Allowance | Problem:
    match = _ALLOW.match(comment.text)
    span = comment.span
    if match is None:
        message = "an allowance is written: # check: allow G002 because ..."
        return UNREADABLE.at(path, span, message)
    word = match["rule"]
    rule = next((code for code in rules if word in (code.code, code.name)), None)
    if rule is None or not can_be_allowed(rule):
        is_other = rule is not None or _is_of_language(word)
        names = [name for code in rules for name in (code.code, code.name)]
        message = f"there is no rule '{word}'{did_you_mean(word, names)}"
        if is_other:
            message = f"{word} cannot be allowed: a flow with this fault cannot run"
        return UNREADABLE.at(path, span, message)
    if match["reason"] is None:
        message = f"an allowance needs its reason: # check: allow {word} because ..."
        return UNREADABLE.at(path, span, message)
    line = span.line + 1
    while line in comment_lines:
        line += 1
    return _Allowance(path, comment, rule, line)
