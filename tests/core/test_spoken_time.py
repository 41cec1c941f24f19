"""Times as the voices of Telnyx say them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from engine.core.spoken_time import spoken_time
from engine.resources import load_schema

MADRID = ZoneInfo("Europe/Madrid")
TELNYX = load_schema("telnyx/operations.json")["schemas"]["language_6"]["enum"]


def instant(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=MADRID).timestamp()


def said(at: str, language: str, *, now: str = "2026-07-31 16:00") -> str:
    """*now* is a Friday. Commas, and the space in "a. m.", come and go with the editions of CLDR."""
    text = spoken_time(instant(at), now=instant(now), zone=MADRID, language=language)
    return text.replace(",", "").replace(". m.", ".m.")


@pytest.mark.parametrize(
    ("at", "text"),
    [
        ("2026-07-31 17:30", "today at 5:30 PM"),
        ("2026-07-31 15:05", "today at 3:05 PM"),
        ("2026-08-01 00:00", "tomorrow at 12:00 AM"),
        ("2026-08-01 09:00", "tomorrow at 9:00 AM"),
        ("2026-08-03 09:00", "on Monday at 9:00 AM"),
        ("2026-08-06 23:59", "on Thursday at 11:59 PM"),
        ("2026-08-07 09:00", "on Friday August 7 2026 at 9:00 AM"),
        ("2027-01-04 09:00", "on Monday January 4 2027 at 9:00 AM"),
        ("2026-07-30 09:00", "on Thursday July 30 2026 at 9:00 AM"),
    ],
)
def test_near_days_go_by_their_names_and_others_by_their_date(at, text):
    assert said(at, "en-US") == text


@pytest.mark.parametrize(
    ("language", "tomorrow", "monday", "later"),
    [
        ("en-US", "tomorrow at 1:00 PM", "on Monday at 9:00 AM", "on Monday August 10 2026 at 9:00 AM"),
        ("en-GB", "tomorrow at 13:00", "on Monday at 9:00", "on Monday 10 August 2026 at 9:00"),
        ("es-ES", "mañana a las 13:00", "el lunes a las 9:00", "el lunes 10 de agosto de 2026 a las 9:00"),
        ("es-MX", "mañana a la 1:00 p.m.", "el lunes a las 9:00 a.m.",
         "el lunes 10 de agosto de 2026 a las 9:00 a.m."),
        ("fr-FR", "demain à 13:00", "lundi à 9:00", "lundi 10 août 2026 à 9:00"),
        ("de-DE", "morgen um 13:00 Uhr", "am Montag um 9:00 Uhr", "am Montag 10. August 2026 um 9:00 Uhr"),
        ("pt-BR", "amanhã às 13:00", "segunda-feira às 9:00", "segunda-feira 10 de agosto de 2026 às 9:00"),
        ("it-IT", "domani alle 13:00", "lunedì alle 9:00", "lunedì 10 agosto 2026 alle 9:00"),
        ("nl-NL", "morgen om 13:00", "maandag om 9:00", "maandag 10 augustus 2026 om 9:00"),
        ("pl-PL", "sobota 13:00", "poniedziałek 9:00", "poniedziałek 10 sierpnia 2026 9:00"),
        ("ja-JP", "土曜日 13:00", "月曜日 9:00", "2026年8月10日月曜日 9:00"),
    ],
)  # fmt: skip
def test_each_language_says_it_in_its_own_way(language, tomorrow, monday, later):
    found = [said(f"2026-08-{moment}", language) for moment in ("01 13:00", "03 09:00", "10 09:00")]

    assert found == [tomorrow, monday, later]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("es-ES", "mañana a la 1:00"), ("es-US", "mañana a la 1:00 a.m."), ("pt-PT", "amanhã à 1:00"),
        ("it-IT", "domani all’1:00"),
    ],
)  # fmt: skip
def test_one_o_clock_is_singular_where_it_is(language, text):
    assert said("2026-08-01 01:00", language) == text


@pytest.mark.parametrize("language", TELNYX)
def test_every_language_of_telnyx_gets_a_text_of_its_own_with_the_time_in_it(language):
    texts = [said(f"2026-08-{moment}", language) for moment in ("01 09:00", "03 09:45", "20 09:30")]

    assert [minutes in text for minutes, text in zip(("00", "45", "30"), texts, strict=True)] == [True] * 3
    assert "2026" in texts[2]
    assert all(text.isprintable() and "{" not in text and "None" not in text for text in texts)
    assert language.startswith("en") or not any(word in text for text in texts for word in ("Monday", " at "))


def test_telnyx_has_29_languages():
    assert len(TELNYX) == 29


@pytest.mark.parametrize("language", ["", "xx", "klingon", "en-XX", "no such language", "-", "../../etc"])
def test_unknown_language_is_spoken_as_english(language):
    assert said("2026-08-03 09:00", language) == "on Monday at 9:00 AM"


def test_day_is_that_of_the_place_and_not_of_greenwich():
    late = instant("2026-07-31 23:30")  # 21:30 UTC

    said_there = spoken_time(instant("2026-08-01 00:30"), now=late, zone=MADRID, language="en-GB")

    assert said_there == "tomorrow at 0:30"


def test_same_arguments_give_the_same_text():
    assert {said("2026-08-03 09:00", "de-DE") for _ in range(3)} == {"am Montag um 9:00 Uhr"}
