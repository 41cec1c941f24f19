"""The body of a webhook as an event. Open to what Telnyx adds: unknown types and fields pass."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Any

import orjson

from engine.core.event import ACCEPTED, DEFECT, IN_DOUBT, REFUSED, TIMER, Event
from engine.errors import WebhookRejected

_OWN_TYPES = frozenset({TIMER, ACCEPTED, REFUSED, IN_DOUBT, DEFECT})  # never from outside
_MAX_DEPTH = 64  # known payloads nest 5 deep; orjson reads 1,024 levels but writes only 254 into the journal
_MOST_DIGITS = 18  # of a number that is kept exactly where the body is read leniently
_MAX_CHARACTERS = 255  # of an id or a type; Telnyx's are UUIDs and dotted words


def decode(raw: bytes) -> Event:
    """
    Return the event in the body *raw*, wrapped in ``data`` or, as conference.floor.changed, bare.

    A time that is missing or malformed is no error: ``occurred_at`` is then None.

    Raises:
        WebhookRejected: reasons not-json, too-deep, not-an-object, api-version-1, no-id, bad-id, no-event-type,
            bad-event-type, bad-payload.

    Source: facts.md, section 5.
    """
    body = _parse(raw)
    envelope = body.get("data", body)
    if not isinstance(envelope, dict):
        raise WebhookRejected("'data' is not a JSON object", reason="not-an-object")
    if envelope is body:
        _refuse_version_1(body)
    payload = envelope.get("payload")
    if payload is not None and not isinstance(payload, dict):
        raise WebhookRejected("'payload' is not a JSON object", reason="bad-payload")
    event_type = _word(envelope, "event_type", "event-type")
    if event_type in _OWN_TYPES:
        raise WebhookRejected(f"'{event_type}' is an event of ringflow's own", reason="bad-event-type")
    return Event(
        id=_word(envelope, "id", "id"),
        type=event_type,
        payload=payload or {},
        occurred_at=_occurred_at(envelope, payload or {}),
    )


def _parse(raw: bytes) -> dict[str, Any]:
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        body = _parse_leniently(raw)
    if not isinstance(body, dict):
        raise WebhookRejected("the body is not a JSON object", reason="not-an-object")
    if raw.count(b"[") + raw.count(b"{") > _MAX_DEPTH and _is_deeper(body, _MAX_DEPTH):
        raise WebhookRejected("the body is nested too deeply", reason="too-deep")
    return body


def _parse_leniently(raw: bytes) -> Any:
    """
    Read what a genuine webhook may hold and strict JSON may not: a caller's name that was cut inside an emoji or is
    no UTF-8, NaN, a number without end. No call may go unanswered for it; what cannot be read becomes ``?`` or null.
    """
    try:
        body = json.loads(
            raw.decode("utf-8", "replace"), parse_constant=_number, parse_float=_number, parse_int=_number
        )
        return orjson.loads(json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise WebhookRejected("the body is not JSON", reason="not-json") from None


def _number(text: str) -> float | None:
    if len(text) <= _MOST_DIGITS and text.lstrip("-").isdigit():
        return int(text)
    number = float(text)
    return number if isfinite(number) else None


def _is_deeper(body: object, levels: int) -> bool:
    """Walk level by level: no recursion, so no depth can exhaust the stack."""
    level = [body]
    for _ in range(levels):
        level = [child for node in level for child in _children(node)]
        if not level:
            return False
    return True


def _children(node: object) -> list[object]:
    values = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return [value for value in values if isinstance(value, (dict, list))]


def _refuse_version_1(body: Mapping[str, Any]) -> None:
    """Version 1, Telnyx's default, is flat and writes ``call_initiated``."""
    event_type = body.get("event_type")
    if isinstance(event_type, str) and event_type and "." not in event_type:
        message = 'this webhook has API version 1; set webhook_api_version to "2" in the Telnyx application'
        raise WebhookRejected(message, reason="api-version-1")


def _word(envelope: Mapping[str, Any], name: str, reason: str) -> str:
    value = envelope.get(name)
    if value is None or value == "":
        raise WebhookRejected(f"the event has no '{name}'", reason=f"no-{reason}")
    if not isinstance(value, str) or len(value) > _MAX_CHARACTERS or not value.isprintable():
        raise WebhookRejected(f"'{name}' is not a short text", reason=f"bad-{reason}")
    return value


def _occurred_at(*places: Mapping[str, Any]) -> float | None:
    """Return the first readable time, in epoch seconds: 12 event types keep it in the payload, one has none."""
    for place in places:
        when = instant(place.get("occurred_at"))
        if when is not None:
            return when
    return None


def instant(text: object) -> float | None:
    """Return what Telnyx writes as an instant in epoch seconds, None where *text* is none."""
    try:
        when = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return None if when is None else (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
