"""W006: an answer that the flow never gives a value."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.reuse import taken, uses
from engine.check.rules.r003_unknown_variable import written_by
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("W006", "answer-never-set", "An answer that is always the variable's first value.", "warning")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one warning for each of ``answers`` that no step writes and no other flow gives."""
    taken_by: dict[str, set[str]] = {}
    for use in uses(folder):
        taken_by.setdefault(use.by.path, set()).update(mine.text for mine, _ in taken(use))
    for flow in folder.trees:
        written = {name.text for _, _, step in flow.steps() for name in written_by(step)} | {*flow.needs}
        for name in flow.answers:
            if flow.is_sound and name not in written | taken_by.get(flow.path, set()):
                message = f"no step gives '{name}' a value, so the answer is always the same"
                hint = f"Add - set: {{{name}: ...}}, or let a gather put its keys into it."
                yield CODE.at(flow.path, flow.variable_keys[name].span, message, hint=hint)
