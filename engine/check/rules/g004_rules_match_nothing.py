"""G004: rules of which none may apply, where one must."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("G004", "rules-match-nothing", "Rules in then, keys, after or on_error of which the last has an if.")
MUST_MATCH = ("then", "keys", "after", "on_error")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each such list of rules."""
    for flow, _, block in folder.blocks():
        for section, rules in block.all_rules():
            if section in MUST_MATCH and rules and block.is_sound and all(rule.condition for rule in rules):
                message = f"it may be that none of these rules applies; end '{section}' with a rule without if"
                yield CODE.at(flow.path, rules[-1].span, message)
