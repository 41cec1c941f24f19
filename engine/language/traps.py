"""What the YAML parser refuses, in plain words."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.language.doubts import INVISIBLE, INVISIBLE_MESSAGE
from engine.language.nodes import Scalar, Span
from engine.language.yaml_rules import Finding

MAX_DEPTH = 40
TOO_DEEP = f"this is more than {MAX_DEPTH} levels deep; use fewer brackets and less indentation"
OPEN_QUOTE = "the quote that opens here is not closed in this line; write the same quote at the end of the text"
_INVISIBLE_AT = re.compile(rf"(?:^|[:\-]|^[ \t]+)([{INVISIBLE}])")
_TAB_INDENT = re.compile(r"^ *(\t)")
_CURLY_START = re.compile(r"(?:^|[\s\[{,])([“„‟‘‚”’])")
_QUOTED = re.compile(r"""(?:(?<=[\s\[{,:])|^)("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')""")
_KEY_ALONE = re.compile(r"\s*(?:- +)*[^\s:][^:]*$")
_WORDS_ALONE = re.compile(r"\s*[\w.]+ [^:]+")
_DASH_GLUED = re.compile(r"\s*(-)[^\s\-\d]")
_COLON_GLUED = re.compile(r"\s*(?:- +)*[\w.]+(:)[^\s:/]")
_COMMENT = re.compile(r"\s(#)")
_BRACKETS = {"{": "}", "[": "]"}


@dataclass(frozen=True, slots=True)
class _Trouble:
    """What the parser said: places count from 0; *around* is where the thing began that it was reading."""

    lines: list[str]
    line: int
    column: int
    words: str
    context: str
    around: tuple[int, int]
    last: Scalar | None

    @property
    def here(self) -> str:
        return self.lines[self.line] if self.line < len(self.lines) else ""

    @property
    def letter(self) -> str:
        return self.here[self.column : self.column + 1]

    @property
    def before(self) -> int:
        """The nearest line above that says something, or -1."""
        number = min(self.line, len(self.lines)) - 1
        while number >= 0 and (not self.lines[number].strip() or self.lines[number].lstrip().startswith("#")):
            number -= 1
        return number

    @property
    def suspects(self) -> tuple[int, ...]:
        """The lines in which the cause may be: where the parser stopped, and where an open bracket or text began."""
        begun = "flow" in self.context or "scanning" in self.context
        numbers = (self.line, self.around[0]) if begun else (self.line,)
        return tuple(dict.fromkeys(n for n in numbers if n < len(self.lines)))

    def say(self, message: str, *, rule: str = "Y001", at: tuple[int, int] | None = None, length: int = 1) -> Finding:
        line, column = at if at is not None else (self.line, self.column)
        if line >= len(self.lines) or (line == len(self.lines) - 1 and not self.lines[line].strip() and line > 0):
            line = max(self.before, 0)  # the end of the file: point at its last words
            column = len(self.lines[line].rstrip())
        return Finding(rule=rule, span=Span(line + 1, column + 1, line + 1, column + 1 + length), message=message)


def explain(lines: list[str], error: Any, last: Scalar | None) -> Finding:
    """Return in plain words why the parser gave up; *last* is the scalar that it read before."""
    place = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    around = getattr(error, "context_mark", None) or place
    trouble = _Trouble(
        lines,
        place.line if place else 0,
        place.column if place else 0,
        str(getattr(error, "problem", "") or ""),
        str(getattr(error, "context", "") or ""),
        (around.line, around.column) if around else (0, 0),
        last,
    )
    for cause in _CAUSES:
        if (finding := cause(trouble)) is not None:
            return finding
    return trouble.say(
        "this cannot be understood; look at the quotes, colons and indentation in this line and the one above"
    )


def _outside_quotes(line: str) -> str:
    """Return *line* with each quoted text blotted out, of the same length."""
    return _QUOTED.sub(lambda match: "_" * len(match[0]), line)


# --- causes of what the parser refuses, tried in this order; the first that fits speaks ---------------------------


def _too_deep(trouble: _Trouble) -> Finding | None:
    """libyaml 0.2.6 and later look a thousand brackets ahead, and give up before the reader counts the first forty."""
    return trouble.say(TOO_DEEP, rule="Y007") if "nesting depth" in trouble.words else None


def _tab(trouble: _Trouble) -> Finding | None:
    message = "a tab character is used for indentation; use spaces"
    if trouble.letter == "\t":
        return trouble.say(message, rule="Y002")
    match = _TAB_INDENT.match(trouble.here)
    if match is None or "flow" in trouble.context:  # between brackets a tab is harmless
        return None
    return trouble.say(message, rule="Y002", at=(trouble.line, match.start(1)))


def _invisible(trouble: _Trouble) -> Finding | None:
    for number in (*trouble.suspects, max(trouble.before, 0)):
        if match := _INVISIBLE_AT.search(trouble.lines[number]):
            return trouble.say(INVISIBLE_MESSAGE, rule="Y012", at=(number, match.start(1)))
    return None


def _open_quote(trouble: _Trouble) -> Finding | None:
    """A quote that is never closed, or closed too early."""
    if "quoted scalar" in trouble.context and "unexpected" in trouble.words:
        return trouble.say(
            "the quote that opens here is never closed; write the same quote at the end of the text", at=trouble.around
        )
    last = trouble.last
    if last is None or last.style not in ("single", "double"):
        return None
    span = last.span
    if span.end_line - 1 == trouble.line and span.end_line > span.line and span.end_column - 1 <= trouble.column:
        return trouble.say(OPEN_QUOTE, at=(span.line - 1, span.column - 1))
    between = trouble.here[span.end_column - 1 : trouble.column]
    if span.end_line - 1 == trouble.line and trouble.letter and not between.strip() and "flow" not in trouble.context:
        return trouble.say("the text ends at the quote before this; put the whole in the other kind of quotes: "
                           """'...' around "...", or "..." around '...'""")  # fmt: skip
    return None


def _formula(trouble: _Trouble) -> Finding | None:
    for number in trouble.suspects:
        column = _outside_quotes(trouble.lines[number]).find("{{")
        if column >= 0:
            return trouble.say(
                "a text with {{ }} needs quotes around the whole text", rule="Y009", at=(number, column), length=2
            )
    return None


def _curly(trouble: _Trouble) -> Finding | None:
    for number in trouble.suspects:
        if match := _CURLY_START.search(_outside_quotes(trouble.lines[number])):
            return trouble.say(
                "curly quotes do not quote a text; use straight ones", rule="Y011", at=(number, match.start(1))
            )
    return None


def _comment_in_brackets(trouble: _Trouble) -> Finding | None:
    if "flow" not in trouble.context:
        return None
    line, column = trouble.around
    for number in range(line, min(trouble.line + 1, len(trouble.lines))):
        text = trouble.lines[number]
        match = _COMMENT.search(_outside_quotes(text), column if number == line else 0)
        if match and ("}" in text[match.end() :] or "]" in text[match.end() :]):
            return trouble.say("everything after this # is a comment to YAML, the bracket too; put the text in quotes",
                               rule="Y010", at=(number, match.start(1)))  # fmt: skip
    return None


def _bad_first_letter(trouble: _Trouble) -> Finding | None:
    """A value that begins with a letter which means something to YAML."""
    if trouble.context in ("while scanning an alias", "while scanning an anchor"):
        letter = trouble.lines[trouble.around[0]][trouble.around[1]]
        return trouble.say(
            f'a text cannot begin with {letter} here; put it in quotes, such as "{letter}"', at=trouble.around
        )
    if "tag" in trouble.context:
        return trouble.say(
            "tags such as !name are not part of the language; put a text with ! in quotes",
            rule="Y005",
            at=trouble.around,
        )
    if trouble.context == "while scanning a directive":
        return trouble.say("a line cannot begin with %; put the text in quotes", at=trouble.around)
    if "cannot start any token" in trouble.words or "mapping keys are not allowed" in trouble.words:
        return trouble.say(f"a text cannot begin with {trouble.letter}; put the whole text in quotes")
    if "block scalar" in trouble.context:
        return trouble.say(
            "| and > announce a text in the lines below; put a text that begins with one in quotes", at=trouble.around
        )
    if "escape" in trouble.words or "hexdecimal" in trouble.words:
        return trouble.say("a backslash has a meaning of its own in double quotes; use single quotes around the text")
    return None


def _colon(trouble: _Trouble) -> Finding | None:
    """A colon where no name can stand: inside a text, after a wrong indentation, below a line that lacks one."""
    if "mapping values are not allowed" not in trouble.words:
        return None
    ahead = _outside_quotes(trouble.here[: trouble.column])
    if re.search(r":\s", ahead):
        return trouble.say("a colon and a space inside a text need quotes around the whole text", rule="Y015")
    above = trouble.before
    if above < 0 or not _KEY_ALONE.match(ahead):
        return None
    above = _first_without_colon(trouble, above)
    text = trouble.lines[above]
    if (glued := _glued(trouble, above)) is not None:
        return glued
    if re.search(r":(\s|$)", _outside_quotes(text)):
        return trouble.say(
            "this line is indented more than the line above allows; put it below the first letter of the name above",
            at=(trouble.line, len(ahead) - len(ahead.lstrip())),
        )
    return trouble.say(
        f"a colon is missing at the end of '{_short(text)}', or the next line is indented too far",
        at=(above, len(text.rstrip())),
    )


def _first_without_colon(trouble: _Trouble, above: int) -> int:
    """Return the line where a text begins that goes on to line *above*: the one that should be a name."""
    last = trouble.last.span.end_line - 1 if trouble.last is not None else -1
    while above - 1 > last and not re.search(r":(\s|$)", _outside_quotes(trouble.lines[above])):
        before = trouble.lines[above - 1]
        if not before.strip() or before.lstrip().startswith("#") or re.search(r":(\s|$)", _outside_quotes(before)):
            break
        above -= 1
    return above


def _missing_colon(trouble: _Trouble) -> Finding | None:
    if "could not find expected ':'" not in trouble.words:
        return None
    number = trouble.around[0]
    if trouble.line == number:
        return trouble.say("this name is far too long; is a quote or a line end missing?", at=trouble.around)
    text = trouble.lines[number]
    return _glued(trouble, number) or trouble.say(
        f"a colon and a space are missing in '{_short(text)}'; each line here reads 'name: value'",
        at=(number, trouble.around[1]),
        length=max(len(text.strip()), 1),
    )


def _glued(trouble: _Trouble, number: int) -> Finding | None:
    """A dash or colon without the space behind it."""
    text = trouble.lines[number]
    if match := _DASH_GLUED.match(text):
        return trouble.say("put a space after the dash", at=(number, match.start(1)))
    if match := _COLON_GLUED.match(text):
        return trouble.say("put a space after the colon", at=(number, match.start(1)))
    return None


def _dash(trouble: _Trouble) -> Finding | None:
    if "block sequence entries are not allowed" in trouble.words:
        return trouble.say("a list begins in a line of its own; move this dash below the name")
    if "expected '-' indicator" not in trouble.words:
        return None
    if trouble.column == trouble.around[1]:
        return trouble.say(
            "a dash is missing here: this line stands among '- ' lines; write '- ' before it, "
            "or indent it like the name it belongs to"
        )
    return trouble.say("this line is not in line with anything above; give it the same indentation as its neighbours")


def _key(trouble: _Trouble) -> Finding | None:
    if "did not find expected key" not in trouble.words:
        return None
    if trouble.here[: trouble.column].strip():
        return trouble.say("this line goes on behind its value; put the whole text in quotes, or begin a new line here")
    if trouble.letter == ":":
        return trouble.say("a name is missing before this colon")
    above = trouble.lines[trouble.before] if trouble.before >= 0 else ""
    if (cut := re.search(r"\S\s(#)", _outside_quotes(above))) and not re.match(r"[^\s:]+:(\s|$)", trouble.here.strip()):
        return trouble.say(
            "everything after this # is a comment to YAML; put the whole text in quotes",
            rule="Y010",
            at=(trouble.before, cut.start(1)),
        )
    if trouble.before >= 0 and (glued := _glued(trouble, trouble.before)) is not None:
        return glued
    bare = re.sub(r"\s#.*", "", _outside_quotes(above)).rstrip()
    if _WORDS_ALONE.fullmatch(bare) and " " in bare.strip():
        return trouble.say(
            f"a colon and a space are missing in '{_short(bare)}'; each line here reads 'name: value'",
            at=(trouble.before, len(above) - len(above.lstrip())),
            length=len(bare.strip()),
        )
    if trouble.letter == "-":
        return trouble.say("this dash does not fit here: put it in line with the dashes above, or remove it")
    return trouble.say("this line is not in line with anything above; give it the same indentation as its neighbours")


def _bracket(trouble: _Trouble) -> Finding | None:
    if "node content" in trouble.words:
        if trouble.letter and trouble.letter in ",}]":
            return trouble.say(
                f"there is nothing before this '{trouble.letter}'; remove it, or put it in quotes "
                "if it belongs to a text"
            )
        return _unclosed(trouble)
    if "expected ',' or" not in trouble.words:
        return None
    if trouble.line == trouble.around[0] and trouble.letter:
        if trouble.letter == ":":
            return trouble.say("a comma is missing before this name, or the text needs quotes")
        return trouble.say("a comma is missing here, or the text needs quotes")
    return _unclosed(trouble)


def _unclosed(trouble: _Trouble) -> Finding | None:
    line, column = trouble.around
    opening = trouble.lines[line][column : column + 1] if line < len(trouble.lines) else ""
    if opening not in _BRACKETS:
        return None
    return trouble.say(
        f"the '{opening}' that opens here is not closed with '{_BRACKETS[opening]}', or a comma is missing further on",
        at=trouble.around,
    )


def _second_document(trouble: _Trouble) -> Finding | None:
    if "document start" not in trouble.words:
        return None
    if any(line.startswith("...") for line in trouble.lines[: trouble.line]):
        return trouble.say("the file has ended above with '...'; remove that line", rule="Y006")
    return trouble.say("this does not belong to what stands above; check the indentation and the brackets above")


def _short(text: str) -> str:
    text = text.strip()
    return text if len(text) <= 40 else text[:37] + "..."


_CAUSES: tuple[Callable[[_Trouble], Finding | None], ...] = (
    _too_deep,
    _tab,
    _invisible,
    _open_quote,
    _formula,
    _curly,
    _comment_in_brackets,
    _bad_first_letter,
    _colon,
    _missing_colon,
    _dash,
    _key,
    _bracket,
    _second_document,
)
