"""Forgetting a phone number, portion by portion: which place comes next, and what becomes of the rows there."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

import orjson

from engine.core.change import Row
from engine.core.mentions import Number, fate_of, masked_row, tombstone
from engine.core.names import PLAN, is_leg
from engine.errors import CommandRefused
from engine.store.rows import json_text

LINES = 4  # of the history are read where one run would be: they are short
_TABLES = ("runs", "outbox", "journal")
Position = TypeVar("Position")


@dataclass(frozen=True, slots=True)
class Fates:
    """What becomes of some runs: *theirs* go, *emptied* and *masked* are what is to be written, *live* are left."""

    theirs: list[Row] = field(default_factory=list)
    emptied: list[Row] = field(default_factory=list)
    masked: list[Row] = field(default_factory=list)
    live: list[str] = field(default_factory=list)

    @property
    def gone(self) -> list[Row]:
        """Those of which no command, timer or line of history stays."""
        return [*self.theirs, *self.emptied]


class Line(NamedTuple, Generic[Position]):
    """A command or a line of history: where it stands, its run, and its JSON."""

    position: Position
    run: str
    text: str


def place_of(place: str) -> tuple[str, str]:
    """
    Return the table that a portion is about, and the position after which it begins, "" for its beginning.

    Raises:
        CommandRefused: *place* is not one that a portion was answered with.
    """
    table, _, after = place.partition(":")
    if place and table not in _TABLES:
        raise CommandRefused(f"'{place}' is no place to go on; leave it out to begin anew")
    return table or _TABLES[0], after


def number_in(after: str) -> int:
    """Return the position *after* where it is a number. Raises CommandRefused."""
    if not after:
        return 0
    if not re.fullmatch("[0-9]{1,18}", after):
        raise CommandRefused(f"'{after}' is no place to go on; leave it out to begin anew")
    return int(after)


def next_place(table: str, last: object, *, is_full: bool) -> str:
    """Return where to go on after a portion that ended at *last*, "" when all is done."""
    if is_full:
        return f"{table}:{last}"
    following = _TABLES[_TABLES.index(table) + 1 :]
    return f"{following[0]}:" if following else ""


def fates_of(rows: Iterable[Row], number: Number, *, now: float) -> Fates:
    """Return what becomes of *rows*."""
    found = Fates()
    for row in rows:
        match fate_of(row, number, now=now):
            case "theirs":
                found.theirs.append(row)
            case "recent":
                found.emptied.append(tombstone(row))
            case "mention":
                found.masked.append(masked_row(row, number))
            case "live":
                found.live.append(row.run)
    return found


def masked_lines(
    lines: Iterable[Line[Position]], number: Number, open_runs: Collection[str], *, is_history: bool
) -> tuple[list[tuple[str, Position]], list[str]]:
    """
    Return the JSON of *lines*, which hold *number*, without it, each with its position; and the calls that were left.

    *open_runs* are those of them that are under way. What a room or queue in use has yet to do is left too, without a
    word: it belongs to a call that is named anyway.
    """
    masked, live = [], []
    for line in lines:
        is_open = line.run in open_runs
        if is_open and (is_leg(line.run) or line.run.startswith(PLAN)):
            live.append(line.run)
        elif is_history or not is_open:
            masked.append((json_text(number.masked(orjson.loads(line.text))), line.position))
    return masked, list(dict.fromkeys(live))
