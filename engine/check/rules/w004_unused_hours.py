"""W004: hours that no formula asks about."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.formula_functions import FIRST_HOURS
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("W004", "unused-hours", "Hours that no formula asks about.", "warning")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one warning for each entry of hours that changes nothing."""
    for compiled in folder.flows:
        tree = compiled.tree
        if not tree.is_sound or any(problem.severity == "error" for problem in compiled.problems):
            continue
        zone = set(list(tree.hours)[:1]) if FIRST_HOURS in compiled.names_read else set()
        for name, hours in tree.hours.items():
            if name not in compiled.names_read | zone:
                yield CODE.at(
                    tree.path, hours.key.span, f"no formula asks about the hours '{name}'; use or remove them"
                )
