"""Forms that people fill in, a request to ``/sim`` or ``--chaos``: their fields, and what is wrong with the values."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from engine.core.nearest import did_you_mean

Kind = Literal["text", "number", "whole number", "true or false", "object"]
_TYPES: Mapping[Kind, tuple[type, ...]] = {
    "text": (str,),
    "number": (int, float),
    "whole number": (int,),
    "true or false": (bool,),
    "object": (dict,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field: *is_nullable* allows null, *least* and *most* bound a number, *choices* are all that a text may be."""

    name: str
    kind: Kind = "text"
    about: str
    is_required: bool = False
    is_nullable: bool = False
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()

    @property
    def allowed(self) -> str:
        """What may stand in the field, as the end of a sentence: "a number from 0 to 1"."""
        if self.choices:
            kind = f"one of {', '.join(self.choices)}"
        else:
            kind = {"true or false": "true or false", "object": "an object"}.get(self.kind, f"a {self.kind}")
        if self.least is not None:
            kind += f" from {self.least:g} to {self.most:g}" if self.most is not None else f", {self.least:g} or more"
        return f"{kind}, or null" if self.is_nullable else kind

    def accepts(self, value: object) -> bool:
        if value is None:
            return self.is_nullable
        if not isinstance(value, _TYPES[self.kind]) or (isinstance(value, bool) and self.kind != "true or false"):
            return False
        if isinstance(value, int | float) and not isinstance(value, bool):
            return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)
        return not self.choices or value in self.choices


def filled_in(fields: Iterable[Field], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return *given*. Raises ValueError, in one sentence: a field that is missing, unknown, or has a wrong value."""
    known = {field.name: field for field in fields}
    for name, value in given.items():
        if name not in known:
            raise ValueError(f"there is no '{name}' here{did_you_mean(name, known) or _instead(known)}")
        if not known[name].accepts(value):
            raise ValueError(f"{name} must be {known[name].allowed}, not {json.dumps(value, ensure_ascii=False)}")
    for field in known.values():
        if field.is_required and field.name not in given:
            raise ValueError(f"{field.name} is missing: {field.about}")
    return dict(given)


def as_number(text: str) -> int | float | str:
    """Return the number that *text* is, else the text itself, which its field then refuses in its own words."""
    for kind in (int, float):
        with contextlib.suppress(ValueError):
            return kind(text)
    return text


def _instead(known: Iterable[str]) -> str:
    names = ", ".join(known)
    return f"; what may stand here: {names}" if names else "; nothing may stand here"
