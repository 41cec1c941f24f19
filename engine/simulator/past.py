"""``GET /call_events``: the webhooks of the last 24 hours, delivered or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.simulator.listing import page, wanted
from engine.simulator.refusals import Refusal
from engine.simulator.timeline import iso
from engine.simulator.values import Entry, Response

_KEPT_S = 24 * 3600.0
_SIZES = range(1, 251)
_TIMES = ("eq", "gt", "gte", "lt", "lte")


def call_events(record: Sequence[Entry], query: Mapping[str, str], *, now: float) -> Response:
    """
    Return the page of webhooks in *record* that is asked for, the oldest first.

    Source: SDK, resources/call_events. Of ``metadata`` it says no more than that it "includes raw event".
    """
    sizes = (query.get("page[size]", "20"), query.get("page[number]", "1"))
    if not all(text.isascii() and text.isdigit() for text in sizes) or int(sizes[0]) not in _SIZES or sizes[1] == "0":
        return Refusal(422, "10033", "page[size] is from 1 to 250, page[number] from 1 on.").response()
    if sum(f"filter[occurred_at][{name}]" in query for name in _TIMES) > 1:
        return Refusal(422, "10015", "Only one filter[occurred_at] can be passed.").response()
    sent: dict[str, Entry] = {}
    for entry in record:
        if entry.kind in ("webhook", "lost") and entry.at >= now - _KEPT_S:
            sent.setdefault(entry.details["id"], entry)  # a copy is no other event
    rows = [_row(entry) for entry in sent.values() if _is_wanted(entry, query)]
    return Response(200, page(query, rows))


def _is_wanted(entry: Entry, query: Mapping[str, str]) -> bool:
    payload = entry.details["payload"]
    facts = {
        "type": "webhook",
        "product": "call_control",
        "leg_id": payload.get("call_leg_id"),
        "application_session_id": payload.get("call_session_id"),
        **{name: payload.get(name) for name in ("connection_id", "from", "to")},
    }
    return wanted(query, facts, occurred_at=iso(entry.at))


def _row(entry: Entry) -> dict[str, Any]:
    payload = entry.details["payload"]
    raw = {
        "record_type": "event",
        "event_type": entry.what,
        "id": entry.details["id"],
        "occurred_at": iso(entry.at),
        "payload": payload,
    }
    return {
        "record_type": "call_event",
        "type": "webhook",
        "name": entry.what,
        "event_timestamp": iso(entry.at),
        "call_leg_id": str(payload.get("call_leg_id") or ""),
        "call_session_id": str(payload.get("call_session_id") or ""),
        "metadata": {"event": {"data": raw}},
    }
