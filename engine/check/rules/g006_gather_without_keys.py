"""G006: keys are asked for, and nothing says what they do."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("G006", "gather-without-keys", "A state that ends with gather and has no keys.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each gather whose answer leads nowhere."""
    for flow, _, state in folder.blocks():
        if state.is_sound and state.gather is not None and not state.keys:
            message = f"'{state.name}' asks for keys, but has no 'keys' to say where they lead"
            hint = 'For example keys: {"1": STATE, anything_else: STATE, nothing: hangup}.'
            yield CODE.at(flow.path, state.gather.key.span, message, hint=hint)
