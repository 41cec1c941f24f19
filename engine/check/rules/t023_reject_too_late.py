"""T023: a call is rejected that has been answered already."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.ways import steps_where
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("T023", "reject-too-late", "A reject on a way on which the call is answered already.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each reject that may come after the answer, where Telnyx refuses it."""
    for flow, step in steps_where(folder, lambda visit: visit.step.name == "reject" and visit.situation.is_answered):
        message = "the call may be answered already when 'reject' comes; use - hangup there"
        yield CODE.at(flow.path, step.key.span, message)
