"""The functions that a formula may call."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from engine.core.hours import Hours
from engine.core.kinds import FormulaError, Kind
from engine.core.spoken_time import spoken_time

MAX_RESULT = 4096  # characters of a text: language.md, section 5, "4 kB results"
# The names under which a formula finds what no author writes. No variable can be called so.
NOW = "now()"  # the present instant, in epoch seconds
LANGUAGE = "language()"  # the language that is spoken on this leg
FIRST_HOURS = "hours()"  # the flow's first entry of hours; spoken_time() speaks of its time zone

_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")
_TEXTS = (Kind.TEXT, Kind.DIGITS)


@dataclass(frozen=True, slots=True)
class Function:
    """
    What a function takes and gives.

    *takes*: the kinds that each argument may have (ANY always may). *gives*: None means the kind of its first
    argument. *reads*: names whose values come before the arguments, such as the present instant.
    """

    takes: tuple[tuple[Kind, ...], ...]
    gives: Kind | None
    run: Callable[..., object]
    example: str
    reads: tuple[str, ...] = ()


def as_number(value: object) -> int | float:
    """Return *value*, which must be a number already. Raises FormulaError."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    raise FormulaError("a number is needed here, and the value is none; number(...) makes one of digits")


def as_text(value: object) -> str:
    """Return *value*, which must be a text already. Raises FormulaError."""
    if isinstance(value, str):
        return value
    raise FormulaError("a text is needed here, and the value is none")


def _number(value: object) -> int | float:
    if not isinstance(value, str):
        return as_number(value)
    text = value.strip()
    if not _NUMBER.fullmatch(text):
        raise FormulaError("number(...) was given a text that is not a number of up to 15 digits")
    return float(text) if "." in text else int(text)


def _length(value: object) -> int:
    if isinstance(value, (str, list, tuple)):
        return len(value)
    raise FormulaError("length(...) was given what is neither a text nor a list")


def _last(value: object, count: object) -> str:
    number = as_number(count)
    if number < 0 or number != int(number):
        raise FormulaError("last(...) needs a whole number of characters, such as last(x, 4)")
    text = as_text(value)
    return text[max(len(text) - int(number), 0) :]


def _starts_with(value: object, beginning: object) -> bool:
    return as_text(value).startswith(as_text(beginning))


def _spoken_digits(value: object) -> str:
    """Return the characters with spaces between, so that a voice says them one by one; ``+ - ( ) .`` are left out."""
    text = value if isinstance(value, str) else str(as_number(value))
    if len(text) > MAX_RESULT:
        raise FormulaError(f"spoken_digits(...) was given over {MAX_RESULT} characters")
    return " ".join(letter for letter in text if not letter.isspace() and letter not in "+-().")


def _as_time(value: object) -> int | float:
    if value is None:
        raise FormulaError("a time is needed here, and there is none yet")
    return as_number(value)


def _minutes_since(now: object, instant: object) -> int:
    return int((as_number(now) - _as_time(instant)) // 60)


def _as_hours(value: object) -> Hours:
    if isinstance(value, Hours):
        return value
    raise FormulaError("opening hours are needed here, and the value is none")


def _is_open(now: object, hours: object) -> bool:
    return _as_hours(hours).is_open(as_number(now))


def _next_opening(now: object, hours: object) -> float | None:
    return _as_hours(hours).next_opening(as_number(now))


def _spoken_time(now: object, language: object, hours: object, instant: object) -> str:
    """Return how people say *instant* in the time zone of *hours*; a time that there is none of is not said."""
    if instant is None:
        return ""
    zone = _as_hours(hours).zone
    return spoken_time(_as_time(instant), now=as_number(now), zone=zone, language=as_text(language))


FUNCTIONS: dict[str, Function] = {
    "number": Function(((*_TEXTS, Kind.NUMBER),), Kind.NUMBER, _number, "number(digits)"),
    "length": Function(((*_TEXTS, Kind.LIST),), Kind.NUMBER, _length, "length(digits)"),
    "last": Function((_TEXTS, (Kind.NUMBER,)), None, _last, "last(caller.number, 4)"),
    "starts_with": Function((_TEXTS, _TEXTS), Kind.YES_NO, _starts_with, 'starts_with(caller.number, "+34")'),
    "spoken_digits": Function(((*_TEXTS, Kind.NUMBER),), Kind.TEXT, _spoken_digits, "spoken_digits(caller.number)"),
    "now": Function((), Kind.TIME, as_number, "now()", reads=(NOW,)),
    "minutes_since": Function(((Kind.TIME,),), Kind.NUMBER, _minutes_since, "minutes_since(asked_at)", reads=(NOW,)),
    "is_open": Function(((Kind.HOURS,),), Kind.YES_NO, _is_open, "is_open(office)", reads=(NOW,)),
    "next_opening": Function(((Kind.HOURS,),), Kind.TIME, _next_opening, "next_opening(office)", reads=(NOW,)),
    "spoken_time": Function(
        ((Kind.TIME,),),
        Kind.TEXT,
        _spoken_time,
        "spoken_time(next_opening(office))",
        reads=(NOW, LANGUAGE, FIRST_HOURS),
    ),
}

# What people who know a programming language write -> ours.
SYNONYMS = {
    "len": "length", "size": "length", "int": "number", "float": "number", "startswith": "starts_with",
    "right": "last", "say_digits": "spoken_digits", "say_time": "spoken_time",
}  # fmt: skip
