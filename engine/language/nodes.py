"""
What a YAML file holds, with places: scalars, maps and lists that know their line and column.

Places, scalars and entries are named tuples: a large folder has a hundred thousand of them, and a frozen dataclass
takes four times as long to make (measured).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from engine.core.problem import Problem

Style = Literal["plain", "single", "double", "literal", "folded"]


class Span(NamedTuple):
    """From the first character to behind the last; lines and columns count from 1, columns in characters."""

    line: int
    column: int
    end_line: int
    end_column: int


class Scalar(NamedTuple):
    """
    A text, number or yes/no.

    *text* is what the author wrote (without quotes). *value* is the same text, but for an unquoted ``true``,
    ``false``, integer or decimal its bool, int or float, and None where nothing stands behind the colon.
    """

    text: str
    value: str | int | float | bool | None
    style: Style
    span: Span

    @property
    def is_quoted(self) -> bool:
        """Whether the author put quotes around it."""
        return self.style != "plain"

    def part(self, offset: int, length: int) -> Span:
        """Return the place of *length* characters from *offset* of the text; the whole place where that is unclear."""
        raw = len(self.text)
        quotes = 1 if self.style in ("single", "double") else 0
        if self.span.line != self.span.end_line or self.span.end_column - self.span.column != raw + 2 * quotes:
            return self.span
        start = self.span.column + quotes + offset
        return Span(self.span.line, start, self.span.line, start + max(length, 1))


class Entry(NamedTuple):
    """One ``key: value`` line of a map."""

    key: Scalar
    value: Node


@dataclass(frozen=True, slots=True)
class Map:
    """Named values in the order of the file; no name occurs twice."""

    entries: tuple[Entry, ...]
    span: Span

    def get(self, name: str) -> Node | None:
        """Return the value of *name*, or None."""
        entry = self.entry(name)
        return None if entry is None else entry.value

    def entry(self, name: str) -> Entry | None:
        """Return the entry whose key is *name*, or None."""
        return next((entry for entry in self.entries if entry.key.text == name), None)

    def keys(self) -> tuple[str, ...]:
        """Return the names in the order of the file."""
        return tuple(entry.key.text for entry in self.entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)


@dataclass(frozen=True, slots=True)
class List:
    """Values one after another."""

    items: tuple[Node, ...]
    span: Span

    def __iter__(self) -> Iterator[Node]:
        return iter(self.items)


Node = Scalar | Map | List


def plain(node: Node) -> Any:
    """Return *node* as plain lists, dicts and values."""
    match node:
        case Scalar():
            return node.value
        case List():
            return [plain(item) for item in node]
        case Map():
            return {entry.key.text: plain(entry.value) for entry in node}


@dataclass(frozen=True, slots=True)
class Comment:
    """A line that is nothing but a comment; *text* begins with ``#``."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Document:
    """One file as read: *root* is None when it could not be read or when reading on would mislead."""

    root: Node | None
    problems: tuple[Problem, ...]
    comments: tuple[Comment, ...] = ()
