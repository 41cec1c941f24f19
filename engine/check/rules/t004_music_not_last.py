"""T004: music with steps behind it."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("T004", "music-not-last", "A play with repeat: forever that is not the last step of do.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each endless play that other steps would have to wait for."""
    for flow in folder.trees:
        for _, state in flow.blocks():
            for step in state.all_steps():
                if step.is_music and state.is_sound and not (state.steps and step is state.steps[-1]):
                    message = "music (repeat: forever) must be the last step of 'do'"
                    yield CODE.at(flow.path, step.key.span, message)
                elif step.is_music and state.then:
                    message = "music (repeat: forever) would stop at once, because 'then' leaves the state"
                    yield CODE.at(flow.path, step.key.span, message)
