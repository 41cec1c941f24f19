"""The options of a step as step() gets them: what the author gave, and the defaults of the verb table."""

from __future__ import annotations

from typing import Any

from engine.core.verbs import GATHERS
from engine.language.tree import StepTree

_TRIES_WITH_A_PROMPT = 3  # Telnyx's own default of gather_using_speak


def full_options(step: StepTree) -> dict[str, Any]:
    """Return the options of *step*, with defaults; those without value and default are left out."""
    values = {option.name: option.default for option in step.verb.options if option.default is not None}
    values |= step.values
    if step.name in GATHERS and "tries" not in values:
        speaks = any(name in values for name in ("prompt", "speak", "play"))
        values["tries"] = _TRIES_WITH_A_PROMPT if speaks else 1
    if step.name == "transfer":
        values.setdefault("as", "")
    return values
