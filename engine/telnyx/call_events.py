"""Telnyx's list of past webhooks (``GET /call_events``), as events. Open to where it keeps the raw one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson

from engine.core.event import Event
from engine.errors import CarrierError, WebhookRejected
from engine.ports import PastPage
from engine.telnyx.client import TelnyxClient
from engine.telnyx.webhook import decode, instant

_PAGE_SIZE = 250
_MAX_DEPTH = 4  # of the raw webhook in ``metadata``, whose form is not documented


class CallEvents:
    """The past of one account. Source: SDK, resources/call_events, types/call_event_list_response."""

    def __init__(self, client: TelnyxClient) -> None:
        self._client = client

    async def page(self, number: int, *, since: float) -> PastPage:
        """
        Return page *number*, from 1 on, of the webhooks since *since*, epoch seconds: of 24 hours at most.

        Raises CarrierError: Telnyx refuses the question, or cannot be reached.
        """
        moment = datetime.fromtimestamp(since, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        wanted = {"type": "webhook", "product": "call_control", "occurred_at": {"gte": moment}}
        query = {"filter": wanted, "page[size]": _PAGE_SIZE, "page[number]": number}
        answer = await self._client.get("call_events", query)
        if not answer.ok:
            raise CarrierError(f"Telnyx answered {answer.status} to GET /call_events")
        rows = [row for row in answer.items if row.get("type") == "webhook"]
        events = [event for row in rows if (event := past_event(row)) is not None]
        return PastPage(
            events=events, unreadable=len(rows) - len(events), is_last=answer.is_last_page or not answer.items
        )


def past_event(row: Mapping[str, Any]) -> Event | None:
    """Return the event in a row of the list, None where the row does not hold the webhook's id and payload."""
    for found in _objects(row.get("metadata"), _MAX_DEPTH):
        if isinstance(found.get("payload"), dict):
            try:
                event = decode(orjson.dumps({"data": found}))
            except (WebhookRejected, TypeError):
                continue
            return event if event.occurred_at else replace(event, occurred_at=instant(row.get("event_timestamp")))
    return None


def _objects(value: object, depth: int) -> Iterator[dict[str, Any]]:
    """Yield *value* and the objects in it, the outer ones first."""
    if isinstance(value, dict) and depth:
        yield value
        for part in value.values():
            yield from _objects(part, depth - 1)
