"""Kinds of values in formulas, and the two ways in which a formula can fail."""

from __future__ import annotations

from enum import Enum

from engine.errors import RingflowError

# The rules of formulas: code -> (name, what it says to a person).
RULES: dict[str, tuple[str, str]] = {
    "X001": ("unreadable-formula", "The formula has a slip: a quote, bracket or operator is missing or odd."),
    "X002": ("unknown-name", "The formula uses a name that is not declared here."),
    "X003": ("not-allowed", "Formulas compare and add; multiplication, methods, loops and the like are refused."),
    "X004": ("type-mismatch", "The formula mixes kinds that cannot be compared or added, such as digits == 5."),
    "X005": ("formula-too-long", "A formula has at most 300 characters and 30 levels of brackets."),
    "X006": ("always-true-or-false", "The formula reads nothing, so its answer is always the same."),
    "X007": ("unknown-field", "The event in whose handler the formula stands has no such field."),
    "R019": ("unknown-hours", "A formula asks about hours that are not among hours."),
}


class Kind(Enum):
    """What a value is; ANY is a field of an event whose type Telnyx does not tell."""

    TEXT = "text"
    DIGITS = "digits"
    NUMBER = "number"
    YES_NO = "yes_no"
    TIME = "time"  # epoch seconds
    LIST = "list"  # of texts
    HOURS = "hours"  # named in is_open() and next_opening(), and nowhere else
    ANY = "any"

    @property
    def phrase(self) -> str:
        """How to say it in a sentence."""
        return _PHRASES[self]

    @property
    def is_text(self) -> bool:
        """True when a value of this kind can be used as a text."""
        return self in (Kind.TEXT, Kind.DIGITS, Kind.ANY)

    def fits(self, other: Kind) -> bool:
        """True when values of both kinds can be compared; digits are a text."""
        return self is other or Kind.ANY in (self, other) or (self.is_text and other.is_text)


_PHRASES = {
    Kind.TEXT: "a text", Kind.DIGITS: "a text of digits", Kind.NUMBER: "a number", Kind.YES_NO: "a yes or no",
    Kind.TIME: "a time", Kind.LIST: "a list", Kind.HOURS: "opening hours", Kind.ANY: "a value of any kind",
}  # fmt: skip


class FormulaProblem(RingflowError):
    """A formula that cannot be compiled: *column* is the 0-based offset into its source, *length* in characters."""

    def __init__(self, message: str, *, column: int, length: int, rule: str) -> None:
        super().__init__(message)
        self.message = message
        self.column = column
        self.length = max(length, 1)
        self.rule = rule
        self.name = RULES[rule][0]


class FormulaError(RingflowError):
    """A formula that could not be worked out with the values of this moment; it never quotes a value."""


class MissingValue(FormulaError):
    """A name has no value at this moment."""
