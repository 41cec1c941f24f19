"""The telephone exchange: the clock, what is due, the ids, the record, and the webhooks. Everything else uses it."""

from __future__ import annotations

import base64
import hashlib
import heapq
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Literal

from engine.core.catalogue import Catalogue
from engine.errors import DefectError
from engine.simulator.options import Options
from engine.simulator.refusals import Refusal
from engine.simulator.state import Alarm, Call, Conference, Queue
from engine.simulator.trouble import CALM, Trouble
from engine.simulator.values import Entry, EntryKind, Webhook

# Why a call leaves the place where it is.
Because = Literal["hangup", "bridged", "room", "queue", "leave", "timeout"]
Departure = Callable[["Exchange", Call, Because], None]

# SIP's word for a cause (RFC 3261 response codes, as Telnyx reports them in sip_hangup_cause).
_SIP_CAUSES = {
    "user_busy": "486",
    "call_rejected": "603",
    "not_found": "404",
    "originator_cancel": "487",
    "timeout": "487",
    "no_answer": "480",
    "unspecified": "480",
}
_QUALITY = {
    "inbound": {
        "jitter_max_variance": "2.74",
        "jitter_packet_count": "0",
        "mos": "4.50",
        "packet_count": "591",
        "skip_packet_count": "0",
    },
    "outbound": {"packet_count": "591", "skip_packet_count": "0"},
}


