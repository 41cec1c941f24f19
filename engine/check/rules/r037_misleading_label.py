"""R037: a leg in a room is called by a word that means somebody else."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.names import ME
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.events import ANYONE
from engine.language.loader import Folder

CODE = Code("R037", "misleading-label", "A name in as: of join_conference that means somebody else.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each label that is another role's name, or a word with a meaning of its own."""
    for flow in folder.trees:
        roles = flow.role_names
        for role, _, step in flow.steps():
            label = step.given.get("as") if step.name == "join_conference" else None
            if label is None or label.text == role.name:
                continue
            if label.text in (ME, ANYONE):
                message = f"a leg cannot be called '{label.text}': the word has a meaning of its own"
                yield CODE.at(flow.path, label.span, message)
            elif label.text in roles:
                message = f"'{label.text}' is another leg here, and this one is '{role.name}'; choose another name"
                yield CODE.at(flow.path, label.span, message)
