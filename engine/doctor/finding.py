"""What one check of ``ringflow doctor`` found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Result = Literal["ok", "hint", "wrong", "not_checked"]


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One line of the report: which *check*, how it came out, what there is, and what to do about it.

    A hint asks for nothing; only what is wrong makes the exit code 1.
    """

    check: str
    result: Result
    message: str
    fix: str = ""


def ok(check: str, message: str) -> Finding:
    return Finding(check, "ok", message)


def hint(check: str, message: str, fix: str) -> Finding:
    return Finding(check, "hint", message, fix)


def wrong(check: str, message: str, fix: str) -> Finding:
    return Finding(check, "wrong", message, fix)


def not_checked(check: str, message: str, fix: str = "") -> Finding:
    return Finding(check, "not_checked", message, fix)


def in_two(sentence: str) -> tuple[str, str]:
    """Return what is wrong and what to do about it, of a message that says both with a semicolon between them."""
    message, _, fix = sentence.partition("; ")
    return message, fix
