"""Forgetting a phone number in PostgreSQL: one portion, read, decided on and written if nobody changed it meanwhile."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from engine.core.change import Row
from engine.core.mentions import Number
from engine.ports import Forgotten
from engine.store.forgetting import LINES, Line, fates_of, masked_lines, next_place, number_in, place_of
from engine.store.rows import json_text

# Returns the rows of the statement of that name, with these values.
Fetch = Callable[..., Awaitable[list[Any]]]


async def forget(fetch: Fetch, number: Number, *, now: float, place: str, limit: int) -> Forgotten:
    """Do the portion that begins at *place*: see ``engine.ports.Store.forget``."""
    table, after = place_of(place)
    if table == "runs":
        return await _in_runs(fetch, number, after, now=now, limit=limit)
    return await _in_lines(fetch, number, table, after, limit=limit * LINES)


async def _in_runs(fetch: Fetch, number: Number, after: str, *, now: float, limit: int) -> Forgotten:
    found = await fetch("runs_after", after, limit)
    rows = [Row(run=run, ver=ver, state=state, version=version, ended_at=at) for run, ver, state, version, at in found]
    fates = fates_of(rows, number, now=now)
    theirs = [{"run": row.run, "ver": row.ver} for row in fates.theirs]
    written = [
        {"run": row.run, "ver": row.ver, "state": row.state, "version": row.version, "is_emptied": is_emptied}
        for is_emptied, some in ((True, fates.emptied), (False, fates.masked))
        for row in some
    ]
    answer = await fetch("forget_runs", json_text(theirs), json_text(written)) if theirs or written else []
    done = {run for (run,) in answer}
    changed = [row.run for row in (*fates.gone, *fates.masked) if row.run not in done]
    return Forgotten(
        calls=sum(row.run in done for row in fates.gone),
        mentions=sum(row.run in done for row in fates.masked),
        live=(*fates.live, *changed),
        next=next_place("runs", rows[-1].run if rows else "", is_full=len(rows) == limit),
    )


async def _in_lines(fetch: Fetch, number: Number, table: str, after: str, *, limit: int) -> Forgotten:
    is_history = table == "journal"
    found = await fetch(f"{table}_after", number_in(after) if is_history else after, limit)
    lines = [line for values in found if number.is_in((line := Line(*values)).text)]
    open_runs = {run for (run,) in await fetch("open_runs", [line.run for line in lines])} if lines else set()
    masked, live = masked_lines(lines, number, open_runs, is_history=is_history)
    if masked:
        await fetch(f"mask_{table}", json_text([{"text": text, "position": position} for text, position in masked]))
    return Forgotten(
        mentions=len(masked),
        live=tuple(live),
        next=next_place(table, found[-1][0] if found else "", is_full=len(found) == limit),
    )
