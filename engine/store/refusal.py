"""Which changes a store takes: the rule of ``Store.apply``, for every kind of store."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from engine.core.change import Change


def refused_runs(changes: Iterable[Change], *, seen: Collection[str], vers: Mapping[str, int]) -> frozenset[str]:
    """Return the runs whose stored ver is not the one their first change began with, or with an event *seen* before."""
    first: dict[str, int] = {}
    refused = set()
    for change in changes:
        if change.row is None:
            continue
        begun_with = first.setdefault(change.row.run, change.ver_before)
        if begun_with != vers.get(change.row.run, 0) or change.event_id in seen:
            refused.add(change.row.run)
    return frozenset(refused)


def is_taken(change: Change, *, seen: Collection[str], refused: Collection[str]) -> bool:
    """True when *change* is to be written: its run is not refused; without a run, its event is new."""
    return change.row.run not in refused if change.row else change.event_id not in seen
