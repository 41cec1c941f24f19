"""W001: a prompt that says nothing in a language that the flow speaks."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("W001", "prompt-lacks-language", "A prompt without a language that other prompts have.", "warning")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one warning for each prompt that lacks a language."""
    for flow in folder.trees:
        if not flow.is_sound:
            continue
        used = {flow.settings.language, *(language for _, language in flow.prompt_parts)}
        for name, says in flow.prompts.items():
            missing = sorted(used - says.keys())
            if missing:
                message = f"the prompt '{name}' says nothing in {' and '.join(missing)}"
                yield CODE.at(flow.path, flow.prompt_keys[name].span, message)
