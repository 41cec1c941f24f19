"""The section ``hours``: days, times, dates and time zones as authors write them."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from importlib import resources

from engine.core.hours import DAY_MIN, Hours
from engine.core.nearest import nearest
from engine.language import codes, words
from engine.language.nodes import List, Map, Scalar, Span
from engine.language.tree import HoursTree, PeriodTree
from engine.language.values import Reading

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_PERIOD = re.compile(r"(\d\d):(\d\d) to (\d\d):(\d\d)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_LOOSE_TIME = re.compile(r"(\d{1,2})(?:[:.h](\d\d))?h?\s*(am|pm)?", re.ASCII | re.IGNORECASE)
_LOOSE_TO = re.compile(r"\s*(?:\bto\b|\buntil\b|-|–)\s*", re.IGNORECASE)
_EXAMPLE = "09:00 to 17:30"
_OTHER_WORDS = {
    "every day": "monday to sunday", "everyday": "monday to sunday", "daily": "monday to sunday",
    "weekdays": "monday to friday", "weekday": "monday to friday", "weekend": "saturday to sunday",
    "weekends": "saturday to sunday",
}  # fmt: skip
_WHOLE_DAY = ("24h", "all day", "open", "always", "24/7")


def read_hours(reading: Reading, root: Map, variables: Collection[str]) -> dict[str, HoursTree]:
    """Return the entries of ``hours`` that have no fault; *variables* are names that none of them may bear."""
    found: dict[str, HoursTree] = {}
    for entry in reading.entries(root, "hours"):
        key, node, skipped = entry.key, entry.value, reading.skipped
        if not isinstance(node, Map) or not reading.good_name(key, words.VARIABLE_RESERVED, "place"):
            continue
        if key.text in variables:
            message = f"'{key.text}' is the name of a variable already; give the hours another name"
            reading.report(codes.BAD_NAME.at(reading.path, key.span, message))
        timezone, opening, closed_on = reading.scalar(node, "timezone"), node.get("open"), node.get("closed_on")
        _check_zone(reading, timezone)
        periods = _periods(reading, opening) if isinstance(opening, Map) and reading.usable(opening) else []
        dates = _dates(reading, closed_on) if isinstance(closed_on, List) and reading.usable(closed_on) else []
        if timezone is not None and reading.skipped == skipped:
            found[key.text] = HoursTree(
                key=key, timezone=timezone.text, periods=tuple(periods), closed_on=frozenset(dates)
            )
    return found


def compile_hours(tree: HoursTree) -> Hours:
    """Return the hours that *tree* describes."""
    days = [sorted((p.opens, p.closes) for p in tree.periods if p.day == day) for day in range(len(DAYS))]
    return Hours(timezone=tree.timezone, week=tuple(map(tuple, days)), closed_on=tree.closed_on)


def _report(reading: Reading, span: Span, message: str, *, hint: str = "") -> None:
    reading.report(codes.BAD_HOURS.at(reading.path, span, message, hint=hint))


# -- time zones ------------------------------------------------------------------------------------------------


@functools.cache
def zones() -> Mapping[str, str]:
    """Return every time zone that hours may have, by the name of its place ("New_York"), UTC included."""
    text = (resources.files("tzdata") / "zones").read_text(encoding="utf-8")
    # Etc/GMT+1 lies west of Greenwich, and EST knows no summer time: neither is what somebody means.
    named = [name for name in text.split() if "/" in name and not name.startswith("Etc/")]
    return {name.rpartition("/")[2]: name for name in sorted(named)} | {name: name for name in (*named, "UTC")}


def _check_zone(reading: Reading, node: Scalar | None) -> None:
    if node is None or zones().get(node.text) == node.text:
        return
    is_short = node.text.isupper() and len(node.text) < 5  # EST is not a slip of West
    near = "" if is_short else nearest(node.text, zones()) or nearest(node.text.rpartition("/")[2], zones())
    meant = zones().get(near or "")
    advice = f"; did you mean '{meant}'?" if meant else ""
    hint = "" if meant else "A time zone is named after a large city in it, such as Europe/Madrid or America/New_York."
    _report(reading, node.span, f"there is no time zone '{node.text}'{advice}", hint=hint)


# -- days and times --------------------------------------------------------------------------------------------


def _periods(reading: Reading, node: Map) -> list[PeriodTree]:
    lines: dict[int, int] = {}
    found: list[PeriodTree] = []
    for entry in node:
        if not (reading.usable(entry.key) and reading.usable(entry.value)) or not isinstance(entry.value, Scalar):
            continue
        days = _days(reading, entry.key)
        for day in days:
            if day in lines:
                message = f"{DAYS[day]} has its times already, in line {lines[day]}; keep one of the two"
                _report(reading, entry.key.span, message)
                break
            lines[day] = entry.key.span.line
        times = list(_times(reading, entry.key, entry.value))
        found += [PeriodTree(day, opens, closes, span) for day in days for opens, closes, span in times]
    return found


def _days(reading: Reading, key: Scalar) -> list[int]:
    """Return the numbers of the days that *key* names, Monday being 0; none after a report."""
    first, _, last = key.text.partition(" to ")
    if first in DAYS and (last or first) in DAYS and first != last:
        begin, end = DAYS.index(first), DAYS.index(last or first)
        return [day % 7 for day in range(begin, end + 1 + 7 * (end < begin))]
    meant = _meant_days(key.text.lower().strip())
    advice = f"; write {meant}" if meant else ""
    hint = "" if meant else "Write monday, tuesday and so on, or several days in a row as monday to friday."
    _report(reading, key.span, f"'{key.text}' is not a day of the week{advice}", hint=hint)
    return []


def _meant_days(text: str) -> str:
    if text in _OTHER_WORDS:
        return _OTHER_WORDS[text]
    parts = _LOOSE_TO.split(text)
    meant = [next((day for day in DAYS if len(p) > 1 and day.startswith(p)), nearest(p, DAYS) or "") for p in parts]
    return " to ".join(dict.fromkeys(meant)) if len(meant) <= 2 and all(meant) else ""


def _times(reading: Reading, key: Scalar, node: Scalar) -> Iterator[tuple[int, int, Span]]:
    """Yield when it opens and closes, in minutes after midnight, with the place of each."""
    offset = 0
    for piece in node.text.split(","):
        text = piece.strip()
        span = node.part(offset + piece.find(text), len(text))
        offset += len(piece) + 1
        match = _PERIOD.fullmatch(text)
        if match is None:
            _report(reading, span, _bad_times(text, key.text))
            continue
        hours, minutes = [int(match[1]), int(match[3])], [int(match[2]), int(match[4])]
        opens, closes = (60 * hour + minute for hour, minute in zip(hours, minutes, strict=True))
        wrong = [time for time, number, minute in zip(text.split(" to "), (opens, closes), minutes, strict=True)
                 if number > DAY_MIN or minute > 59]  # fmt: skip
        if wrong:
            _report(reading, span, f"there is no {wrong[0]}; a day goes from 00:00 to 24:00")
        elif opens == DAY_MIN:
            _report(reading, span, "nothing opens at 24:00; write 00:00 under the next day")
        elif opens == closes:
            message = f"this opens and closes at {text[:5]}; for a whole day write 00:00 to 24:00"
            _report(reading, span, message)
        else:
            yield opens, closes if closes > opens else closes + DAY_MIN, span


def _bad_times(text: str, day: str) -> str:
    """Return what is wrong with *text*, which is no period."""
    if text.lower() == "closed":
        return f"leave out '{day}': a day without times is closed"
    if text.lower() in _WHOLE_DAY:
        return f"'{text}' is not a time; for a whole day write 00:00 to 24:00"
    meant = [_meant_time(part) for part in _LOOSE_TO.split(text)]
    better = " to ".join(meant) if len(meant) == 2 and all(meant) else f"for example {_EXAMPLE}"
    return f"'{text}' is not how times are written; write {better}"


def _meant_time(text: str) -> str:
    """Return "17:30" for 5.30pm, 17h30 and the like, "" for what is no time."""
    match = _LOOSE_TIME.fullmatch(text)
    if match is None:
        return ""
    hour, minute, half = int(match[1]), int(match[2] or 0), (match[3] or "").lower()
    if half:
        hour = hour % 12 + 12 * (half == "pm") if 1 <= hour <= 12 else 25
    return f"{hour:02}:{minute:02}" if hour * 60 + minute <= DAY_MIN and minute < 60 else ""


# -- dates -----------------------------------------------------------------------------------------------------


def _dates(reading: Reading, node: List) -> set[date]:
    found: set[date] = set()
    for item in node:
        if not reading.usable(item) or not isinstance(item, Scalar):
            continue
        day = _date(item.text)
        if day is None:
            message = f"'{item.text}' is not a date; write year, month and day, for example 2026-12-25"
            if _DATE.fullmatch(item.text):
                message = f"there is no {item.text} in the calendar"
            _report(reading, item.span, message)
        elif day in found:
            _report(reading, item.span, f"{item.text} stands here twice; remove one of them")
        else:
            found.add(day)
    return found


def _date(text: str) -> date | None:
    if not _DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
