"""W002: a prompt that no step uses."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("W002", "unused-prompt", "A prompt that no step uses.", "warning")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one warning for each prompt that is never heard."""
    for flow in folder.trees:
        used = {step.values["prompt"] for _, _, step in flow.steps() if "prompt" in step.values}
        is_known = flow.is_sound and used <= flow.prompt_keys.keys()  # else one of them may be meant
        for name, key in flow.prompt_keys.items():
            if is_known and name not in used:
                yield CODE.at(flow.path, key.span, f"no step uses the prompt '{name}'; use it or remove it")
