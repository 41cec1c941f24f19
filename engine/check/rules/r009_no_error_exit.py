"""R009: nothing says what happens when Telnyx refuses a step."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("R009", "no-error-exit", "A flow or role whose anywhere has no on_error.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each role without ``anywhere: {on_error: ...}``."""
    for flow, role in folder.roles():
        if role.anywhere.is_sound and not role.anywhere.on_error:
            owner = "this flow" if role is flow.caller else f"role '{role.name}'"
            message = f"{owner} does not say what happens when something fails; add anywhere: {{on_error: ...}}"
            hint = "For example a state that apologises, or hangup."
            yield CODE.at(flow.path, role.key.span, message, hint=hint)
