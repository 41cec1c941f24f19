"""G003: a rule behind one that always applies."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("G003", "rule-never-reached", "A rule behind one without if, so it never applies.", "warning")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one warning for the first rule behind an unconditional one."""
    for flow, _, block in folder.blocks():
        for _, rules in block.all_rules():
            always = next((index for index, rule in enumerate(rules) if rule.condition is None), len(rules))
            if always < len(rules) - 1 and block.is_sound:
                message = "this rule never applies, because the one before it has no if; put the rule without if last"
                yield CODE.at(flow.path, rules[always + 1].span, message)
