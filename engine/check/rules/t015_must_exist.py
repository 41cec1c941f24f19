"""T015: somebody who only listens would create the room."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("T015", "must-exist", "A join with role monitor or whisper without must_exist: true.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each silent listener that may come into an empty room."""
    for flow, _, _, step in folder.steps():
        role = step.values.get("role") if step.name == "join_conference" else None
        if role in ("monitor", "whisper") and step.values.get("must_exist") is not True:
            message = f"with role: {role} the room must exist already; add must_exist: true"
            yield CODE.at(flow.path, step.given["role"].span, message)
