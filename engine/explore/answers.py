"""What the world outside says to a flow: answers to lookups, and what callers tell an AI, of the wanted types."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from engine.core.flow import Action, Flow
from engine.explore.material import Material, Reader, quoted

VARIANTS = range(4)  # texts and yes_no one way and the other, numbers below and above what formulas compare with
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def lookups(material: Material) -> Iterator[Mapping[str, Any]]:
    """Yield what addresses answer, as ``given: {http: ...}`` says it: nothing at all, and answers that fit."""
    yield {}
    found: list[Mapping[str, Any]] = []
    asked = [(flow, action) for flow, action in material.steps if action.verb == "http"]
    for variant in VARIANTS if asked else ():
        bodies: dict[str, Any] = {}
        for flow, action in asked:
            known = bodies.get(_address(action), {})
            bodies[_address(action)] = told(material, flow, action, variant, known)
        answers = {address: {"status": 200, "body": body} for address, body in bodies.items()}
        if answers not in found:
            found.append(answers)
            yield answers


def told(material: Material, flow: Flow, action: Action, variant: int, known: Any = None) -> Any:
    """Return an answer with all that *action* takes ``into`` variables, beside what is *known* already."""
    into = action.options.get("into") or {}
    if isinstance(into, str):
        return str(_value(material, flow, into, variant))
    body = known if isinstance(known, dict) else {}
    for variable, path in into.items():
        body = _with(body, str(path).split("."), _value(material, flow, variable, variant))
    return body


def _address(action: Action) -> str:
    written = action.options.get("get") or action.options.get("post")
    return str(getattr(written, "source", written)).partition("{{")[0]


def _with(body: Any, path: list[str], value: Any) -> Any:
    """Return *body* with *value* at *path*; a number counts through a list."""
    if not path:
        return value
    word, *rest = path
    if word.isdigit():
        items = body if isinstance(body, list) else []
        items = [*items, *[{}] * (int(word) + 1 - len(items))]
        return [*items[: int(word)], _with(items[int(word)], rest, value), *items[int(word) + 1 :]]
    inner = body if isinstance(body, dict) else {}
    return {**inner, word: _with(inner.get(word), rest, value)}


def _value(material: Material, flow: Flow, variable: str, variant: int) -> Any:
    readers = [reader for reader in material.conditions if variable in reader.names]
    match flow.variables[variable].type:
        case "yes_no":
            return variant % 2 == 0
        case "number":
            return _numbers(readers)[variant // 2]
        case "list":
            return ["something"] if variant % 2 == 0 else []
        case kind:
            compared = [text for reader in readers for text in quoted(reader.source) if text]
            return [*compared, "7"][0] if variant % 2 == 0 else "9" if kind == "digits" else "something"


def _numbers(readers: list[Reader]) -> tuple[float, float]:
    """Return a number below and one above all that formulas compare with."""
    found = [float(text) for reader in readers for text in _NUMBER.findall(reader.source)] or [0.0]
    return int(min(found)) - 1, int(max(found)) + 1
