"""W003: a variable that nothing reads."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.rules.r003_unknown_variable import written_by
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.words import PSEUDO_VARIABLE

CODE = Code("W003", "unused-variable", "A variable that no formula reads.", "warning")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one warning for each variable whose value changes nothing."""
    for compiled in folder.flows:
        tree = compiled.tree
        if not tree.is_sound or any(problem.severity == "error" for problem in compiled.problems):
            continue
        written = {name.text for _, _, step in tree.steps() for name in written_by(step)}
        is_known = written <= {*tree.variables, PSEUDO_VARIABLE}  # else one of them may be meant
        for name, key in tree.variable_keys.items():
            is_read = name in compiled.names_read or name in compiled.flow.shared  # by another leg: agent.account
            if is_known and not is_read and name not in tree.answers:
                yield CODE.at(tree.path, key.span, f"nothing reads the variable '{name}'; use it or remove it")
