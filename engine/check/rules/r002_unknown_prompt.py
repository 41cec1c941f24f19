"""R002: a step names a prompt that does not exist."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.suggest import did_you_mean
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("R002", "unknown-prompt", "A step names a prompt that is not among prompts.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each prompt that is used and not there."""
    for flow, _, _, step in folder.steps():
        name = step.given.get("prompt")
        if name is not None and "prompt" in step.values and name.text not in flow.prompt_keys:
            meant = did_you_mean(name.text, flow.prompt_keys)
            hint = "" if meant else "A prompt is written under prompts; a text that is said once needs only - speak."
            yield CODE.at(flow.path, name.span, f"there is no prompt '{name.text}'{meant}", hint=hint)
