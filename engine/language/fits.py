"""
Whether a value fits a JSON Schema, yes or no, some thirty times as fast as a validator that can say why.

A checker spends most of its time on files that are in order. Only a file that is not goes to ``jsonschema``.
It knows the keywords that ``schema.py`` writes; a property test holds it to the answers of ``jsonschema``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

Fits = Callable[[Any], bool]
_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,), "integer": (int, float), "number": (int, float), "boolean": (bool,), "null": (type(None),),
    "array": (list,), "object": (dict,),
}  # fmt: skip
_ALL = tuple(_TYPES)
_SAYS_NOTHING = frozenset({"$schema", "$id", "$defs", "title", "description", "default", "examples", "x-is"})
_KNOWN = _SAYS_NOTHING | {
    "$ref", "type", "enum", "pattern", "minimum", "maximum", "items", "minItems", "properties", "additionalProperties",
    "propertyNames", "required", "minProperties", "maxProperties",
}  # fmt: skip


def fits(schema: Mapping[str, Any]) -> Fits:
    """
    Return the function that tells whether a value (of plain lists, dicts, texts and numbers) fits *schema*.

    Raises:
        ValueError: *schema* has a keyword that is not known here.
    """
    parts: dict[str, Fits] = {}
    made = _fits(schema, parts)
    for name, part in schema.get("$defs", {}).items():
        parts[f"#/$defs/{name}"] = _fits(part, parts)
    return made


def _fits(schema: Mapping[str, Any] | bool, parts: Mapping[str, Fits]) -> Fits:
    if isinstance(schema, bool):
        return _always if schema else _never
    types = schema.get("type", _ALL)
    names = [types] if isinstance(types, str) else types
    unknown = schema.keys() - _KNOWN
    if "$ref" in schema:
        unknown |= schema.keys() - _SAYS_NOTHING - {"$ref"}
    if "enum" in schema:
        names = [name for name in names if name == "string"]
        unknown |= {"enum"} if not all(isinstance(word, str) for word in schema["enum"]) else set()
    if unknown:
        raise ValueError(f"engine/language/fits.py does not know {sorted(unknown)} here; add it, and to its test")
    if "$ref" in schema:
        where = schema["$ref"]
        return lambda value: parts[where](value)
    of_number = _number(schema, is_whole="number" not in names)
    makers: Mapping[type, Callable[[], Fits]] = {
        str: lambda: _text(schema), int: lambda: of_number, float: lambda: of_number,
        list: lambda: _list(schema, parts), dict: lambda: _object(schema, parts),
    }  # fmt: skip
    table = {kind: makers.get(kind, lambda: _always)() for name in names for kind in _TYPES[name]}
    return lambda value: table.get(type(value), _never)(value)


def _always(value: Any) -> bool:
    return True


def _never(value: Any) -> bool:
    return False


def _text(schema: Mapping[str, Any]) -> Fits:
    search = re.compile(schema.get("pattern", "")).search
    if "enum" in schema:
        return frozenset(word for word in schema["enum"] if search(word)).__contains__
    return (lambda value: search(value) is not None) if "pattern" in schema else _always


def _number(schema: Mapping[str, Any], *, is_whole: bool) -> Fits:
    low, high = schema.get("minimum", float("-inf")), schema.get("maximum", float("inf"))
    return lambda value: low <= value <= high and not (is_whole and value != int(value))


def _list(schema: Mapping[str, Any], parts: Mapping[str, Fits]) -> Fits:
    least, item = schema.get("minItems", 0), _fits(schema.get("items", True), parts)
    return lambda value: len(value) >= least and all(map(item, value))


def _object(schema: Mapping[str, Any], parts: Mapping[str, Fits]) -> Fits:
    least, most = schema.get("minProperties", 0), schema.get("maxProperties", float("inf"))
    known = {name: _fits(part, parts) for name, part in schema.get("properties", {}).items()}
    other = _fits(schema.get("additionalProperties", True), parts)
    is_name = _fits(schema["propertyNames"], parts) if "propertyNames" in schema else None
    needed = frozenset(schema.get("required", ()))

    def check(value: dict[str, Any]) -> bool:
        if not least <= len(value) <= most or not needed <= value.keys():
            return False
        if is_name is not None and not all(map(is_name, value)):
            return False
        return all(known.get(key, other)(inner) for key, inner in value.items())

    return check
