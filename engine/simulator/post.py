"""Webhooks on their way: what they hold, when they are stamped with client_state, how often and where they go."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from engine.core.catalogue import Catalogue
from engine.errors import DefectError
from engine.simulator.options import Options
from engine.simulator.state import Call, Conference
from engine.simulator.timeline import Timeline, iso
from engine.simulator.trouble import CALM, Copy, Trouble
from engine.simulator.values import Route, Webhook

# Seen on real webhooks and typed nowhere (facts.md, section 5).
_EXTRA_FIELDS: Mapping[str, Mapping[str, Any]] = {
    "call.initiated": {
        "calling_party_type": "pstn",
        "from_sip_uri": "a@192.0.2.1:5060",
        "to_sip_uri": "b@192.0.2.1:5060",
    },
    "call.answered": {"calling_party_type": "pstn", "codec": "PCMU", "sampling_rate": 8000},
}
_SPREAD_S = 0.5  # how late a stamp is at most with stamp=spread


class Post(Timeline):
    """A timeline with webhooks: *ready* holds those to deliver now."""

    def __init__(self, catalogue: Catalogue, options: Options, *, seed: int, start: float) -> None:
        super().__init__(seed=seed, start=start)
        self.catalogue = catalogue
        self.options = options
        self.ready: list[Webhook] = []
        self.late: dict[str, list[float]] = {}
        self.lost: dict[str, int] = {}
        self.trouble: Trouble = CALM

    def emit(self, event_type: str, call: Call | None = None, room: Conference | None = None, **fields: Any) -> None:
        """
        Send a webhook about *call*, *room* or both, with exactly the fields of the catalogue that are known.

        ``client_state`` is filled in when the webhook is stamped (Options.stamp), from the room for events about a
        room and from the leg for all others (facts.md, section 3). It goes where the leg's webhooks go.
        """
        row = self.catalogue.events[event_type]
        unknown = fields.keys() - row.fields.keys()
        if unknown:
            raise DefectError(f"{event_type} has no field {sorted(unknown)}")
        known = (_room_fields(room) if room is not None else {}) | (leg_fields(call) if call is not None else {})
        payload = {name: value for name, value in known.items() if name in row.fields} | fields
        about_room = room is not None and not event_type.startswith("conference.participant.")
        if call is not None and self.options.extra_fields == "some":
            payload.update(_EXTRA_FIELDS.get(event_type, {}))
        owner: Call | Conference | None = room if about_room else call
        stamp = None
        if "client_state" in row.fields.keys() - fields.keys() and owner is not None:
            payload["client_state"] = owner.client_state
            stamp = partial(_stamp, payload, owner)
        leg = call.id if call is not None and "call_control_id" in row.fields else None
        route = call.routing.route(event_type) if call is not None and not about_room else Route()
        self.deliver(event_type, payload, leg, stamp=stamp, route=route)

    def deliver(
        self,
        event_type: str,
        payload: dict[str, Any],
        leg: str | None,
        *,
        stamp: Callable[[], None] | None = None,
        route: Route = Route(),  # noqa: B008 (frozen)
    ) -> None:
        """Put *payload* into its envelope, due after the usual delay, any that was asked for, and what trouble adds."""
        body = self._envelope(event_type, payload)
        id_ = body.get("data", body)["id"]
        extra_s = self.late[event_type].pop(0) if self.late.get(event_type) else 0.0
        stamp_s = self._stamp_s()
        delay_s = max(self.options.webhook_delay_s, stamp_s or 0.0) + extra_s
        copies = self.trouble.webhook(event_type, self.count("webhook"))
        if self.lost.get(event_type):
            self.lost[event_type] -= 1
            copies = ()
        if stamp is not None:
            first_s = delay_s + min((copy.late_s for copy in copies), default=0.0)
            self.after(first_s if stamp_s is None else stamp_s, stamp)
        if not copies:
            self.note("lost", leg, event_type, id=id_, payload=payload)
        webhook = Webhook(id_, event_type, body, leg, self.now, route)
        for copy in copies:
            self.after(delay_s + copy.late_s, partial(self._hand_over_copy, webhook, copy))

    def hand_over(self, webhook: Webhook) -> None:
        """Make *webhook* ready for delivery now."""
        self.ready.append(replace(webhook, at=self.now))
        self.note("webhook", webhook.call_control_id, webhook.event_type, id=webhook.id, payload=webhook.payload)

    def _envelope(self, event_type: str, payload: dict[str, Any]) -> dict[str, Any]:
        row = self.catalogue.events.get(event_type)
        envelope: dict[str, Any] = {"record_type": "event", "event_type": event_type, "id": self.new_id("event")}
        occurred_at = row.occurred_at if row else "envelope"
        if occurred_at == "envelope":
            envelope["occurred_at"] = iso(self.now)
        elif occurred_at == "payload":
            payload.setdefault("occurred_at", iso(self.now))
        envelope["payload"] = payload
        if row is not None and not row.wrapped_in_data:
            return envelope
        return {"data": envelope, "meta": {"attempt": 1, "delivered_to": self.options.webhook_url}}

    def _stamp_s(self) -> float | None:
        """Return how long after the fact a webhook is stamped, None for at its delivery."""
        match self.options.stamp:
            case "at-once":
                return 0.0
            case "late":
                return self.options.late_stamp_s
            case "spread":
                return int.from_bytes(self.digest("stamp")[:4], "big") / 2**32 * _SPREAD_S
            case "at-delivery":
                return None

    def _hand_over_copy(self, webhook: Webhook, copy: Copy) -> None:
        self.hand_over(with_id(webhook, self.new_id("event")) if copy.is_twin else webhook)


def again_id(id_: str, number: int) -> str:
    """Return the id of a webhook's attempt *number*, where each attempt is another event."""
    text = hashlib.sha256(f"{id_}\x00{number}".encode()).hexdigest()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[20:32]}"


def with_id(webhook: Webhook, id_: str) -> Webhook:
    """Return *webhook* as another event."""
    body = webhook.body
    envelope = {**body.get("data", body), "id": id_}
    return replace(webhook, id=id_, body={**body, "data": envelope} if "data" in body else envelope)


def _stamp(payload: dict[str, Any], owner: Call | Conference) -> None:
    payload["client_state"] = owner.client_state


def _room_fields(room: Conference) -> dict[str, Any]:
    return {
        "conference_id": room.id,
        "connection_id": room.owner.leg.connection_id,
        "creator_call_session_id": room.owner.leg.call_session_id,
    }


def leg_fields(call: Call) -> dict[str, Any]:
    """Return what webhooks say of a leg."""
    leg = call.leg
    return {
        "call_control_id": leg.call_control_id,
        "call_leg_id": leg.call_leg_id,
        "call_session_id": leg.call_session_id,
        "connection_id": leg.connection_id,
        "from": leg.from_,
        "to": leg.to,
    }
