"""T010: hours that overlap, also across midnight and from one day to the next."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.hours import DAY_MIN, WEEK_MIN
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.hours import DAYS
from engine.language.loader import Folder
from engine.language.nodes import Span
from engine.language.tree import HoursTree, PeriodTree

CODE = Code("T010", "hours-overlap", "Opening times that begin while earlier ones still go on.")
_HINT = "Let the first end before the second begins, or write both as one."


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each place at which hours overlap."""
    for flow in folder.trees:
        for hours in flow.hours.values():
            told: dict[Span, str] = {}
            for first, second in _overlaps(hours):
                told.setdefault(second.span, _message(first, second))
            yield from (CODE.at(flow.path, span, message, hint=_HINT) for span, message in told.items())


def _overlaps(hours: HoursTree) -> Iterator[tuple[PeriodTree, PeriodTree]]:
    """Yield periods during which another begins, with that other one; each overlap shows in at least one pair."""
    in_order = sorted(hours.periods, key=lambda period: (period.day, period.opens))
    last, last_end = None, 0
    for week in (0, WEEK_MIN):  # twice, so that Sunday night meets Monday morning
        for period in in_order:
            midnight = week + period.day * DAY_MIN
            if last is not None and midnight + period.opens < last_end:
                yield last, period
            if last is None or midnight + period.closes > last_end:
                last, last_end = period, midnight + period.closes


def _message(first: PeriodTree, second: PeriodTree) -> str:
    begins = f"{DAYS[second.day]} at {_clock(second.opens)}"
    times = f"{_clock(first.opens)} to {_clock(first.closes)}"
    return f"these times begin on {begins}, while those of {DAYS[first.day]}, {times}, still go on"


def _clock(minutes: int) -> str:
    minutes = minutes if minutes <= DAY_MIN else minutes - DAY_MIN
    return f"{minutes // 60:02}:{minutes % 60:02}"
