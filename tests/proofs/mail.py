"""A stage that gets every webhook as Telnyx sends it: raw bytes, through the service's own decoder."""

from __future__ import annotations

from typing import Any

import orjson

from engine.core.event import Event
from engine.scenario.stage import Stage
from engine.simulator.values import Webhook
from engine.simulator.world import World
from engine.telnyx.webhook import decode


class MailWorld(World):
    """A simulated Telnyx that keeps the bytes of each webhook until somebody reads them."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.mail: dict[str, bytes] = {}

    def advance(self, now: float) -> list[Webhook]:
        webhooks = super().advance(now)
        self.mail |= {webhook.id: orjson.dumps(webhook.body) for webhook in webhooks}
        return webhooks


class MailStage(Stage):
    """A stage that reads what came by mail, and everything else as it is."""

    def receive(self, event: Event) -> None:
        assert isinstance(self.world, MailWorld)
        raw = self.world.mail.pop(event.id, None)
        super().receive(event if raw is None else decode(raw))


def letter(
    event_type: str,
    identity: str,
    payload: dict[str, Any],
    *,
    occurred_at: str = "2027-01-15T08:00:30.5Z",
    is_wrapped: bool = True,
) -> bytes:
    """Return the bytes of a webhook; *occurred_at* "" for none in the envelope."""
    envelope: dict[str, Any] = {"record_type": "event", "event_type": event_type, "id": identity, "payload": payload}
    if occurred_at:
        envelope["occurred_at"] = occurred_at
    return orjson.dumps({"data": envelope, "meta": {"attempt": 1}} if is_wrapped else envelope)
