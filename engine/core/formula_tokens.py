"""The words of a formula."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from engine.core.kinds import FormulaProblem

TokenType = Literal["name", "number", "text", "sign", "end"]

_TOKEN = re.compile(
    r"""(?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)*)
    |   (?P<number>\.?[0-9][\w.]*)
    |   (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |   (?P<sign>==|!=|<=|>=|\*\*|//|:=|&&|\|\||<>|=>|=<|.)""",
    re.VERBOSE | re.DOTALL,
)
_SPACE = re.compile(r"\s*")
_NUMBER = re.compile(r"(0|[1-9][0-9]*)(\.[0-9]+)?")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"\\": "\\", '"': '"', "'": "'", "n": "\n", "t": "\t"}

# What is not in the language -> (rule, what to write).
_REFUSED_SIGNS = {
    "=": ("X001", "write == to compare two values"),
    ":=": ("X003", "a formula cannot set a variable; use the step 'set', or write == to compare"),
    "=>": ("X001", "write >= for 'at least'"), "≥": ("X001", "write >= for 'at least'"),
    "=<": ("X001", "write <= for 'at most'"), "≤": ("X001", "write <= for 'at most'"),
    "<>": ("X001", "write != for 'is not'"), "≠": ("X001", "write != for 'is not'"),
    "!": ("X001", "write 'not' in front of a condition, or != between two values"),
    "&&": ("X001", "write 'and'"), "&": ("X001", "write 'and'"),
    "||": ("X001", "write 'or'"), "|": ("X001", "write 'or'"),
    "[": ("X003", "square brackets are not part of formulas; compare one by one with 'or', "
          "or write 'in' and the name of a list"),
    "{": ("X003", "braces are not part of formulas; write only what would stand inside {{ }}"),
    "?": ("X003", "there is no '?' in formulas; write rules with if and then"),
    ":": ("X003", "a colon is not part of formulas; write rules with if and then"),
}  # fmt: skip
# Words that are no names -> what to write instead.
WORD_HINTS = {
    "True": "write true", "False": "write false", "yes": "write true", "no": "write false",
    "None": 'write "" for nothing', "null": 'write "" for nothing',
    "AND": "write 'and' in small letters", "OR": "write 'or' in small letters",
    "NOT": "write 'not' in small letters", "IN": "write 'in' in small letters",
    "is": "write == to compare", "equals": "write == to compare", "contains": "write \"part\" in text",
}  # fmt: skip
FORBIDDEN_WORDS = {
    "if": "there is no if inside a formula; write rules with if and then",
    "else": "there is no else inside a formula; write rules with if and then",
    "for": "there are no loops in formulas", "lambda": "a formula cannot define functions",
    "await": "a formula waits for nothing", "yield": "a formula waits for nothing",
}  # fmt: skip
_ARITHMETIC = frozenset(("*", "/", "%", "**", "//", "@", "^", "~"))
_CURLY = frozenset("“”„‟‘’‚‛«»")
_KNOWN_SIGNS = frozenset(("==", "!=", "<", "<=", ">", ">=", "+", "-", "(", ")", ","))


@dataclass(frozen=True, slots=True)
class Token:
    """One word: *text* as written, *value* of a number or quoted text, *start* and *end* as offsets."""

    type: TokenType
    text: str
    value: str | int | float | None
    start: int
    end: int


def tokenize(source: str) -> list[Token]:
    """Return the words of *source*, the last one of type ``end``. Raises FormulaProblem (X001, X003)."""
    tokens: list[Token] = []
    position = _skip_space(source, 0)
    while match := _TOKEN.match(source, position):
        type_: TokenType = match.lastgroup  # type: ignore[assignment]
        tokens.append(Token(type_, match[0], _value(type_, match[0], position), position, match.end()))
        position = _skip_space(source, match.end())
    tokens.append(Token("end", "", None, position, position))
    return tokens


def _skip_space(source: str, position: int) -> int:
    match = _SPACE.match(source, position)
    return match.end() if match else position


def _value(type_: TokenType, text: str, start: int) -> str | int | float | None:
    if type_ == "number":
        return _number(text, start)
    if type_ == "text":
        return _ESCAPE.sub(lambda match: _unescape(match, start), text[1:-1])
    if type_ == "sign" and text not in _KNOWN_SIGNS:
        raise _refusal(text, start)
    return None


def _number(text: str, start: int) -> int | float:
    if not _NUMBER.fullmatch(text):
        hint = "write a digit before the point" if text.startswith(".") else "if it is a text, put it in quotes"
        raise FormulaProblem(f"'{text}' is not a number; {hint}", column=start, length=len(text), rule="X001")
    return float(text) if "." in text else int(text)


def _unescape(match: re.Match[str], start: int) -> str:
    if match[1] not in _ESCAPES:
        raise FormulaProblem(
            "a backslash has a meaning of its own in quotes; write \\\\ for one backslash",
            column=start + 1 + match.start(), length=2, rule="X001",
        )  # fmt: skip
    return _ESCAPES[match[1]]


def _refusal(sign: str, start: int) -> FormulaProblem:
    if sign in ('"', "'"):
        rule, message = "X001", "the quote that opens here is never closed"
    elif sign in _CURLY:
        rule, message = "X001", 'curly quotes do not quote a text; use straight ones: "..."'
    elif sign in _ARITHMETIC:
        rule, message = "X003", f"there is no {sign} in formulas; numbers can only be added and subtracted"
    else:
        rule, message = _REFUSED_SIGNS.get(sign, ("X001", f"{sign!r} has no meaning in a formula; remove it"))
    return FormulaProblem(message, column=start, length=len(sign), rule=rule)
