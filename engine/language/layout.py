"""The indentation of a file as written, line by line: what is open, what stands inside what, and what stands oddly."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

STEP = 2  # spaces of one level, in every example
_DASH = re.compile(r"-( +|$)")
_KEY = re.compile(r"""("[^"]*"|'[^']*'|[^\s"'#{\[][^#:]*?)\s*:(?:\s|$)""")
_OPENS = re.compile(r"""(?:[^\s"'#][^#]*|"[^"]*"|'[^']*'):\s*(?:#.*)?$|$""")
_NO_FIT, _LOST, _ALIEN = 5, 3, 1  # how odd: stands nowhere, opens nothing, is not two spaces further

Path = tuple[str | None, ...]  # keys from the outside in, None for an item of a list


@dataclass(frozen=True, slots=True)
class Row:
    """A line that says something: its *columns* are those of its dashes and of what follows; *opens*: more follows."""

    number: int  # from 0
    columns: tuple[int, ...]
    opens: bool
    key: str | None = None
    is_section: bool = False  # may stand at the very left

    @property
    def indent(self) -> int:
        return self.columns[0]

    @property
    def has_dash(self) -> bool:
        return len(self.columns) > 1


@dataclass(frozen=True, slots=True)
class Open:
    """What is open after a line: the columns in which the next may begin, and whether it must stand deeper."""

    columns: tuple[int, ...] = (-STEP,)
    opens: bool = True

    def then(self, row: Row, by: int = 0) -> tuple[Open, int]:
        """Return what is open after *row*, moved *by* columns, and how oddly it stands."""
        columns = self.columns
        own = row.columns if by == 0 else tuple(max(column + by, 0) for column in row.columns)
        indent = own[0]
        odd = _NO_FIT * (indent == 0 and not row.is_section)
        if indent > columns[-1]:
            odd += _NO_FIT * (not self.opens) + _ALIEN * (indent - columns[-1] != STEP)
            return Open(columns + own, row.opens), odd
        is_list_of_key = indent == columns[-1] and row.has_dash
        odd += (_ALIEN if is_list_of_key else _LOST) * self.opens
        while columns[-1] > indent:
            columns = columns[:-1]
        if columns[-1] != indent:
            columns, odd = (*columns, indent), odd + _NO_FIT
        return Open(columns + own[1:], row.opens), odd

    @property
    def places(self) -> list[int]:
        """The columns in which the next line could begin."""
        deeper = [self.columns[-1] + STEP] if self.opens else []
        return [*deeper, *(column for column in reversed(self.columns) if column >= 0)]


class Layout:
    """The lines of a file that say something, as *rows*; *sections* are the words that may stand at the very left."""

    def __init__(self, lines: Sequence[str], sections: Collection[str]) -> None:
        self.lines = lines
        self.rows = [_row(number, line, sections) for number, line in enumerate(lines) if _says(line)]
        self.before = [Open()]  # what is open before each row
        self.odd = [0]  # how odd the rows before each are together
        for row in self.rows:
            opened, odd = self.before[-1].then(row)
            self.before.append(opened)
            self.odd.append(self.odd[-1] + odd)

    def row_at(self, number: int) -> int:
        """Return the index of the row in line *number* (from 0), or of the one above it."""
        return max((index for index, row in enumerate(self.rows) if row.number <= number), default=0)

    def oddness(self, first: int, last: int, by: int, instead: Row | None = None) -> int:
        """Return how odd the file is with some rows moved, or one replaced; where it is odder than now, just more."""
        opened, total, most = self.before[first], self.odd[first], self.odd[-1]
        for index in range(first, last + 1):
            opened, odd = opened.then(instead or self.rows[index], by)
            total += odd
            if total > most:
                return total
        for index in range(last + 1, len(self.rows)):
            if opened == self.before[index]:  # from here on all is as it was
                return total + most - self.odd[index]
            opened, odd = opened.then(self.rows[index])
            total += odd
            if total > most:
                return total
        return total

    def path(self, index: int, row: Row, by: int) -> Path:
        """Return what *row* would stand in, with itself, at the place *index* and moved *by* columns."""
        path: list[str | None] = [row.key] if row.key is not None else []
        path += [None] * (len(row.columns) - 1)
        bound, has_dash = row.indent + by, row.has_dash
        for above in reversed(self.rows[:index]):
            if above.indent > bound or (above.indent == bound and not (has_dash and not above.has_dash)):
                continue
            if above.columns[-1] < bound or (above.columns[-1] == bound and has_dash and not above.has_dash):
                path.append(above.key)
                path += [None] * (len(above.columns) - 1)
            else:  # beside the key of this item
                path += [None] * sum(column < bound for column in above.columns)
            bound, has_dash = above.indent, above.has_dash
        return tuple(reversed(path))


def _row(number: int, line: str, sections: Collection[str]) -> Row:
    text = line.lstrip(" ")
    columns = [len(line) - len(text)]
    while match := _DASH.match(text):
        columns.append(columns[-1] + match.end())
        text = text[match.end() :]
    found = _KEY.match(text)
    key = found[1].strip("\"'") if found is not None else None
    return Row(number, tuple(columns), _OPENS.match(text) is not None, key, key in sections)


def _says(line: str) -> bool:
    """Tell whether *line* is neither empty nor a comment."""
    text = line.strip()
    return bool(text) and not text.startswith("#")
