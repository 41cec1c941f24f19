"""
Writes values down so that two that differ only in names and in when they were made read the same.

Ids become numbers in their order of appearance; instants are told from *now*; counters that only grow become their rank
among the counters of their kind. Whatever is not left out on purpose counts: a function is written down with all that
it closes over, so that what a simulated call waits for is compared and not only for how long.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache, lru_cache, partial
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

from engine.core.event import ClientState

# What this engine and the simulated Telnyx call their things: UUIDs, call_control_ids, runs and ids made of them; and
# the numbers that a scenario makes up for its people.
_ID = re.compile(
    r"v3:[\w-]+|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[a-km-z2-9]{26}\b|\+120255501\d\d\b"
)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*")
_A_CENTURY_S = 3.2e9
_LONG_AGO_S = 1e8  # what is later than this, counted from 1970, is an instant and no length


@dataclass(frozen=True, slots=True)
class Counter:
    """A number that only grows; *kind* names those that it is compared with."""

    kind: str
    value: int


@dataclass(frozen=True, slots=True)
class Clock:
    """How much is left of something that time uses up: seconds until an instant, or attempts."""

    left: float


_PLAIN = frozenset({type(None), bool, int, bytes, Counter, Clock})


@dataclass(slots=True, kw_only=True)
class Scribe:
    """
    Writes one state down, into *words*. *now* is in epoch seconds.

    *left_out* maps classes to their fields that cannot matter; *short* gives the one word that is enough for an
    object, "" for one of which all counts.
    """

    now: float
    left_out: Mapping[type, frozenset[str]]
    short: Callable[[Any], str]
    words: list[Any] = field(default_factory=list)
    _ids: dict[str, int] = field(default_factory=dict)
    _met: dict[int, int] = field(default_factory=dict)
    _kept: list[Any] = field(default_factory=list)

    def finished(self) -> tuple[bytes, bytes]:
        """Return 16 bytes for all that was written, counters as ranks; and the same without how much is left."""
        kinds: dict[str, set[int]] = {}
        for word in self.words:
            if type(word) is Counter:
                kinds.setdefault(word.kind, set()).add(word.value)
        ranks = {(kind, n): rank for kind, values in kinds.items() for rank, n in enumerate(sorted(values), 1)}
        told = [ranks[word.kind, word.value] if type(word) is Counter else word for word in self.words]
        return _hash(told), _hash([word for word in told if type(word) is not Clock])

    def write(self, *values: Any) -> None:
        for value in values:
            self._write(value)

    def _write(self, value: Any) -> None:
        kind = type(value)
        if kind in _PLAIN:
            self.words.append(value)
        elif kind is str:
            self._text(value)
        elif kind is float:
            self.words.append(self._number(value))
        elif isinstance(value, Mapping):
            self.words.append("{")
            for key, inner in value.items():
                self.write(key, inner)
            self.words.append("}")
        elif isinstance(value, list | tuple):
            self.words.append("[")
            self.write(*value)
            self.words.append("]")
        elif isinstance(value, set | frozenset):
            self.write(sorted(value, key=repr))
        elif isinstance(value, type):
            self.words.append(value.__name__)
        else:
            self._object(value)

    def _number(self, value: float) -> Any:
        """An instant is written from now, to a thousandth of a second."""
        if _LONG_AGO_S < value < _A_CENTURY_S:
            return Clock(round(value - self.now, 3) + 0.0)
        return round(value, 6)

    def _text(self, value: str) -> None:
        if _is_plain(value):
            self.words.append(value)
            return
        token = ClientState.decode(value)
        if token is not None:
            self.write("token", token.run, count(f"n {token.run}", token.n), token.word)
            return
        text = _INSTANT.sub("then", value) if value[:1].isdigit() else value
        self.words.append(_ID.sub(lambda match: self._id(match[0]), text))

    def _id(self, text: str) -> str:
        return f"#{self._ids.setdefault(text, len(self._ids))}"

    def _object(self, value: Any) -> None:
        if word := self.short(value):
            self.words.append(word)
            return
        if id(value) in self._met:
            self.words.append(("again", self._met[id(value)]))
            return
        self._met[id(value)] = len(self._met)
        self._kept.append(value)  # its id must not be given to another object meanwhile
        match value:
            case FunctionType():
                self.words.append(value.__qualname__)
                self.write(value.__code__.co_firstlineno, value.__defaults__)
                self.write(*_closed_over(value))
            case MethodType():
                self.words.append(value.__func__.__qualname__)
                self.write(value.__self__)
            case partial():
                self.write(value.func, value.args, value.keywords)
            case BuiltinFunctionType():
                self.words.append(value.__qualname__)
            case _ if is_dataclass(value):
                self.words.append(type(value).__name__)
                left_out = self.left_out.get(type(value), frozenset())
                for part in _fields(value.__class__):
                    if part not in left_out:
                        self.write(getattr(value, part))
            case _:
                raise TypeError(f"a state holds a {type(value).__name__}, which cannot be compared")


def _hash(words: list[Any]) -> bytes:
    return hashlib.blake2b(repr(words).encode(), digest_size=16).digest()


@lru_cache(maxsize=4096)
def _is_plain(text: str) -> bool:
    """Tell whether there is no name in a text, and no time."""
    return not (ClientState.decode(text) or _ID.search(text) or _INSTANT.match(text))


def count(kind: str, value: int) -> Counter | int:
    """Return a number that only grows as the scribe ranks it; 0 stands for none."""
    return Counter(kind, value) if value else 0


def _closed_over(function: FunctionType) -> Iterable[Any]:
    return [cell.cell_contents for cell in function.__closure__ or ()]


@cache
def _fields(kind: Any) -> tuple[str, ...]:
    return tuple(part.name for part in fields(kind))
