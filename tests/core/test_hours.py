"""Opening hours against a naive reference that looks at the clock on the wall, minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from engine.core.hours import DAY_MIN, SEARCHED_DAYS, Hours, Period

MADRID, NEW_YORK, KOLKATA = "Europe/Madrid", "America/New_York", "Asia/Kolkata"
# With half hours, a half-hour summer time, a change at midnight, and none at all.
ZONES = [MADRID, NEW_YORK, KOLKATA, "Australia/Lord_Howe", "America/Havana", "Africa/Cairo", "Asia/Kathmandu", "UTC"]
NOBODY: tuple[tuple[Period, ...], ...] = ((),) * 7


def hours(timezone: str = MADRID, closed_on: tuple[date, ...] = (), **days: tuple[Period, ...]) -> Hours:
    names = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    return Hours(timezone=timezone, week=tuple(days.get(name, ()) for name in names), closed_on=frozenset(closed_on))


def every_day(*periods: Period, timezone: str = MADRID, closed_on: tuple[date, ...] = ()) -> Hours:
    return Hours(timezone=timezone, week=(periods,) * 7, closed_on=frozenset(closed_on))


def at(text: str, timezone: str = MADRID) -> float:
    """Return the instant of a wall time, or of one with an offset of its own."""
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=ZoneInfo(timezone))).timestamp()


def clock(minute_of_day: str) -> int:
    hour, minute = minute_of_day.split(":")
    return int(hour) * 60 + int(minute)


def period(text: str) -> Period:
    opens, closes = map(clock, text.split(" to "))
    return opens, closes if closes > opens else closes + DAY_MIN


OFFICE = Hours(
    timezone=MADRID,
    week=((period("09:00 to 17:30"),),) * 5 + ((period("10:00 to 14:00"),), ()),
    closed_on=frozenset({date(2026, 12, 25), date(2027, 1, 1)}),
)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-20 08:59:59", False),
        ("2026-11-20 09:00:00", True),
        ("2026-11-20 17:29:59.999", True),
        ("2026-11-20 17:30:00", False),
        ("2026-11-21 13:59", True),
        ("2026-11-22 12:00", False),
        ("2026-12-25 12:00", False),
        ("2026-12-28 12:00", True),
        ("2026-11-20 08:00+00:00", True),
        ("2026-07-20 07:00+00:00", True),
    ],
)
def test_office_is_open_by_its_own_clock(moment, is_open):
    assert OFFICE.is_open(at(moment)) is is_open


@pytest.mark.parametrize(
    ("now", "opening"),
    [
        ("2026-11-20 08:00", "2026-11-20 09:00"),
        ("2026-11-20 08:59:59.5", "2026-11-20 09:00"),
        ("2026-11-20 09:00", "2026-11-21 10:00"),
        ("2026-11-20 12:00", "2026-11-21 10:00"),
        ("2026-11-20 18:00", "2026-11-21 10:00"),
        ("2026-11-21 15:00", "2026-11-23 09:00"),
        ("2026-12-24 20:00", "2026-12-26 10:00"),
        ("2026-12-31 18:00", "2027-01-02 10:00"),
    ],
)
def test_next_opening_is_the_next_time_that_the_door_is_unlocked(now, opening):
    assert OFFICE.next_opening(at(now)) == at(opening)


def test_night_shift_goes_on_until_the_next_morning():
    bar = hours(friday=(period("22:00 to 06:00"),))

    found = [bar.is_open(at(f"2026-11-{moment}")) for moment in ("20 21:59", "20 22:00", "21 05:59", "21 06:00")]

    assert found == [False, True, True, False]


def test_sunday_night_reaches_into_monday():
    assert hours(sunday=(period("22:00 to 06:00"),)).is_open(at("2026-11-23 03:00"))


def test_day_that_is_closed_lets_the_night_before_come_to_its_end_and_begins_none_of_its_own():
    bar = every_day(period("22:00 to 06:00"), closed_on=(date(2026, 12, 25),))

    open_at = [bar.is_open(at(f"2026-12-{moment}")) for moment in ("25 05:59", "25 22:00", "26 03:00", "26 22:00")]

    assert open_at == [True, False, False, True]
    assert bar.next_opening(at("2026-12-25 07:00")) == at("2026-12-26 22:00")


def test_periods_that_touch_are_one():
    shop = every_day(period("09:00 to 13:00"), period("13:00 to 24:00"), (0, 60))

    assert shop.next_opening(at("2026-11-20 10:00")) == at("2026-11-21 09:00")


def test_place_that_never_closes_never_opens():
    always = every_day((0, DAY_MIN))

    assert always.is_open(at("2026-03-29 03:00"))
    assert always.next_opening(at("2026-11-20 10:00")) is None


def test_place_that_closes_only_for_a_holiday_opens_after_it():
    always = every_day((0, DAY_MIN), closed_on=(date(2026, 12, 25),))

    assert always.next_opening(at("2026-11-20 10:00")) == at("2026-12-26 00:00")
    assert always.next_opening(at("2026-12-25 10:00")) == at("2026-12-26 00:00")
    assert always.next_opening(at("2026-12-26 00:00")) is None


def test_place_that_overlaps_itself_is_not_mistaken_for_one_that_never_closes():
    odd = hours(monday=((0, 2880), (0, 2880), (0, 2880), (0, 1440)))

    assert odd.next_opening(at("2026-11-20 10:00")) == at("2026-11-23 00:00")


def test_no_opening_within_a_year_is_none():
    closed_days = tuple(date(2026, 1, 1) + timedelta(days=day) for day in range(800))

    assert every_day(period("09:00 to 10:00"), closed_on=closed_days).next_opening(at("2026-11-20 10:00")) is None
    assert Hours(timezone=MADRID, week=NOBODY).next_opening(at("2026-11-20 10:00")) is None


# -- clock changes ---------------------------------------------------------------------------------------------


def test_hours_that_the_clock_skips_do_not_exist():
    # On 2026-03-29 the clock in Madrid goes from 01:59 to 03:00.
    early = every_day(period("02:00 to 02:45"))
    across = every_day(period("02:30 to 05:00"))
    saturday_night, change = at("2026-03-28 23:00"), at("2026-03-29 03:00")

    assert not any(early.is_open(saturday_night + 60 * minute) for minute in range(600))
    assert early.next_opening(saturday_night) == at("2026-03-30 02:00")
    assert across.next_opening(saturday_night) == change == at("2026-03-29 01:00+00:00")
    assert not across.is_open(change - 1)


def test_hours_that_the_clock_shows_twice_count_twice():
    # On 2026-10-25 the clock in Madrid goes from 02:59 back to 02:00.
    early = every_day(period("02:00 to 02:30"))
    first, second = at("2026-10-25 00:00+00:00"), at("2026-10-25 01:00+00:00")

    assert [early.is_open(moment) for moment in (first, first + 1800, second, second + 1800)] == [
        True, False, True, False,
    ]  # fmt: skip
    assert early.next_opening(at("2026-10-25 01:00")) == first
    assert early.next_opening(first) == second


def test_night_that_is_an_hour_longer_is_one_night():
    bar = every_day(period("22:00 to 06:00"), timezone=NEW_YORK)
    evening = at("2026-10-31 22:00", NEW_YORK)  # the clock goes back on 1 November

    assert all(bar.is_open(evening + 60 * minute) for minute in range(9 * 60))
    assert not bar.is_open(evening + 9 * 3600)
    assert bar.next_opening(evening) == at("2026-11-01 22:00", NEW_YORK)


@pytest.mark.parametrize("day", ["2026-03-08", "2026-11-01"])
def test_morning_after_a_clock_change_opens_at_the_usual_time(day):
    shop = every_day(period("09:00 to 17:00"), timezone=NEW_YORK)

    assert shop.next_opening(at(f"{day} 00:30", NEW_YORK)) == at(f"{day} 09:00", NEW_YORK)


def test_zone_without_clock_changes_has_none():
    shop = every_day(period("02:30 to 03:00"), timezone=KOLKATA)

    found = [shop.next_opening(at(f"2026-{day} 00:00", KOLKATA)) for day in ("03-29", "10-25")]

    assert found == [at(f"2026-{day} 02:30", KOLKATA) for day in ("03-29", "10-25")]


# -- any hours, any zone, any instant --------------------------------------------------------------------------

START = datetime(2025, 12, 1, tzinfo=UTC).timestamp()
DAY = st.integers(0, 6)
PERIOD = st.tuples(
    st.integers(0, DAY_MIN - 1) | st.integers(0, 47).map(lambda half: half * 30),
    st.integers(1, 400) | st.integers(1, 48).map(lambda half: half * 30),
).map(lambda pair: (pair[0], pair[0] + pair[1]))
WEEK = st.lists(st.lists(PERIOD, max_size=2).map(lambda day: tuple(sorted(day))), min_size=7, max_size=7).map(tuple)
CLOSED = st.frozensets(st.integers(0, 420).map(lambda day: date(2025, 12, 1) + timedelta(days=day)), max_size=8)
HOURS = st.builds(Hours, timezone=st.sampled_from(ZONES), week=WEEK, closed_on=CLOSED)
# Two instants of three lie near a clock change of 2026.
CHANGES = [
    "2026-03-29 01:00", "2026-10-25 01:00", "2026-03-08 07:00", "2026-11-01 06:00", "2026-03-08 05:00",
    "2026-11-01 05:00", "2026-04-04 15:00", "2026-10-03 15:30", "2026-04-23 22:00", "2026-10-29 21:00",
]  # fmt: skip
INSTANT = st.one_of(
    st.floats(START, START + 400 * 86400),
    st.tuples(st.sampled_from(CHANGES), st.integers(-100_000, 100_000)).map(lambda p: at(f"{p[0]}+00:00") + p[1]),
    st.tuples(st.sampled_from(CHANGES), st.integers(-120, 120)).map(lambda p: at(f"{p[0]}+00:00") + 60 * p[1]),
)


def shows_open(place: Hours, moment: float) -> bool:
    """The reference: is the clock on the wall within a period that began today or yesterday?"""
    wall = datetime.fromtimestamp(moment, ZoneInfo(place.timezone)).replace(tzinfo=None)
    for day in (wall.date(), wall.date() - timedelta(days=1)):
        midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 (a wall has no time zone)
        for opens, closes in place.week[day.weekday()]:
            begins, ends = midnight + timedelta(minutes=opens), midnight + timedelta(minutes=closes)
            if day not in place.closed_on and begins <= wall < ends:
                return True
    return False


@settings(max_examples=120, deadline=None)
@given(HOURS, INSTANT)
def test_is_open_is_what_the_clock_on_the_wall_says(place, moment):
    assert place.is_open(moment) is shows_open(place, moment)


@settings(max_examples=40, deadline=None)
@given(HOURS, INSTANT)
@example(every_day(period("02:00 to 02:30")), at("2026-10-25 00:10+00:00"))
def test_next_opening_is_the_first_minute_that_is_open_after_a_closed_one(place, moment):
    found = place.next_opening(moment)
    first = int(moment // 60) * 60 + 60
    minutes = range(first, first + 3 * 86400, 60)
    is_open = (shows_open(place, minute) for minute in range(first - 60, minutes.stop, 60))
    expected = next((minute for minute, (was, now) in zip(minutes, pairwise(is_open), strict=True) if now > was), None)

    if expected is None:
        assert found is None or found >= minutes.stop
    else:
        assert found == expected


@settings(max_examples=60, deadline=None)
@given(HOURS, INSTANT)
def test_next_opening_lies_ahead_and_is_an_opening(place, moment):
    found = place.next_opening(moment)
    assume(found is not None)

    assert moment < found <= moment + SEARCHED_DAYS * 86400 + 86400
    assert place.is_open(found)
    assert not place.is_open(found - 1)
