"""A webhook that nothing has caused, for somebody who tries out what their program makes of it."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from engine.core.catalogue import Catalogue, EventType
from engine.core.nearest import did_you_mean
from engine.simulator.options import Options
from engine.simulator.refusals import Refusal
from engine.simulator.timeline import iso
from engine.simulator.validation import check_value
from engine.simulator.values import Webhook
from engine.simulator.world import World

# What a field says that nobody gave a value; of an enumeration it is the first of these that it has.
_USUAL = (
    "completed",
    "valid",
    "success",
    "human",
    "real",
    "normal_clearing",
    "leave",
    "all_left",
    "caller",
    "incoming",
)
_KINDS = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": 'a list in JSON, such as ["a"]',
    "object": 'an object in JSON, such as {"a": 1}',
}


def sample(
    catalogue: Catalogue,
    event_type: str,
    assignments: Sequence[str],
    *,
    call_control_id: str,
    url: str,
    now: float,
    seed: int,
) -> Webhook:
    """
    Return a webhook of *event_type* about a call, with the fields of *assignments* ("name=value") and plausible others.

    *url* is where it will go, *now* epoch seconds; another *seed* gives another event id. Raises ValueError, in one
    sentence, for an event or a field that Telnyx does not have, or a value that the field cannot have.
    """
    row = catalogue.events.get(event_type)
    if row is None:
        names = did_you_mean(event_type, catalogue.events) or "; docs/events.md lists them"
        raise ValueError(f"Telnyx has no event '{event_type}'{names}")
    fields = _plausible(row, call_control_id, now)
    for assignment in assignments:
        _assign(catalogue, row, fields, assignment)
    world = World(catalogue, seed=seed, options=Options(webhook_delay_s=0.0, webhook_url=url), start=now)
    world.send(event_type, None, fields, now)
    [webhook] = world.advance(now)
    return webhook


def _plausible(row: EventType, call_control_id: str, now: float) -> dict[str, Any]:
    """Return what the fields of *row* say by themselves: ids belong to the call, numbers are nobody's."""
    session, at = _uuid(call_control_id, "session"), iso(now)
    urls = {"mp3": "https://example.com/recording.mp3"}
    known = {
        "call_control_id": call_control_id,
        "call_leg_id": _uuid(call_control_id, "leg"),
        "call_session_id": session,
        "creator_call_session_id": session,
        "conference_id": _uuid(call_control_id, "conference"),
        "connection_id": Options().connection_id,
        "client_state": None,
        "from": "+34600111222",
        "to": "+15551230000",
        "start_time": at,
        "digit": "1",
        "digits": "1",
        "queue": "support",
        "current_position": 1,
        "queue_position": 1,
        "wait_time_secs": 5,
        "sip_hangup_cause": "200",
        "recording_id": _uuid(call_control_id, "recording"),
        "recording_started_at": at,
        "recording_ended_at": at,
        "recording_urls": urls,
        "public_recording_urls": urls,
    }
    told = {name: value for name, value in known.items() if name in row.fields}
    choices = {name: shape["enum"] for name, shape in row.fields.items() if "enum" in shape}
    return told | {name: next((word for word in _USUAL if word in enum), enum[0]) for name, enum in choices.items()}


def _uuid(call_control_id: str, kind: str) -> str:
    text = hashlib.sha256(f"{call_control_id}\0{kind}".encode()).hexdigest()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[20:32]}"


def _assign(catalogue: Catalogue, row: EventType, fields: dict[str, Any], assignment: str) -> None:
    """Set one field, or with dots a part of one."""
    name, equals, text = assignment.partition("=")
    if not equals:
        raise ValueError(f"'{assignment}' says no value; write it as {assignment}=VALUE")
    first, *rest = name.split(".")
    shape = _part(catalogue, row.fields, first, row.name)
    parts, key = fields, first
    for deeper in rest:
        if shape.get("type", "object") != "object":
            raise ValueError(f"{row.name}: {key} has no parts, so {name} cannot be")
        shape = _part(catalogue, shape["properties"], deeper, f"{row.name}: {key}") if "properties" in shape else {}
        if not isinstance(parts.get(key), dict):
            parts[key] = {}
        parts, key = parts[key], deeper
    parts[key] = _value(catalogue, f"{row.name}: {name}", shape, text)


def _part(catalogue: Catalogue, shapes: Mapping[str, Any], name: str, where: str) -> Mapping[str, Any]:
    if name not in shapes:
        others = did_you_mean(name, shapes) or f"; it has {', '.join(sorted(shapes))}"
        raise ValueError(f"{where} has no field '{name}'{others}")
    return catalogue.shape(shapes[name])


def _value(catalogue: Catalogue, name: str, shape: Mapping[str, Any], text: str) -> Any:
    """Return what *text* means in a field of *shape*: a text as it stands, everything else as JSON; null is nothing."""
    value: Any = text
    if shape.get("type") != "string" or text == "null":
        with contextlib.suppress(ValueError):
            value = orjson.loads(text)
    if value is None:
        return None
    if "enum" in shape and value not in shape["enum"]:
        others = did_you_mean(text, shape["enum"]) or f"; it can be {', '.join(shape['enum'])}"
        raise ValueError(f"{name} cannot be '{text}'{others}")
    try:
        check_value(catalogue, value, shape, "")
    except Refusal as refusal:
        wanted = _KINDS.get(shape.get("type", ""))
        is_other_kind = wanted is not None and refusal.code == "10015" and not refusal.source
        detail = f" must be {wanted}, not '{text}'" if is_other_kind else f": {refusal.detail}"
        raise ValueError(f"{name}{detail}") from None
    return value
