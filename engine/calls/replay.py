"""A recorded call decided again, event by event, by the same pure core: exactly as it was, or where it differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from engine.core.catalogue import Catalogue
from engine.core.change import Change, JournalEntry, Row
from engine.core.event import Event
from engine.core.flow import Version
from engine.core.intake import after_defect, decide
from engine.core.program import Library
from engine.core.record import BEGINNING, FORMAT, event_in
from engine.errors import CommandRefused

_INPUTS = ("event", "failed")  # a call that had a defect of ringflow's has the latter in place of the former


@dataclass(frozen=True, slots=True)
class Difference:
    """The first line that is not as it was recorded; None where there is no such line."""

    recorded: JournalEntry | None
    replayed: JournalEntry | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What a replay led to: its history, how much of it is as recorded, and the first *difference*, if any."""

    journal: tuple[JournalEntry, ...]
    events: int
    commands: int
    difference: Difference | None


def replay(journal: Sequence[JournalEntry], version: Version, catalogue: Catalogue) -> Replay:
    """
    Decide all of the events in one leg's *journal* again, at their times, with the flows that it ran on.

    Raises:
        CommandRefused: the journal does not hold all that this needs; the message says why.
    """
    journal = [entry for entry in journal if not _is_of_nobody(entry)]
    library, row = _library(journal, version, catalogue), None
    done: list[JournalEntry] = []
    for group in _groups(journal):
        change = _decided(group, row, library)
        row = change.row or row
        found = [_as_kept(entry) for entry in change.journal]
        difference = _difference(group, found)
        done += found
        if difference is not None:
            return _result(done, difference)
    return _result(done, None)


def _result(done: Sequence[JournalEntry], difference: Difference | None) -> Replay:
    kinds = [entry.kind for entry in done if difference is None or entry is not difference.replayed]
    return Replay(
        journal=tuple(done), events=kinds.count("event"), commands=kinds.count("command"), difference=difference
    )


def _library(journal: Sequence[JournalEntry], version: Version, catalogue: Catalogue) -> Library:
    if not journal or journal[0].kind != BEGINNING:
        raise CommandRefused(
            "its history was written by a version of ringflow that did not keep enough of it to replay a call"
        )
    told = journal[0].record
    if told["format"] != FORMAT:
        raise CommandRefused("its history was written by a newer version of ringflow; replay it with that version")
    return Library(
        install=str(told["install"]), catalogue=catalogue, current=version, public_url=str(told["public_url"])
    )


def _groups(journal: Sequence[JournalEntry]) -> Iterator[Sequence[JournalEntry]]:
    """Yield what was written with each event, that one first; the beginning of all is with the first."""
    group: list[JournalEntry] = []
    for entry in journal:
        came = next((one for one in group if one.kind in _INPUTS), None)
        if came is not None and entry.kind in _INPUTS and not _is_about(entry, came):
            yield group
            group = []
        group.append(entry)
    yield group


def _is_about(entry: JournalEntry, came: JournalEntry) -> bool:
    """Tell whether a line says what went wrong with the event that *came*."""
    return entry.kind == "failed" and came.kind == "event" and entry.record["id"] == came.record["id"]


def _is_of_nobody(entry: JournalEntry) -> bool:
    """Tell whether a line is about an event that changed nothing, not even the run's count of events."""
    return (entry.kind == "stray" and "id" in entry.record) or (entry.kind == "failed" and "type" not in entry.record)


def _decided(group: Sequence[JournalEntry], row: Row | None, library: Library) -> Change:
    """Return what the event of *group* changes; where the record says that ringflow had a defect, it has it again."""
    first = next(entry for entry in group if entry.kind in _INPUTS)
    run, now = first.run, first.at
    if first.kind == "failed":
        failed = Event(id=str(first.record.get("id")), type=str(first.record["type"]), run=run, results=_results(group))
        return after_defect(failed, row, library, run=run, now=now, error=str(first.record.get("error")))
    event = event_in(first.record, run, _results(group))
    try:
        return decide(event, row, library, run=run, now=now)
    except Exception as defect:
        return after_defect(event, row, library, run=run, now=now, error=f"{type(defect).__name__}: {defect}")


def _results(group: Sequence[JournalEntry]) -> tuple[Any, ...]:
    return tuple(value for entry in group if entry.kind == "results" for value in entry.record["values"])


def _difference(recorded: Sequence[JournalEntry], replayed: Sequence[JournalEntry]) -> Difference | None:
    for index in range(max(len(recorded), len(replayed))):
        was = recorded[index] if index < len(recorded) else None
        now = replayed[index] if index < len(replayed) else None
        if was is None or now is None or (was.kind, was.record) != (now.kind, now.record):
            return Difference(was, now)
    return None


def _as_kept(entry: JournalEntry) -> JournalEntry:
    """Return a line as a store gives it back."""
    text = orjson.dumps(entry.record, default=_plain, option=orjson.OPT_NON_STR_KEYS)
    return JournalEntry(run=entry.run, at=entry.at, kind=entry.kind, record=orjson.loads(text))


def _plain(value: object) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)
