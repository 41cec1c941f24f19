"""T004: music with steps behind it."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("T004", "music-not-last", "A play with repeat: forever that is not the last step of do.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each endless play that other steps would have to wait for; a dial may ring meanwhile."""
    for flow, _, state in folder.blocks():
        for step in state.all_steps():
            if not step.is_music:
                continue
            behind = state.steps[state.steps.index(step) + 1 :] if step in state.steps else None
            if state.is_sound and (behind is None or any(other.name != "dial" for other in behind)):
                message = "music (repeat: forever) must be the last step of 'do'"
                hint = "Only dial may follow it: then the music plays while somebody is rung."
                yield CODE.at(flow.path, step.key.span, message, hint=hint)
            elif state.then and not behind:
                message = "music (repeat: forever) would stop at once, because 'then' leaves the state"
                yield CODE.at(flow.path, step.key.span, message)
