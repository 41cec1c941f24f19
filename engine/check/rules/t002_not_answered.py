"""T002: something is to be heard before the call is answered."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.ways import ways_of
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("T002", "not-answered", "A step that needs an answered call, on a way without answer.")
_ALSO = frozenset({"join_conference", "connect", "send_dtmf", "refer", "transcription_start"})


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each step that Telnyx would refuse because nobody has answered (90034)."""
    ways = ways_of(folder)
    for flow, role in folder.roles():
        for visit in ways.visits(flow, role):
            step = visit.step
            needs_answer = step.verb.audible or step.name in _ALSO
            if needs_answer and not visit.situation.is_answered:
                message = f"the call may not be answered yet when '{step.name}' comes; put - answer before it"
                yield CODE.at(flow.path, step.key.span, message)
                break  # the steps after it lack the same answer
