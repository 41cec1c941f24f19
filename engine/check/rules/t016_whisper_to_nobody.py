"""T016: a whisper that nobody hears."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("T016", "whisper-to-nobody", "A whisper that does not say who hears it.", "warning")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one warning for each ``role: whisper`` without ``to``, which Telnyx takes for a monitor."""
    for flow, _, _, step in folder.steps():
        if step.name not in ("join_conference", "conference_role") or "to" in step.values:
            continue
        if step.values.get("role") == "whisper":
            message = "nobody hears this whisper; say who does, for example to: agent, or write role: monitor"
            yield CODE.at(flow.path, step.given["role"].span, message)
