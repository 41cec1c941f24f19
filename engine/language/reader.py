"""YAML text to nodes, strictly: PyYAML's events, our own builder, a plain sentence for each trap."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from engine.language import doubts, traps
from engine.language.nodes import Comment, Document, Entry, List, Map, Node, Scalar, Span, Style
from engine.language.yaml_rules import Finding

MAX_BYTES = 1_000_000
MAX_FINDINGS = 100  # nobody reads more at once
MAX_NODES = 50_000  # the largest example has some 200; what has more is an attack, and slow

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_LINE_END = re.compile(r"\r\n|[\n\r]")
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")  # more digits are an id, not an amount
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,14})\.[0-9]{1,15}")
_NUMBER_BEGINS = frozenset("-0123456789")
_WORDS: Mapping[str, bool | None] = {"true": True, "false": False, "": None}
_NOT_TEXT = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MISCOUNTED = re.compile("[\x85\u2028\u2029\ufeff]")  # the parser ends the line there or skips it, editors do not
_STYLES: dict[str | None, Style] = {
    None: "plain",
    "": "plain",
    "'": "single",
    '"': "double",
    "|": "literal",
    ">": "folded",
}


class _Refused(Exception):
    """Reading stops here."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


def read(text: bytes | str, path: str) -> Document:
    """
    Return what *text* holds and every problem of its YAML; never raises. *path* is only quoted in the problems.

    After a problem that makes the rest unclear the root is None; after a duplicate key (the first one counts),
    an unquoted formula (it is read as a text) or a warning it is there, so that the file can be checked further.
    Source: language.md, section 4.
    """
    try:
        source = _decode(text)
        builder = _Builder(source, _LINE_END.split(source))
        root = builder.build()
    except _Refused as refused:
        return Document(None, (refused.finding.at(path),))
    problems = sorted(finding.at(path) for finding in builder.findings)
    return Document(root, tuple(problems), tuple(_comments(builder)))


def _decode(text: bytes | str) -> str:
    if len(text) > MAX_BYTES:
        raise _refusal("Y008", 1, 1, "this file is over 1 MB, more than a flow can need; divide it into several")
    if isinstance(text, bytes):
        text = _decode_bytes(text)
    text = text.removeprefix("\ufeff")
    if match := _NOT_TEXT.search(text):
        line, column = _position(text, match.start())
        raise _refusal(
            "Y014",
            line,
            column,
            "this file is not plain text: it holds a character that no keyboard "
            f"types (number {ord(match[0])}); write the line anew",
        )
    if match := _MISCOUNTED.search(text):
        line, column = _position(text, match.start())
        raise _refusal("Y012", line, column, "there is an invisible character here; delete it")
    return text