def iso(at: float) -> str:
    """Return epoch seconds as Telnyx writes an instant."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Exchange:
    """All state of one simulated Telnyx, and the few things that every part of it does."""

    def __init__(
        self, catalogue: Catalogue, options: Options, *, seed: int, start: float, departures: tuple[Departure, ...]
    ) -> None:
        self.catalogue = catalogue
        self.options = options
        self.now = start
        self.calls: dict[str, Call] = {}
        self.conferences: dict[str, Conference] = {}
        self.open_rooms: dict[str, Conference] = {}
        self.queues: dict[str, Queue] = {}
        self.record: list[Entry] = []
        self.ready: list[Webhook] = []
        self.late: dict[str, list[float]] = {}
        self.lost: dict[str, int] = {}
        self.trouble: Trouble = CALM
        self.dials: list[float] = []
        self._departures = departures
        self._seed = seed
        self._counts: dict[str, int] = {}
        self._agenda: list[tuple[float, int, Alarm]] = []

    # Ids

    def digest(self, kind: str) -> bytes:
        """Return 32 bytes that are new for *kind* and the same for the same seed."""
        return hashlib.sha256(f"{self._seed}\x00{kind}\x00{self.count(kind)}".encode()).digest()

    def count(self, kind: str) -> int:
        """Return 1 at the first call for *kind*, then 2, 3, ..."""
        self._counts[kind] = self._counts.get(kind, 0) + 1
        return self._counts[kind]

    def new_id(self, kind: str) -> str:
        """Return a new id in the form of a UUID."""
        text = self.digest(kind).hex()
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[20:32]}"

    def new_call_control_id(self) -> str:
        """Return a new call_control_id: opaque, ``v3:`` and base64url (facts.md, section 5)."""
        return "v3:" + base64.urlsafe_b64encode(self.digest("call") + self.digest("call")[:8]).decode().rstrip("=")

    # Time

    def after(self, delay_s: float, action: Callable[[], None]) -> Alarm:
        """Let *action* happen *delay_s* from now."""
        alarm = Alarm(self.now + delay_s, action)
        heapq.heappush(self._agenda, (alarm.due, self.count("alarm"), alarm))
        return alarm

    def next_due(self) -> float | None:
        """Return when something happens by itself next, or None."""
        while self._agenda and self._agenda[0][2].is_cancelled:
            heapq.heappop(self._agenda)
        return self._agenda[0][0] if self._agenda else None

    @property
    def agenda(self) -> list[Alarm]:
        """All that will happen by itself, in order."""
        return [alarm for _, _, alarm in sorted(self._agenda, key=lambda row: row[:2]) if not alarm.is_cancelled]

    def run_until(self, now: float) -> None:
        """Let everything that is due up to *now* happen, in order. A clock that went backwards stands still."""
        while (due := self.next_due()) is not None and due <= now:
            alarm = heapq.heappop(self._agenda)[2]
            self.now = max(self.now, due)
            alarm.is_cancelled = True
            alarm.action()
        self.now = max(self.now, now)

    # The record

    def note(self, kind: EntryKind, leg: str | None, what: str, **details: Any) -> Entry:
        """Append one line to the record."""
        entry = Entry(index=len(self.record), at=self.now, kind=kind, leg=leg, what=what, details=details)
        self.record.append(entry)
        return entry

    # Calls

    def call(self, call_control_id: str) -> Call:
        """Return the call with this id. Raises Refusal: 404 when unknown, 422 90015 when it is no id at all."""
        found = self.calls.get(call_control_id)
        if found is not None:
            return found
        if call_control_id.startswith(("v2:", "v3:")):
            raise Refusal(404, "10005", "The requested resource or URL could not be found.")
        raise Refusal(422, "90015", f"'{call_control_id}' is not a valid call_control_id.")

    def live_call(self, call_control_id: str, *, pointer: str = "") -> Call:
        """
        Return the call, which is answered and not over.

        Raises Refusal: 90015 when unknown and named in the body (*pointer*), 90018 when over, 90034 before the answer.
        """
        if pointer and call_control_id not in self.calls:
            raise Refusal(422, "90015", f"There is no call '{call_control_id}'.", pointer=pointer)
        call = self.call(call_control_id)
        self.refuse_ended(call)
        if call.answered_at is None:
            raise Refusal(422, "90034", "This call has not been answered yet. Wait for call.answered.")
        return call

    def refuse_ended(self, call: Call) -> None:
        """Raise Refusal 90018 when *call* is over."""
        if call.ended_at is not None:
            raise Refusal(422, "90018", "This call is no longer active and can't receive commands.")

    def withdraw(self, call: Call, because: Because) -> None:
        """Take *call* out of whatever it is in: sounds, gather, recordings, bridge, queue, room."""
        for departure in self._departures:
            departure(self, call, because)

    def end_call(self, call: Call, cause: str, source: str = "unknown") -> None:
        """Hang *call* up; nothing happens when it is over."""
        if call.ended_at is not None:
            return
        call.ended_at, call.cause = self.now, cause
        for alarm in (call.ring_alarm, call.answer_alarm, call.limit_alarm):
            if alarm is not None:
                alarm.cancel()
        self.withdraw(call, "hangup")
        self.note("state", call.id, "hung up", cause=cause, source=source)
        self.emit(
            "call.hangup",
            call,
            hangup_cause=cause,
            hangup_source=source,
            state="hangup",
            sip_hangup_cause=_SIP_CAUSES.get(cause, "200"),
            start_time=iso(call.started_at),
            call_quality_stats=_QUALITY,
        )

    # Webhooks

    def emit(self, event_type: str, call: Call | None = None, room: Conference | None = None, **fields: Any) -> None:
        """
        Send a webhook about *call*, *room* or both, with exactly the fields of the catalogue that are known.

        ``client_state`` is filled in when the webhook is stamped (Options.stamp_delay_s), from the room for
        events about a room and from the leg for all others (facts.md, section 3).
        """
        row = self.catalogue.events[event_type]
        unknown = fields.keys() - row.fields.keys()
        if unknown:
            raise DefectError(f"{event_type} has no field {sorted(unknown)}")
        known: dict[str, Any] = {}
        if room is not None:
            known |= {
                "conference_id": room.id,
                "connection_id": room.owner.leg.connection_id,
                "creator_call_session_id": room.owner.leg.call_session_id,
            }
        if call is not None:
            known |= _leg_fields(call)
        payload = {name: value for name, value in known.items() if name in row.fields} | fields
        about_room = room is not None and not event_type.startswith("conference.participant.")
        owner: Call | Conference | None = room if about_room else call
        if "client_state" in row.fields.keys() - fields.keys() and owner is not None:
            payload["client_state"] = owner.client_state
            self.after(self.options.stamp_delay_s, lambda: payload.update(client_state=owner.client_state))
        leg = call.id if call is not None and "call_control_id" in row.fields else None
        self.deliver(event_type, payload, leg)

    def deliver(self, event_type: str, payload: dict[str, Any], leg: str | None) -> None:
        """Put *payload* into its envelope, due after the usual delay, any that was asked for, and what trouble adds."""
        row = self.catalogue.events.get(event_type)
        envelope: dict[str, Any] = {"record_type": "event", "event_type": event_type, "id": self.new_id("event")}
        occurred_at = row.occurred_at if row else "envelope"
        if occurred_at == "envelope":
            envelope["occurred_at"] = iso(self.now)
        elif occurred_at == "payload":
            payload.setdefault("occurred_at", iso(self.now))
        envelope["payload"] = payload
        body = envelope
        if row is None or row.wrapped_in_data:
            body = {"data": envelope, "meta": {"attempt": 1, "delivered_to": self.options.webhook_url}}
        extra_s = self.late[event_type].pop(0) if self.late.get(event_type) else 0.0
        delay_s = max(self.options.webhook_delay_s, self.options.stamp_delay_s) + extra_s
        copies = self.trouble.webhook(event_type, self.count("webhook"))
        if self.lost.get(event_type):
            self.lost[event_type] -= 1
            copies = ()
        if not copies:
            self.note("lost", leg, event_type, id=envelope["id"], payload=payload)
        for copy in copies:
            self.after(
                delay_s + copy.late_s,
                partial(self._hand_over_copy, envelope["id"], event_type, body, leg, is_twin=copy.is_twin),
            )

    def _hand_over_copy(
        self, id_: str, event_type: str, body: Mapping[str, Any], leg: str | None, *, is_twin: bool
    ) -> None:
        if is_twin:
            id_ = self.new_id("event")
            body = {**body, "data": {**body["data"], "id": id_}} if "data" in body else {**body, "id": id_}
        self.hand_over(id_, event_type, body, leg)

    def hand_over(self, id_: str, event_type: str, body: Mapping[str, Any], leg: str | None) -> None:
        """Make a webhook ready for delivery now."""
        webhook = Webhook(id_, event_type, body, leg, self.now)
        self.ready.append(webhook)
        self.note("webhook", leg, event_type, id=id_, payload=webhook.payload)


def _leg_fields(call: Call) -> dict[str, Any]:
    leg = call.leg
    return {
        "call_control_id": leg.call_control_id,
        "call_leg_id": leg.call_leg_id,
        "call_session_id": leg.call_session_id,
        "connection_id": leg.connection_id,
        "from": leg.from_,
        "to": leg.to,
    }
