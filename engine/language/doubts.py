"""What YAML accepts, and reads otherwise than it was meant."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.language.nodes import Scalar, Span
from engine.language.yaml_rules import Finding

# Look like a space, and are none for YAML.
INVISIBLE = "\u00a0\u1680\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff"
INVISIBLE_MESSAGE = "there is an invisible character here that only looks like a space; delete it and type a space"

_INVISIBLE_IN_VALUE = re.compile(rf"^([{INVISIBLE}])|([{INVISIBLE}])$|^-([{INVISIBLE}])|\w:([{INVISIBLE}])")
_ANY_INVISIBLE = re.compile(rf"[{INVISIBLE}]")
_KEY_LINE = re.compile(r"""\s*(?:- +)*(?:[\w.]+|"[0-9*#]+"):(?:\s|$)|\s*- """)
_GLUED = re.compile(r"[\w.]+:(?=\S)")
_BRACKET_IN_KEY = re.compile(r"([\w.]+) +[{\[]")
_CUT = re.compile(r"[ \t]+(#)")
# After these words a # is the key of the telephone, not a comment.
_BEFORE_POUND = re.compile(
    r"\b(?:press|dial|hit|push|enter|then|key|or|and|by|with|the|pulse|marque|appuyez sur|dr[uü]cken sie)$",
    re.IGNORECASE,
)


def unquoted_formula(span: Span, formula: str) -> Finding:
    """Return the finding for a value that begins with ``{{`` outside quotes; *formula* is its source."""
    return Finding(
        rule="Y009",
        span=span,
        message="a text with {{ }} needs quotes around the whole text",
        hint=f"write {_quoted(formula)}",
        fix_text=_quoted(formula),
    )


def doubts(lines: list[str], scalar: Scalar, *, is_key: bool) -> Iterator[Finding]:
    """Yield what is probably meant otherwise in an unquoted scalar that YAML accepts."""
    if scalar.is_quoted:
        return
    if not scalar.text.isascii():
        yield from _odd_characters(scalar, is_key=is_key)
    if '"' in scalar.text or is_key:
        yield from _stray_mark(scalar, is_key=is_key)
    if scalar.span.line != scalar.span.end_line:
        yield from _swallowed_dash(lines, scalar)
    elif not is_key:
        yield from _cut_text(lines[scalar.span.line - 1], scalar)


def missing_colon(key: Scalar) -> Finding:
    """Return the finding for an element of { } without a colon."""
    message = f"a colon and a space are missing in '{key.text}'; each part in {{ }} reads 'name: value'"
    return Finding(rule="Y001", span=key.span, message=message)


def swallows_keys(lines: list[str], span: Span) -> bool:
    """Tell whether a quoted text of several lines goes on over lines that were meant as keys or steps."""
    return any(_KEY_LINE.match(line) for line in lines[span.line : span.end_line])


def _stray_mark(scalar: Scalar, *, is_key: bool) -> Iterator[Finding]:
    text = scalar.text
    if is_key and (match := _GLUED.match(text)) is not None:
        span = scalar.part(match.end() - 1, 1)
        yield Finding(rule="Y001", span=span, message="put a space after the colon")
    elif is_key and (match := _BRACKET_IN_KEY.match(text)) is not None:
        message = f"a colon is missing behind '{match[1]}'"
        yield Finding(rule="Y001", span=scalar.part(match.end(1), 1), message=message)
    elif text.endswith('"') and text.count('"') % 2:
        yield Finding(
            rule="Y018",
            span=scalar.span,
            severity="error" if is_key else "warning",
            message="this text ends with a quote, and none stands before it; write one there too, or remove this one",
            fix_text=None if is_key else _quoted(text[:-1]),
        )


def _swallowed_dash(lines: list[str], scalar: Scalar) -> Iterator[Finding]:
    """A list item that is indented more than the one above belongs, for YAML, to the text of that one."""
    for number in range(scalar.span.line + 1, scalar.span.end_line + 1):
        line = lines[number - 1]
        if (text := line.lstrip()).startswith("- "):
            column = len(line) - len(text) + 1
            yield Finding(
                rule="Y001",
                span=Span(number, column, number, column + 1),
                message="this dash is indented too far; put it in line with the dash above",
            )
            return


def _odd_characters(scalar: Scalar, *, is_key: bool) -> Iterator[Finding]:
    text = scalar.text
    invisible = _ANY_INVISIBLE.search(text) if is_key else _INVISIBLE_IN_VALUE.search(text)
    if invisible is not None:
        offset = invisible.start(invisible.lastindex or 0)
        yield Finding(rule="Y012", span=scalar.part(offset, 1), message=INVISIBLE_MESSAGE)
    elif text[0] in "“„‟‘‚”":
        inner = text[1:-1] if text[-1] in "“”‟‘’" and len(text) > 1 else text[1:]
        yield Finding(
            rule="Y011",
            span=scalar.span,
            severity="error" if is_key else "warning",
            fix_text=_quoted(inner),
            message="curly quotes do not quote a text, they become part of it; use straight ones",
            hint=f"write {_quoted(inner)}",
        )


def _cut_text(line: str, scalar: Scalar) -> Iterator[Finding]:
    match = _CUT.match(line, scalar.span.end_column - 1)
    if match is None:
        return
    after = line[match.end() :]
    follows = after[:1]
    if not scalar.text:
        is_cut = not after.strip()
    else:
        prose = " " in scalar.text or follows.isdigit()
        is_cut = (follows.isalnum() and prose) or (
            _BEFORE_POUND.search(scalar.text) is not None and match.end() - match.start() == 2
        )
    if is_cut:
        whole = line[scalar.span.column - 1 :].strip()
        yield Finding(
            rule="Y010",
            severity="warning",
            hint=f"write {_quoted(whole)}",
            fix_text=_quoted(whole),
            span=Span(scalar.span.line, line.index(whole) + 1, scalar.span.line, line.index(whole) + 1 + len(whole)),
            message="the text ends before the #, for what follows is a comment to YAML; put the whole text in quotes",
        )


def _quoted(text: str) -> str:
    """Return *text* in straight quotes, in those that it does not hold itself."""
    if '"' not in text and "\\" not in text:
        return f'"{text}"'
    return "'" + text.replace("'", "''") + "'"