def _decode_bytes(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _refusal("Y014", 1, 1, "this file is saved as UTF-16; save it as UTF-8")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line, column = _position(raw[: error.start].decode("utf-8"), None)
        raise _refusal(
            "Y014", line, column, "this file is not UTF-8 text; open it in your editor and save it as UTF-8"
        ) from None


def _position(text: str, offset: int | None) -> tuple[int, int]:
    lines = _LINE_END.split(text[:offset])
    return len(lines), len(lines[-1]) + 1


def _refusal(rule: str, line: int, column: int, message: str) -> _Refused:
    return _Refused(Finding(rule=rule, span=Span(line, column, line, column + 1), message=message))


@dataclass(slots=True)
class _Open:
    """A map or list whose end has not come yet; a map's nodes are key, value, key, value."""

    is_map: bool
    start: Any
    nodes: list[Node] = field(default_factory=list)


class _Builder:
    """Turns events into nodes without recursion."""

    def __init__(self, source: str, lines: list[str]) -> None:
        self.source = source
        self.lines = [*lines, ""]  # the parser may point behind a last line that has no end
        self.findings: list[Finding] = []
        self.long_scalars: list[Span] = []  # those over several lines: no comment begins inside
        self._with_pound = {number for number, line in enumerate(lines, 1) if "#" in line}
        self._open: list[_Open] = []
        self._count = 0
        self._root: Node | None = None
        self._last: Scalar | None = None

    def build(self) -> Node:
        try:
            loader = LOADER(self.source)
            while type(event := loader.get_event()) is not yaml.StreamEndEvent:
                self._take(event)
        except yaml.YAMLError as error:
            raise _Refused(traps.explain(self.lines, error, self._last)) from None
        except (ValueError, OverflowError) as error:  # the pure-Python parser, on nonsense
            raise _refusal("Y001", 1, 1, f"this file cannot be read as YAML ({type(error).__name__})") from None
        if self._root is None:
            raise _refusal("Y013", 1, 1, "this file is empty; a flow begins with the line 'flow: NAME'")
        return self._root

    def _take(self, event: Any) -> None:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            if event.anchor is not None or event.tag is not None:
                raise self._sharing(event)
            self._add(self._scalar(event))
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            self._add(self._close(self._open.pop(), event.end_mark))
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            if event.anchor is not None or event.tag is not None:
                raise self._sharing(event)
            if len(self._open) == traps.MAX_DEPTH:
                raise self._refuse("Y007", event, traps.TOO_DEEP)
            self._open.append(_Open(kind is yaml.MappingStartEvent, event.start_mark))
        elif kind is yaml.AliasEvent:
            raise self._sharing(event)
        elif kind is yaml.DocumentStartEvent and self._root is not None:
            raise self._refuse("Y006", event, "a second document begins here; keep one per file and remove this ---")

    def _sharing(self, event: Any) -> _Refused:
        if isinstance(event, yaml.AliasEvent):
            return self._refuse(
                "Y004",
                event,
                f"aliases such as *{event.anchor} are not part of the language; "
                "put a text with * in quotes, or write out what is meant",
            )
        if event.anchor is not None:
            return self._refuse(
                "Y004",
                event,
                f"anchors such as &{event.anchor} are not part of the language; "
                "put a text with & in quotes, or remove the anchor",
            )
        return self._refuse(
            "Y005",
            event,
            "tags such as !name are not part of the language; put a text with ! in quotes, or remove the tag",
        )

    def _refuse(self, rule: str, event: Any, message: str) -> _Refused:
        return _refusal(rule, event.start_mark.line + 1, event.start_mark.column + 1, message)

    def _scalar(self, event: Any) -> Scalar:
        start, end = event.start_mark, event.end_mark
        span = Span(start.line + 1, start.column + 1, end.line + 1, end.column + 1)
        style = _STYLES[event.style]
        if end.line != start.line:
            self.long_scalars.append(span)
            if style in ("single", "double") and doubts.swallows_keys(self.lines, span):
                raise self._refuse("Y001", event, traps.OPEN_QUOTE)
        value = _plain_value(event.value) if style == "plain" else event.value
        self._last = Scalar(event.value, value, style, span)
        return self._last

    def _add(self, node: Node) -> None:
        self._count += 1
        if self._count > MAX_NODES:
            raise _refusal(
                "Y008",
                node.span.line,
                node.span.column,
                f"this file has more than {MAX_NODES:,} entries; divide it into several flows",
            )
        if not self._open:
            self._root = node
            return
        around = self._open[-1]
        around.nodes.append(node)
        if isinstance(node, Scalar) and self._may_be_doubtful(node):
            is_key = around.is_map and len(around.nodes) % 2 == 1
            for finding in doubts.doubts(self.lines, node, is_key=is_key):
                self._note_once(finding)

    def _lacks_colon(self, key: Scalar, value: Node) -> bool:
        """Tell whether *key* is an element of { } that has no colon; for YAML it is a name with nothing behind it."""
        if key.is_quoted or not isinstance(value, Scalar) or value.text or value.is_quoted:
            return False
        line = self.lines[key.span.end_line - 1]
        is_formula = line[: key.span.column - 1].rstrip().endswith("{{")
        return not is_formula and not line[key.span.end_column - 1 :].lstrip().startswith(":")

    def _may_be_doubtful(self, node: Scalar) -> bool:
        """Tell quickly whether ``doubts`` has anything to look at: few texts have."""
        if node.style != "plain":
            return False
        span = node.span
        is_odd = span.line in self._with_pound or span.line != span.end_line or not node.text.isascii()
        text = node.text
        return is_odd or '"' in text or ":" in text or "{" in text or "[" in text

    def _note_once(self, finding: Finding) -> None:
        """Note the first doubt about a line: the ones after it have the same cause."""
        if not self.findings or self.findings[-1].span.line != finding.span.line:
            self._note(finding)

    def _note(self, finding: Finding) -> None:
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(finding)

    def _close(self, opened: _Open, end: Any) -> Node:
        start, nodes = opened.start, opened.nodes
        span = Span(start.line + 1, start.column + 1, end.line + 1, end.column + 1)
        if self.source[start.index : start.index + 1] not in ("{", "[") and nodes:
            # A block ends for YAML where the next thing begins; for people, with its last line.
            span = Span(span.line, span.column, nodes[-1].span.end_line, nodes[-1].span.end_column)
        if not opened.is_map:
            return List(tuple(nodes), span)
        formula = self.source[start.index : end.index]
        if nodes and isinstance(nodes[0], Map) and formula.startswith("{{") and formula.endswith("}}"):
            self._note(doubts.unquoted_formula(span, formula))
            return Scalar(formula, formula, "plain", span)
        return Map(tuple(self._entries(nodes)), span)

    def _entries(self, nodes: list[Node]) -> Iterator[Entry]:
        lines_of: dict[str, int] = {}
        for key, value in zip(nodes[::2], nodes[1::2], strict=True):
            if not isinstance(key, Scalar) or not key.text:
                raise _refusal(
                    "Y001",
                    key.span.line,
                    key.span.column,
                    "a name is missing here: what stands before a ':' must be a word or a text",
                )
            if key.text == "<<" and not key.is_quoted:
                raise _refusal(
                    "Y004",
                    key.span.line,
                    key.span.column,
                    "merges (<<) are not part of the language; write out what is meant",
                )
            if " " in key.text and self._lacks_colon(key, value):
                self._note_once(doubts.missing_colon(key))
            if key.text in lines_of:
                self._note(
                    Finding(
                        rule="Y003",
                        span=key.span,
                        message=f"'{key.text}' stands here twice, first in line {lines_of[key.text]}; "
                        "rename or remove one of them",
                    )
                )
                continue
            lines_of[key.text] = key.span.line
            yield Entry(key, value)


def _plain_value(text: str) -> str | int | float | bool | None:
    """Return what an unquoted *text* is: true, false, an integer, a decimal, nothing (None), else the text itself."""
    if text[:1] in _NUMBER_BEGINS:
        if _INTEGER.fullmatch(text):
            return int(text)
        if _DECIMAL.fullmatch(text):
            return float(text)
    return _WORDS.get(text, text)


def _comments(builder: _Builder) -> Iterator[Comment]:
    inside: set[int] = set()
    for span in builder.long_scalars:
        inside.update(range(span.line + 1, span.end_line + (span.end_column > 1)))
    for number, line in enumerate(builder.lines, 1):
        text = line.strip()
        if text.startswith("#") and number not in inside:
            column = len(line) - len(line.lstrip()) + 1
            yield Comment(text, Span(number, column, number, column + len(text)))
