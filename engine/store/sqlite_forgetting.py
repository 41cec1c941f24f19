"""Forgetting a phone number in SQLite: one portion, in one transaction."""

from __future__ import annotations

import sqlite3
from typing import Any

from engine.core.change import Row
from engine.core.mentions import Number
from engine.ports import Forgotten
from engine.store.forgetting import LINES, Line, fates_of, masked_lines, next_place, number_in, place_of
from engine.store.rows import json_text
from engine.store.sql import queries


def forget(connection: sqlite3.Connection, number: Number, *, now: float, place: str, limit: int) -> Forgotten:
    """Do the portion that begins at *place*: see ``engine.ports.Store.forget``."""
    table, after = place_of(place)
    if table == "runs":
        return _in_runs(connection, number, number_in(after), now=now, limit=limit)
    return _in_lines(connection, number, table, after, limit=limit * LINES)


def _in_runs(connection: sqlite3.Connection, number: Number, after: int, *, now: float, limit: int) -> Forgotten:
    found = connection.execute(queries()["runs_after"], (after, limit)).fetchall()
    fates = fates_of((_row(values) for _, *values in found), number, now=now)
    for row in (*fates.emptied, *fates.masked):
        connection.execute(queries()["put_run"], (row.run, row.ver, row.state, row.version, row.ended_at))
    for rows, tables in ((fates.theirs, ("keys", "runs")), (fates.gone, ("outbox", "timers", "journal"))):
        for table in tables:
            connection.execute(queries()[f"prune_{table}"], (json_text([row.run for row in rows]),))
    return Forgotten(
        calls=len(fates.gone),
        mentions=len(fates.masked),
        live=tuple(fates.live),
        next=next_place("runs", found[-1][0] if found else 0, is_full=len(found) == limit),
    )


def _in_lines(connection: sqlite3.Connection, number: Number, table: str, after: str, *, limit: int) -> Forgotten:
    is_history = table == "journal"
    beginning = number_in(after) if is_history else after
    found = connection.execute(queries()[f"{table}_after"], (beginning, limit)).fetchall()
    lines = [line for values in found if number.is_in((line := Line(*values)).text)]
    runs = json_text(list({line.run for line in lines}))
    open_runs = {run for (run,) in connection.execute(queries()["open_runs"], (runs,))}
    masked, live = masked_lines(lines, number, open_runs, is_history=is_history)
    connection.executemany(queries()[f"mask_{table}"], masked)
    position = found[-1][0] if found else ""
    return Forgotten(
        mentions=len(masked), live=tuple(live), next=next_place(table, position, is_full=len(found) == limit)
    )


def _row(values: list[Any]) -> Row:
    run, ver, state, version, ended_at = values
    return Row(run=run, ver=ver, state=state, version=version, ended_at=ended_at)
