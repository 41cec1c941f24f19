"""Slips of layout: tabs, dashes, colons, brackets, indentation, doubled entries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from random import Random

import yaml
from mutation_places import Entry, Source
from mutation_table import Mutant

_DASH = re.compile(r"( *)- +")


def wrong_layout(source: Source, rng: Random) -> Iterator[Mutant]:
    """Yield each slip of layout in each line or entry where it can happen."""
    inside = _lines_inside(source)
    for number, line in enumerate(source.lines, 1):
        if line.strip() and not line.lstrip().startswith("#") and number not in inside:
            yield from _tabs(source, number, line)
            yield from _dashes(source, number, line)
            yield from _indentation(source, number, line)
    for entry in source.entries:
        yield from _colons(source, entry)
        yield from _doubled(source, entry)
        yield from _nothing_behind(source, entry)
        yield from _shifted(source, entry)
    yield from _brackets(source, rng)


def _lines_inside(source: Source) -> set[int]:
    """Return the lines that go on with what an earlier line has begun: texts and brackets over several lines."""
    found: set[int] = set()
    todo = [source.root]
    while todo:
        node = todo.pop()
        if isinstance(node, yaml.ScalarNode) or node.flow_style:
            found.update(range(node.start_mark.line + 2, source.last_line(node) + 1))
        else:
            todo += [part for one in node.value for part in (one if isinstance(one, tuple) else (one,))]
    return found


def _of_line(source: Source, kind: str, number: int, new: str, what: str) -> Mutant:
    return Mutant(
        kind=kind, path=source.path, text=source.with_lines(number, number, [new]), lines=frozenset({number}), what=what
    )


def _tabs(source: Source, number: int, line: str) -> Iterator[Mutant]:
    text = line.lstrip(" ")
    spaces = len(line) - len(text)
    if spaces:
        yield _of_line(source, "tab", number, "\t" + text, "a tab for the indentation")
        yield _of_line(source, "tab", number, "\t" * (spaces // 2) + text, "tabs for the indentation")
        yield _of_line(source, "tab", number, " " * (spaces - 2) + "\t" + text, "a tab for two spaces")
        yield _of_line(source, "tab", number, " " * spaces + "\t" + text, "a tab behind the indentation")
    if text.startswith("- "):
        yield _of_line(source, "tab", number, " " * spaces + "-\t" + text[2:], "a tab behind the dash")


def _dashes(source: Source, number: int, line: str) -> Iterator[Mutant]:
    match = _DASH.match(line)
    if match is None:
        return
    rest, spaces = line[match.end() :], match[1]
    excuse = "one rule alone needs no dash" if number in _lone_rules(source) else ""
    for text, what in ((f"{spaces}  {rest}", "no dash before"), (f"{spaces}{rest}", "moved left, no dash before")):
        yield replace(_of_line(source, "missing dash", number, text, f"{what} {rest}"), excuse=excuse)
    yield _of_line(source, "no space behind a dash", number, f"{spaces}-{rest}", f"-{rest}")


def _lone_rules(source: Source) -> set[int]:
    """Return the lines of rules that are the only ones of their list."""
    alone = [item for item in source.items if item.what == "exits" and len(item.list.value) == 1]
    return {item.node.start_mark.line + 1 for item in alone}


def _indentation(source: Source, number: int, line: str) -> Iterator[Mutant]:
    text = line.lstrip(" ")
    spaces = len(line) - len(text)
    for less in sorted({1, 2, 4, spaces}):
        if 0 < less <= spaces:
            yield _of_line(source, "lost indentation", number, line[less:], f"{text} by {less} to the left")
    for more in (1, 2, 4):
        yield _of_line(source, "too much indentation", number, " " * more + line, f"{text} by {more} to the right")


def _colons(source: Source, entry: Entry) -> Iterator[Mutant]:
    end = source.end(entry.key)
    colon = source.text.index(":", end)
    behind = source.text[colon + 1 : colon + 2]
    for kind, new, length in (("missing colon", "", 1), ("no space behind a colon", ":", 2)):
        if length == 1 or behind == " ":
            text = source.replaced(end, colon + length, new)
            word = f"{entry.word}{new}"
            yield Mutant(kind=kind, path=source.path, text=text, lines=frozenset({entry.line}), what=word)


def _doubled(source: Source, entry: Entry) -> Iterator[Mutant]:
    if entry.map.flow_style and source.text[source.start(entry.map)] != "{":
        return  # in [ ] it would be a second element
    start, end = source.start(entry.key), source.end(entry.value)
    entry_text = source.text[start:end]
    if entry.map.flow_style:
        text, line = source.replaced(end, end, f", {entry_text}"), source.line_of(end)
    else:
        column = entry.key.start_mark.column
        line_end = source.text.find("\n", end)
        at = line_end if line_end >= 0 else len(source.text)
        text, line = source.replaced(at, at, f"\n{' ' * column}{entry_text}"), source.line_of(end) + 1
    yield Mutant(kind="duplicated key", path=source.path, text=text, lines=frozenset({line}), what=entry.word)


def _nothing_behind(source: Source, entry: Entry) -> Iterator[Mutant]:
    if entry.what == "free":
        return
    start, end = source.end(entry.key), source.end(entry.value)
    colon = source.text.index(":", start) + 1
    yield Mutant(
        kind="nothing behind a key", path=source.path, text=source.replaced(colon, end, ""),
        lines=frozenset({entry.line}), what=entry.word,
    )  # fmt: skip


def _shifted(source: Source, entry: Entry) -> Iterator[Mutant]:
    """An entry of several lines loses its indentation, or gets too much."""
    first, last = entry.line, source.last_line(entry.value)
    line = source.lines[first - 1]
    if entry.map.flow_style or last == first or line.lstrip().startswith("- "):
        return
    block = source.lines[first - 1 : last]
    spaces = len(line) - len(line.lstrip())
    for less in sorted({2, spaces}):
        if 0 < less <= spaces:
            moved = [each[less:] for each in block]
            yield Mutant(
                kind="block lost its indentation", path=source.path, text=source.with_lines(first, last, moved),
                lines=frozenset({first}), what=f"{entry.word} by {less}",
            )  # fmt: skip


def _brackets(source: Source, rng: Random) -> Iterator[Mutant]:
    todo = [source.root]
    while todo:
        node = todo.pop()
        if isinstance(node, yaml.ScalarNode):
            continue
        parts = [part for one in node.value for part in (one if isinstance(one, tuple) else (one,))]
        todo += parts
        if not node.flow_style or not parts:
            continue
        start, end = source.start(node), source.end(node)
        line = frozenset({source.line_of(start)})
        commas = [
            source.text.index(",", source.end(one[1] if isinstance(one, tuple) else one)) for one in node.value[:-1]
        ]
        places = [(start, "opening bracket"), (end - 1, "closing bracket")]
        places += [(comma, "comma") for comma in commas if isinstance(node, yaml.MappingNode)]
        # (a list of texts without a comma is a list with a longer text)
        for at, what in places:
            if source.text[at] not in "[]{},":
                continue  # a lone pair in [ ] has no brackets of its own
            yield Mutant(
                kind="missing bracket or comma", path=source.path, text=source.replaced(at, at + 1, ""), lines=line,
                what=f"no {what}: {source.text[start:end]}",
            )  # fmt: skip
