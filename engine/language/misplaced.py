"""
Which line stands in the wrong place, when a file cannot be read or does not fit together.

YAML notices a wrong indentation late and names another line. This looks for the one line, or block of lines, that
makes the file readable when it is moved or gets its dash: that is where the slip is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from engine.language.layout import Layout, Path, Row
from engine.language.nodes import Span
from engine.language.yaml_rules import Finding

_MOST_LINES = 3000  # of a file that is looked at so closely
_MOST_TRIES = 24  # each reads the file anew
_MOST_LETTERS = 500_000  # of all tries together
_FARTHEST = 60  # lines above the one where it was noticed
_NEAR = 6  # rows that may lack a dash or colon: the one where it was noticed, and those beside it
_MOST_ENDS = 16  # of one block
_BONUS = 25  # of effort, for the line where it was noticed and the one above that it belongs to
_GLUED_DASH = re.compile(r"-(?=[A-Za-z_{\"])")
_LONE_WORD = re.compile(r"""([\w.]+|"[^"]*"|'[^']*')(\s+#.*)?""")

Reads = Callable[[list[str]], bool]
Allows = Callable[[Path], bool]


@dataclass(frozen=True, slots=True)
class _Mend:
    """The rows from *first* to *last* (indices) moved *by* columns; a lone one may get *row* and *text* instead."""

    first: int
    last: int
    by: int
    message: str
    effort: int
    row: Row | None = None
    text: str = ""


