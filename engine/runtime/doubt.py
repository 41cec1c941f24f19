"""Which changes of a commit whose answer never came had been committed."""

from __future__ import annotations

from collections.abc import Sequence

from engine.core.change import Change, Row
from engine.ports import Loaded


def standing_runs(changes: Sequence[Change], loaded: Loaded) -> frozenset[str]:
    """
    Return the runs that stand in the store exactly as *changes* leave them, with all their events.

    *loaded* is what the store knows of these runs and events. Only the commit itself, or the same one of another
    process, can have brought that about.
    """
    rows: dict[str, Row] = {}
    unseen: set[str] = set()
    for change in changes:
        if change.row is not None:
            rows[change.row.run] = change.row
            if change.event_id and change.event_id not in loaded.seen:
                unseen.add(change.row.run)
    return frozenset(run for run, row in rows.items() if loaded.rows.get(run) == row and run not in unseen)
