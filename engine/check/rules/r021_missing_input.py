"""R021: a flow is not given all that it needs."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.reuse import is_sound, uses
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("R021", "missing-input", "A flow that is not given a value that it needs.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each use that leaves out an entry of ``needs``."""
    for use in uses(folder):
        given = {key.text for key, _, _ in use.gift.give}
        missing = [name for name in use.of.needs if name not in given]
        if len(missing) == len(given - set(use.of.needs)):
            continue  # they have other names, as R022 says
        if missing and is_sound(use.of) and use.by.is_sound:
            listed = " and ".join(f"'{name}'" for name in missing)
            example = ", ".join(f"{name}: ..." for name in missing)
            message = f"the flow '{use.of.name.text}' needs {listed}; add give: {{{example}}}"
            yield CODE.at(use.by.path, use.gift.flow.span, message)
