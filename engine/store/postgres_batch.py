"""A batch of changes as ``apply_batch_v1`` takes it: flat lists, each line with the number of its change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from engine.core.change import Change
from engine.store.rows import json_text, outbox_values

_OUTBOX = ("command_id", "run", "chain", "seq", "body", "urgent", "created_at", "first_attempt_at")


def batch_of(changes: Sequence[Change]) -> dict[str, list[dict[str, Any]]]:
    """Return *changes* as lists of rows for the database."""
    numbered = list(enumerate(changes))
    return {
        "runs": list(_runs(changes)),
        "changes": [
            {"n": n, "run": _run(change), "event_id": change.event_id, "at": change.at} for n, change in numbered
        ],
        "keys": [{"n": n, "key": key, "run": _run(change)} for n, change in numbered for key in change.keys],
        "commands": [
            {"n": n, **dict(zip(_OUTBOX, outbox_values(row), strict=True))}
            for n, change in numbered
            for row in change.commands
        ],
        "withdrawn": list(_leaving((n, change.withdrawn) for n, change in numbered)),
        "settled": list(_leaving((n, (*change.abandoned, *change.settled)) for n, change in numbered)),
        "journal": [
            {"n": n, "run": entry.run, "at": entry.at, "kind": entry.kind, "record": json_text(entry.record)}
            for n, change in numbered
            for entry in change.journal
        ],
    }


def _runs(changes: Iterable[Change]) -> Iterator[dict[str, Any]]:
    """Yield each run once: as its first change found it, and as its last one leaves it."""
    ver_before: dict[str, int] = {}
    last: dict[str, Change] = {}
    for change in changes:
        if change.row is not None:
            ver_before.setdefault(change.row.run, change.ver_before)
            last[change.row.run] = change
    for run, change in last.items():
        row, timer = change.row, change.timer
        assert row is not None
        yield {
            "run": run,
            "ver_before": ver_before[run],
            "ver": row.ver,
            "state": row.state,
            "version": row.version,
            "ended_at": row.ended_at,
            "due": timer and timer.due,
            "gen": timer and timer.gen,
        }


def _leaving(lists: Iterable[tuple[int, Sequence[str]]]) -> Iterator[dict[str, Any]]:
    return ({"n": n, "command_id": command_id} for n, command_ids in lists for command_id in command_ids)


def _run(change: Change) -> str:
    return change.row.run if change.row else ""
