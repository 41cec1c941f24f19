"""The section hours: what its words mean, and what is said about other words."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.hours import Hours
from engine.core.problem import Problem
from engine.language.hours import compile_hours, read_hours, zones
from engine.language.nodes import Map
from engine.language.reader import read
from engine.language.values import Reading


def read_section(
    lines: str, *, timezone: str = "Europe/Madrid", closed_on: str = "[]"
) -> tuple[Hours | None, list[Problem]]:
    text = f"hours:\n  office:\n    timezone: {timezone}\n    closed_on: {closed_on}\n    open:\n"
    root = read(text + "".join(f"      {line}\n" for line in lines.splitlines()), "x").root
    assert isinstance(root, Map)
    reading = Reading("x", set())
    found = read_hours(reading, root, ())
    return (compile_hours(found["office"]) if found else None), reading.problems


def week(lines: str) -> list[list[tuple[int, int]]]:
    hours, problems = read_section(lines)
    assert hours is not None, problems
    return [list(day) for day in hours.week]


def message(lines: str, **more: str) -> str:
    hours, [problem] = read_section(lines, **more)
    assert hours is None
    return problem.message


NINE = [(540, 1020)]


@pytest.mark.parametrize(
    ("days", "open_on"),
    [
        ("monday", [0]), ("sunday", [6]), ("monday to friday", [0, 1, 2, 3, 4]), ("friday to monday", [0, 4, 5, 6]),
        ("sunday to monday", [0, 6]), ("monday to sunday", [0, 1, 2, 3, 4, 5, 6]), ("sunday to saturday", [*range(7)]),
        ("saturday to friday", [*range(7)]), ("wednesday to tuesday", [*range(7)]),
    ],
)  # fmt: skip
def test_days_in_a_row_may_go_round_the_end_of_the_week(days, open_on):
    assert week(f"{days}: 09:00 to 17:00") == [NINE if day in open_on else [] for day in range(7)]


@pytest.mark.parametrize(
    ("times", "periods"),
    [
        ("00:00 to 24:00", [(0, 1440)]),
        ("09:00 to 13:00, 15:00 to 18:00", [(540, 780), (900, 1080)]),
        ("15:00 to 18:00,09:00 to 13:00", [(540, 780), (900, 1080)]),
        ("22:00 to 06:00", [(1320, 1800)]),
        ("22:00 to 00:00", [(1320, 1440)]),
        ("22:00 to 24:00", [(1320, 1440)]),
        ("23:59 to 23:58", [(1439, 2878)]),
    ],
)
def test_times_become_minutes_after_midnight(times, periods):
    assert week(f"tuesday: {times}")[1] == periods


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("9:00 to 17:30", "09:00 to 17:30"), ("9am to 5.30pm", "09:00 to 17:30"), ("9 - 17", "09:00 to 17:00"),
        ("9h to 17h30", "09:00 to 17:30"), ("12am until 12pm", "00:00 to 12:00"), ("09:00-17:30", "09:00 to 17:30"),
        ("12 pm to 1 PM", "12:00 to 13:00"), ("09:00 – 24:00", "09:00 to 24:00"), ("13pm to 14:00", "for example"),
        ("25 to 26", "for example"), ("9:75 to 10", "for example"), ("from nine", "for example"),
        ("09:00 to 13:00 to 15:00", "for example"), ("09:00", "for example"), ("٠٩:٠٠ to ١٧:٠٠", "for example"),
    ],
)  # fmt: skip
def test_times_written_in_another_way_are_answered_with_ours(written, meant):
    assert message(f"monday: {written}").startswith(f"'{written}' is not how times are written; write {meant}")


@pytest.mark.parametrize("written", ["09:00 to 13:00,", ", 09:00 to 13:00", "09:00 to 13:00,, 15:00 to 18:00"])
def test_comma_without_times_is_told(written):
    assert "is not how times are written" in message(f'monday: "{written}"')


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Monday", "monday"), ("mon", "monday"), ("mon-fri", "monday to friday"), ("Mon to Fri", "monday to friday"),
        ("tuseday", "tuesday"), ("every day", "monday to sunday"), ("weekend", "saturday to sunday"),
        ("monday to monday", "monday"), ("thursday until friday", "thursday to friday"),
    ],
)  # fmt: skip
def test_days_written_in_another_way_are_answered_with_ours(written, meant):
    assert message(f"{written}: 09:00 to 17:00") == f"'{written}' is not a day of the week; write {meant}"


@pytest.mark.parametrize("written", ["holidays", "lunes", "monday, tuesday", "t", "monday to", "monday to x", "1"])
def test_what_is_no_day_is_told(written):
    assert message(f"{written}: 09:00 to 17:00") == f"'{written}' is not a day of the week"


def test_day_has_one_line():
    assert message("monday to friday: 09:00 to 17:00\nfriday: 18:00 to 19:00") == (
        "friday has its times already, in line 6; keep one of the two"
    )


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Europe/Madird", "Europe/Madrid"), ("Madrid", "Europe/Madrid"), ("europe/madrid", "Europe/Madrid"),
        ("New York", "America/New_York"), ("America/Madrid", "Europe/Madrid"), ("utc", "UTC"),
        ("America/NewYork", "America/New_York"),
    ],
)  # fmt: skip
def test_time_zone_that_is_misspelt_is_named(written, meant):
    found = message("monday: 09:00 to 17:00", timezone=written)

    assert found == f"there is no time zone '{written}'; did you mean '{meant}'?"


@pytest.mark.parametrize("written", ["EST", "CET", "GMT+1", "Etc/GMT+1", "+01:00", "local time", "../../etc/passwd"])
def test_what_is_no_place_is_no_time_zone(written):
    assert message("monday: 09:00 to 17:00", timezone=written) == f"there is no time zone '{written}'"


def test_every_time_zone_that_is_offered_exists():
    assert {"Europe/Madrid", "America/Argentina/Buenos_Aires", "UTC"} <= set(zones().values())
    assert all(ZoneInfo(name).key == name for name in zones().values())


def test_dates_are_days_of_the_calendar():
    hours, problems = read_section("monday: 09:00 to 17:00", closed_on="[2026-12-25, 2028-02-29]")

    assert not problems
    assert hours is not None
    assert hours.closed_on == {date(2026, 12, 25), date(2028, 2, 29)}


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("2026-02-29", "there is no 2026-02-29 in the calendar"),
        ("2026-13-01", "there is no 2026-13-01 in the calendar"),
        ("25/12/2026", "'25/12/2026' is not a date; write year, month and day, for example 2026-12-25"),
        ("2026-1-1", "'2026-1-1' is not a date; write year, month and day, for example 2026-12-25"),
        ("christmas", "'christmas' is not a date; write year, month and day, for example 2026-12-25"),
        ("2026-12-25, 2026-12-25", "2026-12-25 stands here twice; remove one of them"),
        ("٢٠٢٦-١٢-٢٥", "'٢٠٢٦-١٢-٢٥' is not a date; write year, month and day, for example 2026-12-25"),
    ],
)
def test_what_is_no_date_is_told(written, told):
    assert message("monday: 09:00 to 17:00", closed_on=f"[{written}]") == told


WORDS = st.sampled_from([
    "09:00", "17:30", "24:00", "25:61", "to", "-", ",", " ", "am", "pm", "9", "closed", "monday", "friday", "every day",
    "٠٩:٠٠", "²", "h", ".", "00:00", "06:00",
])  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.lists(WORDS, max_size=8).map("".join), st.lists(WORDS, max_size=4).map(" ".join), st.text(max_size=12))
def test_any_words_give_hours_or_a_plain_message(times, days, zone):
    def quoted(text: str) -> str:
        return "'" + "".join(c for c in text if c.isprintable()).replace("'", "''") + "'"

    hours, problems = read_section(
        f"{quoted('x' + days)}: {quoted(times)}\nmonday: {quoted(times)}", timezone=quoted(zone)
    )

    assert hours is None
    assert {problem.rule for problem in problems} == {"S019"}


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1439), st.integers(0, 1440))
def test_every_period_that_is_one_is_read(opens, closes):
    text = f"{opens // 60:02}:{opens % 60:02} to {closes // 60:02}:{closes % 60:02}"

    hours, problems = read_section(f"monday: {text}")

    if opens == closes:
        assert len(problems) == 1
    else:
        assert hours is not None
        assert hours.week[0] == ((opens, closes if closes > opens else closes + 1440),)
