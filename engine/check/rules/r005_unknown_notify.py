"""R005: notify names an address that project.yaml does not."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.suggest import did_you_mean
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("R005", "unknown-notify", "A notify names an address that is not among notify in project.yaml.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each address that is not there."""
    known = folder.project.project.notify
    if folder.project.is_sound:
        for flow, _, _, step in folder.steps():
            to = step.given.get("to") if step.name == "notify" else None
            if to is not None and to.text not in known:
                meant = did_you_mean(to.text, known)
                there = f"It has {' and '.join(known)}." if known else ""
                hint = "" if meant else there or f'Name it there: notify: {{{to.text}: {{url: "https://..."}}}}.'
                message = f"there is no notify address '{to.text}' in project.yaml{meant}"
                yield CODE.at(flow.path, to.span, message, hint=hint)
