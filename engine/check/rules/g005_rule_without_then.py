"""G005: a rule that leads nowhere, where it must."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.rules.g004_rules_match_nothing import MUST_MATCH
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code(
    "G005",
    "rule-without-then",
    "A rule in then, keys, after or on_error without then, or one elsewhere that does nothing.",
)


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each rule that says nothing about where to go, or nothing at all."""
    for flow, _, block in folder.blocks():
        aimless = [(word, rule) for word, rules in block.all_rules() for rule in rules if rule.then is None]
        for section, rule in aimless if block.is_sound else ():
            if section in MUST_MATCH:
                message = f"this rule of '{section}' does not say where it leads; add then"
                yield CODE.at(flow.path, rule.span, message)
            elif not rule.steps:
                yield CODE.at(flow.path, rule.span, "this rule does nothing; add do, then or both")