def misplaced(
    lines: Sequence[str], suspects: Iterable[int], sections: Collection[str], allows: Allows, reads: Reads
) -> Finding | None:
    """
    Return what is wrong with the line that, put right, makes the file readable, or None when no single one does.

    *suspects* are the lines (from 1) where reading failed; *sections* the words that may stand at the very left;
    *allows* tells whether the language has such a path of keys; *reads* whether a file of these lines is in order.
    """
    if len(lines) > _MOST_LINES:
        return None
    layout = Layout(lines, sections)
    most = min(_MOST_TRIES, _MOST_LETTERS // (sum(map(len, lines)) + 1))
    for mend in islice(_best_mends(layout, [number - 1 for number in suspects], allows), most):
        if reads(_mended(layout, mend)):
            number = layout.rows[mend.first].number
            line = lines[number]
            span = Span(number + 1, len(line) - len(line.lstrip()) + 1, number + 1, len(line.rstrip()) + 1)
            return Finding(rule="Y017", span=span, message=mend.message)
    return None


def _mended(layout: Layout, mend: _Mend) -> list[str]:
    """Return the lines of the file after *mend*."""
    lines = list(layout.lines)
    for row in layout.rows[mend.first : mend.last + 1]:
        lines[row.number] = " " * max(row.indent + mend.by, 0) + (mend.text or lines[row.number].lstrip(" "))
    return lines


def _best_mends(layout: Layout, suspects: list[int], allows: Allows) -> Iterator[_Mend]:
    """Yield the likeliest mends, the best first: those that leave the file least odd, with little effort."""
    near = {index for number in suspects for index in _at_and_outer(layout, number)}
    ranked = []
    for place, mend in enumerate(_mends(layout, suspects)):
        odd = layout.oddness(mend.first, mend.last, mend.by, mend.row)
        if odd <= layout.odd[-1]:
            ranked.append((odd, mend.effort - _BONUS * (mend.first in near), place, mend))
    for *_, mend in sorted(ranked, key=lambda each: each[:3]):
        if allows(layout.path(mend.first, mend.row or layout.rows[mend.first], mend.by)):
            yield mend


def _mends(layout: Layout, suspects: list[int]) -> Iterator[_Mend]:
    around = [list(_around(layout, suspect)) for suspect in suspects]
    for index in dict.fromkeys(each for near in around for each in near):
        for last in (index, *_ends_of_block(layout, index)):
            yield from _moved(layout, index, last)
    for index in dict.fromkeys(each for near in around for each in near[:_NEAR]):
        yield from _with_dash(layout, index)
        yield from _with_colon(layout, index)


def _around(layout: Layout, number: int) -> Iterator[int]:
    """Yield the rows that may have caused what was noticed in line *number*: it and those near and around it."""
    at, rows = layout.row_at(number), layout.rows
    yield from range(at, min(at + 2, len(rows)))
    indent = rows[at].indent if rows else 0
    for index in range(at - 1, max(at - _FARTHEST, -1), -1):
        here = rows[index].indent
        is_first_child = index > 0 and rows[index - 1].indent < here
        if index == at - 1 or here <= indent or is_first_child:
            yield index
        indent = min(indent, here) or indent


def _at_and_outer(layout: Layout, number: int) -> tuple[int, int]:
    """Return the row of line *number* and the one that it stands below and further to the right of."""
    at, rows = layout.row_at(number), layout.rows
    return at, next((index for index in range(at - 1, -1, -1) if rows[index].indent < rows[at].indent), at)


def _ends_of_block(layout: Layout, index: int) -> Iterator[int]:
    """Yield the rows that may be the last of what stands in row *index*: where it has moved, that is not clear."""
    rows, row = layout.rows, layout.rows[index]
    if index + 1 == len(rows) or not (row.opens or rows[index + 1].indent > row.indent):
        return
    likely, found = {*layout.before[index].places, rows[index + 1].indent}, 0
    for last in range(index + 1, len(rows)):
        after = rows[last + 1].indent if last + 1 < len(rows) else -1
        is_far = last - index > _MOST_ENDS
        if not is_far or after <= row.indent or (after in likely and found < _MOST_ENDS):
            found += is_far
            yield last
        if after < row.indent:
            return


def _moved(layout: Layout, first: int, last: int) -> Iterator[_Mend]:
    for column in layout.before[first].places:
        by = column - layout.rows[first].indent
        if by == 0:
            continue
        side = "left" if by > 0 else "right"
        spaces = f"{column} space{'s' if column != 1 else ''}" if column else "no space"
        message = f"this line stands too far to the {side}; put {spaces} before it"
        if last > first:
            message = (
                f"these lines, to line {layout.rows[last].number + 1}, stand too far to the {side}; "
                f"put {spaces} before this one, and move the others with it"
            )
        after = layout.rows[last + 1].indent if last + 1 < len(layout.rows) else 0
        is_whole = after <= layout.rows[first].indent
        yield _Mend(first, last, by, message, 10 * abs(by) + (0 if is_whole else min(last - first, 9)))


def _with_dash(layout: Layout, index: int) -> Iterator[_Mend]:
    row = layout.rows[index]
    text = layout.lines[row.number].lstrip(" ")
    if _GLUED_DASH.match(text):
        dashed = replace(row, columns=(row.indent, row.indent + 2), key=row.key and row.key[1:])
        yield _Mend(index, index, 0, "put a space after the dash", 10, dashed, f"- {text[1:]}")
    elif not row.has_dash:
        dashed = replace(row, columns=(row.indent, row.indent + 2))
        message = "a dash is missing at the beginning of this line; write '- ' below the other dashes"
        effort = 10 if text.startswith("if:") else 15  # rules come in lists
        for by in (column - row.indent for column in layout.before[index].places):
            yield _Mend(index, index, by, message, effort + abs(by), dashed, f"- {text}")


def _with_colon(layout: Layout, index: int) -> Iterator[_Mend]:
    row = layout.rows[index]
    text = layout.lines[row.number].strip()
    if (found := _LONE_WORD.fullmatch(text)) is not None:
        word, comment = found[1], found[2] or ""
        opening = replace(row, opens=True, key=word.strip("\"'"))
        yield _Mend(index, index, 0, f"a colon is missing at the end of '{word}'", 10, opening, f"{word}:{comment}")
