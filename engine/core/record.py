"""How a leg's history begins, and what it keeps of each event: all that a replay needs to decide the same again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core.change import JournalEntry
from engine.core.event import Event
from engine.core.program import Library

BEGINNING = "recorded"
FORMAT = 1  # of histories; one without this line was written before they could be replayed


def beginning(library: Library, run: str, now: float) -> JournalEntry:
    """Return the first line of a leg's history: what decisions read besides the flows and the events."""
    record = {"format": FORMAT, "install": library.install, "public_url": library.public_url}
    return JournalEntry(run=run, at=now, kind=BEGINNING, record=record)


def event_line(event: Event, payload: Mapping[str, Any], *, at: str) -> dict[str, Any]:
    """
    Return what a history keeps of *event*: its *payload* as it may be shown, and *at* which step the leg was.

    Only webhooks have ``occurred_at``, None where Telnyx does not say.
    """
    line = {"id": event.id, "type": event.type, "at": at, "payload": payload}
    return line if event.run is not None else {**line, "occurred_at": event.occurred_at}


def event_in(line: Mapping[str, Any], run: str, results: tuple[Any, ...] = ()) -> Event:
    """Return the event that *run* got, as far as its history tells; *results* were made of what is masked in it."""
    return Event(
        id=line["id"],
        type=line["type"],
        payload=line["payload"],
        occurred_at=line.get("occurred_at"),
        run=None if "occurred_at" in line else run,
        results=results,
    )
