"""The rules that the language itself reports (Y and X rules are the reader's and the formulas')."""

from __future__ import annotations

from dataclasses import dataclass

from engine.core.problem import Fix, Problem, Severity
from engine.language.nodes import Span


@dataclass(frozen=True, slots=True)
class Code:
    """One rule: its code ("S003"), its name ("unknown-verb"), and what it is about in one sentence."""

    code: str
    name: str
    about: str
    severity: Severity = "error"

    def at(self, path: str, span: Span, message: str, *, hint: str = "", fix: Fix | None = None) -> Problem:
        """Return the problem that this rule found at *span* of the file *path*."""
        return Problem(
            path=path,
            line=span.line,
            column=span.column,
            end_line=span.end_line,
            end_column=span.end_column,
            severity=self.severity,
            rule=self.code,
            name=self.name,
            message=message,
            hint=hint,
            fix=fix,
        )


UNKNOWN_SECTION = Code("S001", "unknown-section", "A word that is not a section of the file.")
UNKNOWN_STATE_KEY = Code("S002", "unknown-state-key", "A word that a state does not have.")
UNKNOWN_VERB = Code("S003", "unknown-verb", "A step whose verb does not exist.")
UNKNOWN_OPTION = Code("S004", "unknown-option", "An option that the verb or section does not have.")
MISSING_DASH = Code("S005", "missing-dash", "Steps that are not a list: the dash is missing.")
TWO_VERBS = Code("S006", "two-verbs", "More than one verb under one dash.")
BAD_DURATION = Code("S007", "bad-duration", "A time without a unit, or not a time at all.")
OUT_OF_RANGE = Code("S008", "out-of-range", "A number or time that is too small or too large.")
BAD_NAME = Code("S009", "bad-name", "A name with letters it may not have, or one that means something else.")
BAD_PHONE = Code("S010", "bad-phone-number", "A phone number that is not written as +15551230000.")
WRONG_TYPE = Code("S011", "wrong-type", "A list where a text belongs, a text where a number belongs, and the like.")
BAD_CHOICE = Code("S012", "bad-choice", "A word that is not one of the words allowed here.")
MISSING = Code("S013", "missing-part", "Something that must be written is missing.")
BAD_KEY = Code("S015", "bad-key", "An entry of keys that nobody can press.")
ONE_OF = Code("S016", "one-of-several", "Options of which only one may be given.")
TOO_LONG = Code("S017", "too-long", "A text that Telnyx would refuse for its length.")
TWICE = Code("S018", "declared-twice", "A variable that is declared in two places.")
BAD_HOURS = Code("S019", "bad-hours", "Opening hours with a day, time, date or time zone that does not exist.")
SECRET_TOLD = Code("T006", "secret-told", "A secret that would be spoken, logged or sent.")
WRONG_VALUE = Code("R018", "wrong-value", "A variable that is given a value of another type.")

LANGUAGE_CODES = (
    UNKNOWN_SECTION,
    UNKNOWN_STATE_KEY,
    UNKNOWN_VERB,
    UNKNOWN_OPTION,
    MISSING_DASH,
    TWO_VERBS,
    BAD_DURATION,
    OUT_OF_RANGE,
    BAD_NAME,
    BAD_PHONE,
    WRONG_TYPE,
    BAD_CHOICE,
    MISSING,
    BAD_KEY,
    ONE_OF,
    TOO_LONG,
    TWICE,
    BAD_HOURS,
    SECRET_TOLD,
    WRONG_VALUE,
)
