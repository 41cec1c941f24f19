"""R022: a flow is given something that it does not need."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.reuse import is_sound, uses
from engine.check.suggest import did_you_mean
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("R022", "unknown-input", "A flow that is given a value that it does not need.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each entry of ``give`` that is none of the flow's ``needs``."""
    for use in uses(folder):
        if not is_sound(use.of):
            continue
        for key, _, _ in use.gift.give:
            if key.text not in use.of.needs:
                meant = did_you_mean(key.text, use.of.needs)
                takes = f"it needs {', '.join(use.of.needs)}" if use.of.needs else "it needs nothing"
                hint = "" if meant else f"What a flow needs stands under another_flow_calls: {takes}."
                message = f"the flow '{use.of.name.text}' does not need '{key.text}'{meant}"
                yield CODE.at(use.by.path, key.span, message, hint=hint)
