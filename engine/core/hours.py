"""Opening hours: whether a place is open, by the clock on its own wall, and when it opens again."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

DAY_MIN = 1440
WEEK_MIN = 7 * DAY_MIN
SEARCHED_DAYS = 370  # a year, and what a leap day and a clock change may add

_DAY_S = 86400
_EPOCH = date(1970, 1, 1).toordinal()

# One period: minutes after midnight of the day on which it begins; an end over 1440 lies in the next morning.
Period = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """
    An entry of ``hours``.

    *week*: the periods that begin on Monday, Tuesday and so on, sorted, none overlapping another. *closed_on*: no
    period begins on these days; one that began the evening before goes on to its end.

    Clock changes go by wall time: open is whenever the clock shows a time within a period. An hour that the clock
    skips does not exist, and one that it shows twice counts twice.
    """

    timezone: str
    week: tuple[tuple[Period, ...], ...]
    closed_on: frozenset[date] = frozenset()
    zone: ZoneInfo = field(init=False, repr=False, compare=False)
    _closed_days: frozenset[int] = field(init=False, repr=False, compare=False)
    _never_closes: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "zone", ZoneInfo(self.timezone))
        object.__setattr__(self, "_closed_days", frozenset(day.toordinal() for day in self.closed_on))
        object.__setattr__(self, "_never_closes", _has_no_gap(self.week))

    def is_open(self, at: float) -> bool:
        """Return whether the place is open at *at*, in epoch seconds. A period's end does not belong to it."""
        local = datetime.fromtimestamp(at, self.zone)
        day, minute = local.toordinal(), local.hour * 60 + local.minute
        return self._covers(day, minute) or self._covers(day - 1, minute + DAY_MIN)

    def next_opening(self, at: float) -> float | None:
        """
        Return the first instant after *at*, in epoch seconds, at which the place opens, having been closed.

        While it is open that is the opening after this one. None: it does not open within 370 days.
        """
        begin = int(at // 1)
        if self._never_closes and all(day < begin // _DAY_S + _EPOCH - 1 for day in self._closed_days):
            return None
        for start in range(begin, begin + SEARCHED_DAYS * _DAY_S, _DAY_S):
            for instant in self._candidates(start):
                if instant > at and self.is_open(instant) and not self.is_open(instant - 1):
                    return float(instant)
        return None

    def _covers(self, day: int, minute: int) -> bool:
        """Return whether a period that begins on *day* (an ordinal) covers *minute*, counted from its midnight."""
        for opens, closes in self.week[(day - 1) % 7]:  # day 1 was a Monday
            if opens <= minute < closes:
                return day not in self._closed_days
        return False

    def _candidates(self, start: int) -> Iterator[int]:
        """Yield the instants of the 24 hours from *start* at which the place may open, in their order."""
        for begin, end, ahead_s in self._spells(start, start + _DAY_S):
            yield begin
            for day in range((begin + ahead_s) // _DAY_S, (end + ahead_s - 1) // _DAY_S + 1):
                for opens, _ in self.week[(day + _EPOCH - 1) % 7]:
                    instant = day * _DAY_S + opens * 60 - ahead_s
                    if begin < instant < end:
                        yield instant

    def _spells(self, begin: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Yield the parts of a day in which the clock goes straight, each with its seconds ahead of UTC."""
        first, last = self._ahead_s(begin), self._ahead_s(end)
        if first == last:
            yield begin, end, first
            return
        change = begin + bisect_left(range(begin, end), True, key=lambda at: self._ahead_s(at) != first)
        yield begin, change, first
        yield change, end, last

    def _ahead_s(self, at: int) -> int:
        offset = datetime.fromtimestamp(at, self.zone).utcoffset()
        assert offset is not None, "a ZoneInfo always knows"
        return offset.days * _DAY_S + offset.seconds


def _has_no_gap(week: tuple[tuple[Period, ...], ...]) -> bool:
    """Return whether every minute of a week lies in a period."""
    spans = [(day * DAY_MIN + opens, day * DAY_MIN + closes) for day, periods in enumerate(week)
             for opens, closes in periods]  # fmt: skip
    reached = max((closes for _, closes in spans), default=0) - WEEK_MIN  # what Sunday leaves to Monday morning
    for opens, closes in sorted(spans):
        if opens > max(reached, 0):
            return False
        reached = max(reached, closes)
    return reached >= WEEK_MIN
