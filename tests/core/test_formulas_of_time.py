"""Formulas that read the clock and the opening hours."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from engine.core.expression import FormulaError, FormulaProblem, Kind, compile_condition, compile_formula
from engine.core.formula_functions import FIRST_HOURS, LANGUAGE, NOW
from engine.core.hours import Hours
from engine.core.text import Text, compile_text


def instant(text: str, zone: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


OFFICE = Hours(timezone="Europe/Madrid", week=(((540, 1050),),) * 7)
ABROAD = Hours(timezone="America/New_York", week=(((540, 1050),),) * 7)
NEVER = Hours(timezone="Europe/Madrid", week=((),) * 7)
NAMES = {
    NOW: Kind.TIME, LANGUAGE: Kind.TEXT, FIRST_HOURS: Kind.HOURS, "office": Kind.HOURS, "abroad": Kind.HOURS,
    "never": Kind.HOURS, "asked_at": Kind.TIME, "pin": Kind.TIME, "event.any": Kind.ANY,
}  # fmt: skip
EVENING = instant("2026-11-20 18:00", "Europe/Madrid")  # noon in New York
ENV = {
    NOW: EVENING, LANGUAGE: "en-GB", FIRST_HOURS: OFFICE, "office": OFFICE, "abroad": ABROAD, "never": NEVER,
    "asked_at": EVENING - 600.0, "pin": None, "event.any": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("is_open(office)", False),
        ("is_open(abroad)", True),
        ("not is_open( office ) and is_open(abroad)", True),
        ("next_opening(office)", instant("2026-11-21 09:00", "Europe/Madrid")),
        ("next_opening(abroad)", instant("2026-11-21 09:00", "America/New_York")),
        ("next_opening(never)", None),
        ("now()", EVENING),
        ("minutes_since(asked_at)", 10),
        ("minutes_since(next_opening(office))", -900),
        ("next_opening(office) < next_opening(abroad)", True),
        ("now() > asked_at", True),
        ("spoken_time(next_opening(office))", "tomorrow at 9:00"),
        ("spoken_time(next_opening(abroad))", "tomorrow at 9:00"),
        ("spoken_time((next_opening(abroad)))", "tomorrow at 9:00"),
        ("spoken_time(now())", "today at 18:00"),
        ("spoken_time(asked_at)", "today at 17:50"),
        ("spoken_time(pin)", ""),
        ("spoken_time(next_opening(never))", ""),
        ('"We open " + spoken_time(next_opening(office))', "We open tomorrow at 9:00"),
    ],
)
def test_formula_reads_the_clock_of_the_moment(source, value):
    assert compile_formula(source, NAMES).evaluate(ENV) == value


@pytest.mark.parametrize("source", ["minutes_since(pin)", "now() > pin", "next_opening(never) > now()"])
def test_time_that_there_is_none_of_is_an_error_in_plain_words(source):
    with pytest.raises(FormulaError) as caught:
        compile_formula(source, NAMES).evaluate(ENV)

    assert "is none" in str(caught.value) or "none yet" in str(caught.value)


def test_what_is_no_time_is_not_said():
    with pytest.raises(FormulaError):
        compile_formula("spoken_time(event.any)", NAMES).evaluate({**ENV, "event.any": "tomorrow"})


def test_formula_that_reads_the_clock_is_never_constant():
    found = [compile_formula(text, NAMES) for text in ("is_open(office)", "now()", "spoken_time(next_opening(office))")]

    assert not any(formula.is_constant for formula in found)
    assert found[0].names == {NOW, "office"}
    assert found[2].names == {NOW, LANGUAGE, "office"}


@pytest.mark.parametrize(
    "source",
    [
        "office", "office == office", "office == abroad", "not office", "office in event.any", "spoken_time(office)",
        "event.any == office", "is_open((office))", "is_open(office or abroad)", "length(office)", "-office",
    ],
)  # fmt: skip
def test_hours_are_named_only_in_the_two_functions_that_ask_about_them(source):
    with pytest.raises(FormulaProblem) as caught:
        compile_formula(source, NAMES)

    assert caught.value.rule == "X004"
    assert "is_open(office)" in caught.value.message


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("is_open(ofice)", "there are no hours 'ofice'; did you mean 'office'?"),
        ("is_open(holidays)", "there are no hours 'holidays'; this flow has office, abroad, never"),
    ],
)
def test_unknown_hours_are_named_with_those_there_are(source, words):
    with pytest.raises(FormulaProblem) as caught:
        compile_condition(source, NAMES)

    assert (caught.value.rule, caught.value.column, caught.value.message) == ("R019", 8, words)


def test_lone_time_keeps_its_type_and_may_be_none():
    found = [compile_text(f"{{{{ next_opening({name}) }}}}", NAMES) for name in ("office", "never")]

    assert all(isinstance(text, Text) and text.kind is Kind.TIME for text in found)
    assert [text.evaluate(ENV) for text in found] == [instant("2026-11-21 09:00", "Europe/Madrid"), None]


def test_time_in_a_text_is_refused_with_the_words_that_say_it():
    with pytest.raises(FormulaProblem) as caught:
        compile_text("We open {{ next_opening(office) }}.", NAMES)

    assert caught.value.message == "a time alone cannot be said; write {{ spoken_time(next_opening(office)) }}"
