"""T023: a call is rejected that has been answered already."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.ways import ways_of
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("T023", "reject-too-late", "A reject on a way on which the call is answered already.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each reject that may come after the answer, where Telnyx refuses it."""
    for flow in folder.trees:
        for role in flow.roles:
            told: set[int] = set()
            for visit in ways_of(folder).visits(flow, role):
                step = visit.step
                if step.name == "reject" and visit.situation.is_answered and id(step) not in told:
                    told.add(id(step))
                    message = "the call may be answered already when 'reject' comes; use - hangup there"
                    yield CODE.at(flow.path, step.key.span, message)
