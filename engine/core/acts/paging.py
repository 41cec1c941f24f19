"""Listings of Telnyx's, read page by page into a list variable."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.core.acts.act import Act, Result, Verdict
from engine.core.answer import answer_in
from engine.core.event import Event
from engine.core.leg import Running
from engine.core.turn import Turn

PAGE_SIZE = 250  # the largest that Telnyx has (facts.md, section 3, "Pagination")
MOST_PAGES = 40


def listing(
    operation: str,
    *,
    take: Callable[[Mapping[str, Any]], Any],
    path: Callable[[Turn, Running], Mapping[str, str]],
    query: Callable[[Turn, Running], Mapping[str, Any]] = lambda _turn, _running: {},
) -> Act:
    """
    Return the act of a verb whose ``into`` gets what *take* finds in each row of *operation*, as texts.

    All pages are read, up to 10,000 rows; rows in which *take* finds nothing are left out.
    """

    def ask(turn: Turn, running: Running) -> Result:
        page = {"page[number]": running.note["page"], "page[size]": PAGE_SIZE}
        turn.send(operation, path=path(turn, running), query={**query(turn, running), **page})
        return Verdict.WAITS

    def begin(turn: Turn, running: Running) -> Result:
        running.note.update(page=1, found=[])
        return ask(turn, running)

    def accepted(turn: Turn, running: Running, event: Event) -> Result:
        answer = answer_in(event.payload)
        found = (take(row) for row in answer.items)
        running.note["found"] += [str(value) for value in found if value is not None]
        if answer.is_last_page or running.note["page"] >= MOST_PAGES:
            turn.leg.variables[turn.option(running.frame, "into")] = running.note["found"]
            return Verdict.DONE
        running.note["page"] += 1
        return ask(turn, running)

    return Act(begin=begin, accepted=accepted)
