"""R004: a step or prompt plays audio that project.yaml does not name."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.suggest import did_you_mean
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.nodes import Scalar
from engine.language.tree import FlowTree

CODE = Code("R004", "unknown-audio", "A step or prompt plays audio that is not among audio in project.yaml.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each name of audio that is not there."""
    known = folder.project.project.audio
    if not folder.project.is_sound:
        return
    for flow in folder.trees:
        for name in _played(flow):
            if name.text not in known:
                meant = did_you_mean(name.text, known)
                hint = "" if meant else f'Name it there: audio: {{{name.text}: {{url: "https://..."}}}}.'
                message = f"there is no audio '{name.text}' in project.yaml{meant}"
                yield CODE.at(flow.path, name.span, message, hint=hint)


def _played(flow: FlowTree) -> Iterator[Scalar]:
    for _, _, step in flow.steps():
        for name, given in step.given.items():
            option = step.verb.option(name)
            if option is not None and option.type == "audio":
                yield given
    for (prompt, language), part in flow.prompt_parts.items():
        if flow.prompts[prompt][language].audio:
            yield part
