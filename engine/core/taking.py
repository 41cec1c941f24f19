"""What a step takes out of an answer from outside: parts by name, held against the types of variables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any

import orjson

from engine.core.text import as_words

_TOO_LARGE = 2**63  # what is remembered is stored as JSON, whose whole numbers end there
LONGEST_TEXT = 4096
MOST_ITEMS = 1000
TEXT = "text"  # instead of names of parts: the whole answer, as a text
_NOTHING = object()


class UnfitAnswerError(Exception):
    """An answer that is not what the flow expects; the message never quotes a value."""


def part(answer: Any, path: str) -> Any:
    """Return the part "customer.id" of *answer*; a number counts through a list. Raises UnfitAnswerError."""
    for word in path.split("."):
        if isinstance(answer, Mapping):
            answer = answer.get(word, _NOTHING)
        elif isinstance(answer, list) and word.isascii() and word.isdigit() and int(word) < len(answer):
            answer = answer[int(word)]
        else:
            answer = _NOTHING
        if answer is _NOTHING or answer is None:
            raise UnfitAnswerError(f"the answer has no '{path}'")
    return answer


def taken(raw: bytes, wanted: Iterable[str] | str) -> dict[str, Any]:
    """
    Return the parts *wanted* of the JSON object *raw*, by name, and nothing else; or {TEXT: the whole of a plain text}.

    A part that is missing is left out. Raises UnfitAnswerError: no JSON object, or no text of at most 4 kB.
    """
    if wanted == TEXT:
        return {TEXT: _plain(raw)}
    names = [*wanted]
    if not names:
        return {}
    try:
        answer = orjson.loads(raw)
    except orjson.JSONDecodeError:
        answer = None
    if not isinstance(answer, dict):
        raise UnfitAnswerError("the answer is no JSON object")
    found = {}
    for name in names:
        try:
            found[name] = part(answer, name)
        except UnfitAnswerError:
            continue
    return found


def _plain(raw: bytes) -> str:
    try:
        text = raw.decode().strip()
    except UnicodeDecodeError:
        raise UnfitAnswerError("the answer is no text") from None
    if len(text) > LONGEST_TEXT:
        raise UnfitAnswerError("the answer is over 4 kB long")
    return text


def fitted(value: Any, kind: str, name: str) -> Any:
    """Return *value*, the part called *name*, for a variable of type *kind*. Raises UnfitAnswerError."""
    match kind:
        case "text" if isinstance(value, str | int | float):
            text = as_words(value)
            if len(text) <= LONGEST_TEXT:
                return text
        case "digits" if isinstance(value, str | int) and not isinstance(value, bool):
            if str(value) and set(str(value)) <= set("0123456789*#"):
                return str(value)
        case "number" if isinstance(value, int | float) and not isinstance(value, bool):
            if isfinite(value) and abs(value) < _TOO_LARGE:
                return value
        case "yes_no" if isinstance(value, bool):
            return value
        case "list" if isinstance(value, list) and len(value) <= MOST_ITEMS:
            if all(isinstance(item, str | int | float) for item in value):
                return [fitted(item, "text", name) for item in value]
    raise UnfitAnswerError(f"'{name}' of the answer is not of the type {kind}")
