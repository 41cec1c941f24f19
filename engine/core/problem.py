"""One thing that is wrong in a file, at a place, for a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """Put *text* in the place of what stands between the two positions (1-based, end column exclusive)."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """
    One fault of one file; sorts by place.

    Lines and columns count from 1, columns in characters, *end_column* is exclusive.
    *rule* is a code ("R001"), *name* the rule's name ("unknown-state"); *hint* is a second sentence, or empty.
    Source: interfaces.md, "JSON", check.
    """

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    severity: Severity
    rule: str
    name: str
    message: str
    hint: str = ""
    fix: Fix | None = None

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.severity}: {self.message} [{self.rule} {self.name}]"

    def __lt__(self, other: Problem) -> bool:
        return self.sort_key < other.sort_key

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        return (self.path, self.line, self.column, self.rule, self.message)
