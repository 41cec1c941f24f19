"""The functions that a formula may call."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from engine.core.kinds import FormulaError, Kind

MAX_RESULT = 4096  # characters of a text: language.md, section 5, "4 kB results"
NOW = "now()"  # the name under which the present instant, in epoch seconds, is looked up

_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")
_TEXTS = (Kind.TEXT, Kind.DIGITS)


@dataclass(frozen=True, slots=True)
class Function:
    """
    What a function takes and gives.

    *takes*: the kinds that each argument may have (ANY always may). *gives*: None means the kind of its first
    argument. *needs_now*: the first argument is the present instant, which the author does not write.
    """

    takes: tuple[tuple[Kind, ...], ...]
    gives: Kind | None
    run: Callable[..., object]
    example: str
    needs_now: bool = False


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


def _minutes_since(now: object, instant: object) -> int:
    return int((as_number(now) - as_number(instant)) // 60)


FUNCTIONS: dict[str, Function] = {
    "number": Function(((*_TEXTS, Kind.NUMBER),), Kind.NUMBER, _number, "number(digits)"),
    "length": Function(((*_TEXTS, Kind.LIST),), Kind.NUMBER, _length, "length(digits)"),
    "last": Function((_TEXTS, (Kind.NUMBER,)), None, _last, "last(caller.number, 4)"),
    "starts_with": Function((_TEXTS, _TEXTS), Kind.YES_NO, _starts_with, 'starts_with(caller.number, "+34")'),
    "spoken_digits": Function(((*_TEXTS, Kind.NUMBER),), Kind.TEXT, _spoken_digits, "spoken_digits(caller.number)"),
    "now": Function((), Kind.TIME, as_number, "now()", needs_now=True),
    "minutes_since": Function(((Kind.TIME,),), Kind.NUMBER, _minutes_since, "minutes_since(asked_at)", needs_now=True),
}

# Part of the language, not of this version.
LATER = frozenset(("is_open", "next_opening", "spoken_time"))

# What people who know a programming language write -> ours.
SYNONYMS = {
    "len": "length", "size": "length", "int": "number", "float": "number", "startswith": "starts_with",
    "right": "last", "say_digits": "spoken_digits",
}  # fmt: skip
