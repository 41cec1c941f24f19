"""G005: a rule that leads nowhere, where it must."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.rules.g004_rules_match_nothing import MUST_MATCH
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("G005", "rule-without-then", "A rule in then, keys, after or on_error without then.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each rule that says nothing about where to go."""
    for flow in folder.trees:
        for _, block in flow.blocks():
            for section, rules in block.all_rules():
                for rule in rules:
                    if section in MUST_MATCH and rule.then is None and block.is_sound:
                        message = f"this rule of '{section}' does not say where it leads; add then"
                        yield CODE.at(flow.path, rule.span, message)
