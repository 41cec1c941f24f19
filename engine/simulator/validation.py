"""Refuses what Telnyx would refuse before it looks at any call: parameters, checked against the catalogue."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from engine.core.catalogue import Catalogue, Operation
from engine.simulator.refusals import Refusal

_E164 = re.compile(r"\+[1-9]\d{1,14}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "array": (list,),
    "object": (dict,),
}


def check_request(
    catalogue: Catalogue,
    operation: Operation,
    query: Mapping[str, str],
    body: Mapping[str, Any],
    *,
    refuse_unknown: bool,
) -> None:
    """Raise Refusal (422) for the first parameter of *operation* that Telnyx would refuse."""
    given = {name for name, value in body.items() if value is not None}
    for name in operation.required:
        if name not in given:
            raise _missing(name)
    for group in operation.one_of_required:
        if not given.intersection(group):
            raise _missing(group[0])
    for one, other in operation.conflicts:
        if one in given and other in given:
            raise Refusal(422, "10015", f"'{one}' and '{other}' can't be used together.", pointer=f"/{other}")
    for one, other in operation.requires:
        if body.get(one) not in (None, False) and other not in given:
            raise _missing(other)
    for name in sorted(given):
        if name in operation.parameters:
            check_value(catalogue, body[name], operation.parameters[name], f"/{name}")
        elif refuse_unknown and name != "command_id":
            raise Refusal(422, "10015", f"'{name}' is not a parameter of this command.", pointer=f"/{name}")
    _check_meaning(operation, body)
    _check_query(operation, query)


def check_value(catalogue: Catalogue, value: object, shape: Mapping[str, Any], pointer: str) -> None:
    """Raise Refusal when *value* does not have *shape*."""
    shape = catalogue.shape(shape)
    if "any_of" in shape:
        if not any(_fits(catalogue, value, option, pointer) for option in shape["any_of"]):
            raise _bad(pointer, "This value is not of an accepted type.")
        return
    kind = shape.get("type")
    if kind and (not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != "boolean")):
        raise _bad(pointer, f"This value must be of type {kind}.")
    if "enum" in shape and value not in shape["enum"]:
        raise Refusal(422, "10032", f"The value must be one of: {', '.join(map(str, shape['enum']))}.", pointer=pointer)
    if isinstance(value, int | float) and not shape.get("minimum", value) <= value <= shape.get("maximum", value):
        raise Refusal(422, "10033", _range(shape), pointer=pointer)
    if isinstance(value, str):
        _check_text(value, shape, pointer)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            check_value(catalogue, item, shape.get("items", {}), f"{pointer}/{index}")
    elif isinstance(value, dict):
        _check_object(catalogue, value, shape, pointer)


def _fits(catalogue: Catalogue, value: object, shape: Mapping[str, Any], pointer: str) -> bool:
    try:
        check_value(catalogue, value, shape, pointer)
    except Refusal:
        return False
    return True


def _check_text(value: str, shape: Mapping[str, Any], pointer: str) -> None:
    if not shape.get("minLength", 0) <= len(value) <= shape.get("maxLength", len(value)):
        raise _bad(
            pointer, f"The text must have between {shape.get('minLength', 0)} and {shape.get('maxLength')} letters."
        )
    if "pattern" in shape and not re.search(shape["pattern"], value):
        raise _bad(pointer, f"The text must match {shape['pattern']}.")
    if shape.get("format") == "uuid" and not _UUID.fullmatch(value):
        raise _bad(pointer, "The value must be a UUID.")


def _check_object(catalogue: Catalogue, value: Mapping[str, Any], shape: Mapping[str, Any], pointer: str) -> None:
    for name in shape.get("required", ()):
        if value.get(name) is None:
            raise _missing(f"{pointer.strip('/')}/{name}")
    for name, part in value.items():
        within = shape.get("properties", {}).get(name, shape.get("additional"))
        if part is not None and within is not None:
            check_value(catalogue, part, within, f"{pointer}/{name}")


def _check_meaning(operation: Operation, body: Mapping[str, Any]) -> None:
    for name in ("client_state", "target_leg_client_state"):
        if name in operation.parameters and body.get(name) is not None:
            _check_base64(body[name], f"/{name}")
    if operation.name not in ("dial", "transfer"):
        return
    numbers = body["to"] if isinstance(body["to"], list) else [body["to"]]
    for number in numbers:
        if not (_E164.fullmatch(number) or number.startswith("sip:")):
            raise Refusal(422, "10016", f"'{number}' must be in +E.164 format or a SIP address.", pointer="/to")
        if not number.startswith("sip:") and body.get("media_encryption") not in (None, "disabled"):
            title = "Media encryption not supported for PSTN calls"
            raise Refusal(422, "10011", f"'{number}' is no SIP address.", pointer="/media_encryption", title=title)


def _check_base64(text: str, pointer: str) -> None:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise _bad(pointer, "The value must be base64.") from None


def _check_query(operation: Operation, query: Mapping[str, str]) -> None:
    filters = operation.query.get("filter", {}).get("properties", {})
    shapes = {f"filter[{name}]": shape for name, shape in filters.items()} | dict(operation.query)
    for name, text in query.items():
        shape = shapes.get(name, {})
        known = shape.get("enum") or (("true", "false") if shape.get("type") == "boolean" else (text,))
        if text not in known:
            raise Refusal(422, "10032", f"The value must be one of: {', '.join(known)}.", parameter=name)
    for name in ("page[number]", "page[size]"):
        if name not in query or name not in operation.query:
            continue
        shape, text = operation.query[name], query[name]
        value = int(text) if text.isascii() and text.isdigit() else 0
        if not shape["minimum"] <= value <= shape.get("maximum", value):
            raise Refusal(422, "10033", _range(shape), parameter=name)


def _range(shape: Mapping[str, Any]) -> str:
    return f"The value must lie between {shape.get('minimum', 'any')} and {shape.get('maximum', 'any')}."


def _missing(name: str) -> Refusal:
    return Refusal(422, "10004", f"The '{name}' parameter is required.", pointer=f"/{name}")


def _bad(pointer: str, detail: str) -> Refusal:
    return Refusal(422, "10015", detail, pointer=pointer)
