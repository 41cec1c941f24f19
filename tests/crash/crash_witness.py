"""What the simulated Telnyx and the processes' own notes say, in the form that is counted."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

from count import Done, Span
from crash_fleet import Engine

from engine.core.catalogue import Catalogue
from engine.simulator.values import Entry

# A start that finds nobody listened for 58 s, as noted every ten, asks for all calls before timers fire: 5 s, and a
# twentieth for each leg. It is noted again once it has run for ten seconds.
_DOWNTIME_S = 48.0
_NOTED_EVERY_S = 10.0
_ROLL_CALL_S = 6.0
_LEGS_PER_CALL = 2.0


def requests_done(record: Iterable[Entry], catalogue: Catalogue) -> list[Done]:
    """Return the requests that changed something, in order: not refused, not ignored, not a repetition, no reading."""
    return [
        Done(
            at=entry.at,
            operation=entry.what,
            path=entry.details["path"],
            parameters=entry.details["parameters"],
            command_id=entry.details["parameters"].get("command_id", ""),
        )
        for entry in record
        if entry.kind == "request"
        and entry.details["status"] < 300
        and not entry.details["repeated"]
        and entry.details["mishap"] != "ignored"
        and not catalogue.operations[entry.what].is_read
    ]


def busyness() -> float:
    """Return how many times as long as alone this process took, because others had the processors: from 1 to 4."""
    with open("/proc/self/schedstat") as told:
        ran, waited, _ = (int(nanoseconds) for nanoseconds in told.read().split())
    return min(1.0 + waited / max(ran, 1), 4.0)


def live_spans(engines: Sequence[Engine], down: Iterable[Span], *, crowd: int) -> list[Span]:
    """
    Return when an engine ran and could use its database, in order.

    A process runs from "ready" to its end, but for the times in which it was stopped or the machine had no time for
    it. After a long downtime the first seconds do not count: timers wait for what Telnyx says of each of *crowd* calls.
    """
    spans: list[Span] = []
    noted_at = float("inf")
    for engine in sorted((engine for engine in engines if engine.is_ready.is_set()), key=lambda one: one.serving_from):
        pauses = engine.pauses()
        hold_s = _ROLL_CALL_S + crowd * _LEGS_PER_CALL / 20 if engine.serving_from - noted_at > _DOWNTIME_S else 0.0
        spans += without([(engine.serving_from + hold_s, engine.gone_at)], pauses)
        long_pauses = [pause for pause in pauses if pause[1] - pause[0] > _DOWNTIME_S]
        for start, end in without([(engine.serving_from, engine.gone_at)], long_pauses):
            was_away = start - noted_at > _DOWNTIME_S
            first_note = start + _NOTED_EVERY_S if was_away else start
            if end >= first_note:
                noted_at = max(first_note, end - _NOTED_EVERY_S)
    return without(_united(spans), down)


def without(spans: Iterable[Span], holes: Iterable[Span]) -> list[Span]:
    """Return *spans*, which do not overlap, but for what lies in *holes*; in order."""
    closed = list(_united(holes))
    left, first = [], 0
    for start, end in sorted(spans):
        while first < len(closed) and closed[first][1] <= start:
            first += 1
        begun = start
        for since, until in itertools.islice(closed, first, None):
            if since >= end:
                break
            left.append((begun, since))
            begun = until
        left.append((begun, end))
    return [(start, end) for start, end in left if start < end]


def _united(spans: Iterable[Span]) -> Iterator[Span]:
    """Yield what at least one of *spans* covers, in order and without overlaps."""
    begun: Span | None = None
    for start, end in sorted(spans):
        if begun is not None and start <= begun[1]:
            begun = (begun[0], max(begun[1], end))
            continue
        if begun is not None:
            yield begun
        begun = (start, end)
    if begun is not None:
        yield begun
