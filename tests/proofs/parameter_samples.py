"""Right and wrong values for each parameter of each operation, made from the catalogue alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.core.catalogue import THIS_CALL, Operation
from engine.simulator.refusals import Refusal
from engine.simulator.validation import check_value
from engine.tables import catalogue

Shape = Mapping[str, Any]
OURS = frozenset({"client_state", "command_id"})
A_UUID = "6a09cdc3-8948-47f0-aa62-74ac943d6c58"
# Names and ids with everything that a path must encode.
ODD_NAME = "VIP / línea 100% ñ 日本?&#+.."
ODD_ID = "v3:a/b c%2F?#"
_TEXTS = {
    "to": "+15557770001",
    "from": "+15559990000",
    "sip_address": "sip:anna@example.com",
    "cause": "USER_BUSY",
    "webhook_url": "https://example.com/webhooks",
    "webhook_urls": "https://example.com/webhooks",
}


def good(shape: Shape, name: str = "") -> list[Any]:
    """Return values of *shape* that together use each of its parts and variants."""
    shape = catalogue().shape(shape)
    if "any_of" in shape:
        return [value for part in shape["any_of"] for value in good(part, name)]
    if "enum" in shape:
        return [shape["enum"][0], shape["enum"][-1]]
    match shape.get("type"):
        case "object":
            return _objects(shape, name)
        case "array":
            return [good(shape.get("items", {"type": "string"}), name)]
        case "boolean":
            return [True, False]
        case "integer" | "number":
            low, high = shape.get("minimum", 1), shape.get("maximum")
            return [low, high if high is not None else low + 1]
        case _:
            return [_text(shape, name)]


def _text(shape: Shape, name: str) -> str:
    if name in _TEXTS:
        return _TEXTS[name]
    if shape.get("format") in ("uuid", "base64"):
        return A_UUID if shape["format"] == "uuid" else "eA=="
    return "wss://example.com/ear" if "pattern" in shape else "x" * max(3, shape.get("minLength", 0))


def _objects(shape: Shape, name: str) -> list[Any]:
    if "properties" not in shape:
        other = shape.get("additional")
        return (
            [{"key": value} for value in good(other, name)] if isinstance(other, Mapping) and other else [{"key": "x"}]
        )
    parts = {name: good(part, name) for name, part in shape["properties"].items()}
    most = max((len(values) for values in parts.values()), default=1)
    return [{name: values[min(index, len(values) - 1)] for name, values in parts.items()} for index in range(most)]


def wrong(shape: Shape, name: str = "") -> Iterator[Any]:
    """Yield values that Telnyx would refuse where *shape* is wanted: one for each limit, type and part of it."""
    shape = catalogue().shape(shape)
    if "any_of" in shape:
        for part in shape["any_of"]:
            yield from (value for value in wrong(part, name) if _is_refused(value, shape))
        return
    kind = shape.get("type")
    if "enum" in shape:
        yield "no such word"
    if "minimum" in shape:
        yield shape["minimum"] - 1
    if "maximum" in shape:
        yield shape["maximum"] + 1
    if "maxLength" in shape:
        yield "x" * (shape["maxLength"] + 1)
    if shape.get("minLength"):
        yield ""
    if "pattern" in shape or shape.get("format") in ("uuid", "base64"):
        yield "nonsense!"
    yield from {
        "integer": ["many", 1.5, True], "number": ["many", True], "boolean": ["perhaps", 1], "array": ["one"],
        "object": ["one"], "string": [True, ["x"], {"x": "y"}],
    }.get(str(kind), [])  # fmt: skip
    if kind == "array":
        yield from ([value] for value in wrong(shape.get("items", {})))
    if kind == "object":
        yield from _wrong_objects(shape)


def _wrong_objects(shape: Shape) -> Iterator[Any]:
    parts, required = shape.get("properties"), shape.get("required", ())
    right = {name: value for name, value in _objects(shape, "")[0].items() if name in required}
    for name, part in (parts or {}).items():
        yield from ({**right, name: value} for value in wrong(part, name))
    for name in required:
        yield {key: value for key, value in right.items() if key != name}
    if parts and not shape.get("additional"):
        yield {**right, "no_such_part": 1}


def _is_refused(value: Any, shape: Shape) -> bool:
    kinds = {catalogue().shape(part).get("type") for part in shape["any_of"]}
    if isinstance(value, int | float) and not isinstance(value, bool) and not kinds & {"integer", "number"}:
        value = str(value)  # where a text may stand, an unquoted 12 is a text
    try:
        check_value(catalogue(), value, shape, "/x")
    except Refusal:
        return True
    return False


# -- parameters together ---------------------------------------------------------------------------------------


def shapes(operation: Operation) -> dict[str, Shape]:
    """Return what an author may give: path, query and body, without what is ringflow's own."""
    path = {name: {"type": "string", "minLength": 1} for name in operation.path_parameters}
    found = {**path, **operation.query, **operation.parameters}
    found |= {name: {"type": "string", "format": "base64"} for name in found if name.endswith("client_state")}
    return {name: shape for name, shape in found.items() if name not in OURS}


def needed(operation: Operation) -> dict[str, Any]:
    """Return the fewest parameters that the operation takes; calls and rooms are this one's where they may be."""
    others = [name for name in operation.path_parameters if name not in ("id", "conference_id", THIS_CALL)]
    given: dict[str, Any] = {name: ODD_NAME if name == "queue_name" else ODD_ID for name in others}
    for name in operation.required:
        if name not in (*OURS, THIS_CALL):
            given[name] = good(operation.parameters[name], name)[0]
    for group in operation.one_of_required:
        if not given.keys() & set(group):
            given[group[0]] = good(operation.parameters[group[0]], group[0])[0]
    return given


def whole(operation: Operation) -> Iterator[dict[str, Any]]:
    """Yield sets of parameters that together use every parameter, and every variant of it, at least once."""
    own = {name for name in operation.path_parameters if name not in operation.parameters}
    values = {name: good(shape, name) for name, shape in shapes(operation).items() if name not in own}
    path = {name: ODD_NAME if name == "queue_name" else ODD_ID for name in own}
    missing = set(values)
    index = 0
    while missing or index < max((len(options) for options in values.values()), default=1):
        chosen: dict[str, Any] = {}
        for name in sorted(values, key=lambda name: name not in missing):
            if not _excluded(operation, name, chosen):
                chosen[name] = values[name][min(index, len(values[name]) - 1)]
        missing -= chosen.keys()
        index += 1
        yield path | chosen


def _excluded(operation: Operation, name: str, chosen: Mapping[str, Any]) -> bool:
    return any(name in pair and (set(pair) - {name}) & chosen.keys() for pair in operation.conflicts)
