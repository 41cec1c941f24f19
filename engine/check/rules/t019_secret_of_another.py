"""T019: somebody else is asked for a secret."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.names import ME
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("T019", "secret-of-another", "A conference_gather that asks another leg for a secret.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each secret that would be pressed on a leg whose own history knows nothing of secrecy."""
    for flow, _, _, step in folder.steps():
        if step.name != "conference_gather" or set(step.values.get("to", ())) <= {ME}:
            continue
        variable = flow.variables.get(step.values.get("into", ""))
        if variable is not None and variable.is_secret:
            message = f"'{variable.name}' is secret, and the keys of another leg would stand in that leg's history"
            hint = "Let that leg gather it itself, where its flow can keep it secret."
            yield CODE.at(flow.path, step.given["into"].span, message, hint=hint)
