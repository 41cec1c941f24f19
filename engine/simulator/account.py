"""
What lies around the calls in a Telnyx account, to be read only: applications, numbers, profiles, the public key, and
the webhooks of the past.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

from engine.simulator.past import call_events
from engine.simulator.refusals import Refusal
from engine.simulator.values import Entry, Response

_CODES = {403: "10010", 404: "10005"}
_READ = ("call_control_applications", "phone_numbers", "outbound_voice_profiles", "public_key", "call_events")


@dataclass(slots=True)
class Account:
    """
    The answers of the account's API. A tester changes the fields.

    *application* and *profile* are those that every id leads to, but for the ids in *unknown*. Every number belongs
    to the account and to the application *connection_id* ("" for none), but for those in *unknown*. *refused* maps the
    first words of paths to the HTTP status with which they are refused.
    """

    connection_id: str = "2811212257810187875"
    application: dict[str, Any] = field(
        default_factory=lambda: {
            "record_type": "call_control_application",
            "application_name": "simulated",
            "active": True,
            "webhook_event_url": "https://calls.example.com/webhooks/telnyx",
            "webhook_event_failover_url": "https://spare.example.com/webhooks/telnyx",
            "webhook_api_version": "2",
            "first_command_timeout": True,
            "first_command_timeout_secs": 30,
            "outbound": {"channel_limit": None, "outbound_voice_profile_id": "1293384261075731499"},
        }
    )
    profile: dict[str, Any] = field(
        default_factory=lambda: {
            "record_type": "outbound_voice_profile",
            "name": "simulated",
            "enabled": True,
            "whitelisted_destinations": ["US", "CA"],
        }
    )
    unknown: set[str] = field(default_factory=set)
    refused: dict[str, int] = field(default_factory=dict)

    def answer(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        *,
        public_key: str,
        now: float,
        record: Sequence[Entry] = (),
    ) -> Response | None:
        """
        Return the answer to a request that is about the account, None for every other. *record* is the world's.
        """
        what, _, identity = path.removeprefix("/v2").strip("/").partition("/")
        if method != "GET" or what not in _READ:
            return None
        status = self.refused.get(what) or (404 if identity in self.unknown else 200)
        if status == 200 and what == "call_events":
            found = call_events(record, query, now=now)
        elif status != 200:
            found = Refusal(status, _CODES.get(status, "10007"), "This is refused on purpose.").response()
        else:
            found = Response(200, self._read(what, identity, query, public_key))
        return Response(found.status, found.body, {"Date": formatdate(now, usegmt=True)})

    def _read(self, what: str, identity: str, query: Mapping[str, str], public_key: str) -> dict[str, Any]:
        if what == "public_key":
            return {"data": {"record_type": "public_key", "public": public_key}}
        if what == "phone_numbers":
            # Telnyx: "Non-numerical characters will result in no values being returned."
            digits = query.get("filter[phone_number]", "")
            rows = [self._number(f"+{digits}")] if digits.isdigit() and f"+{digits}" not in self.unknown else []
            return {"data": rows, "meta": {"page_number": 1, "page_size": 20, "total_pages": 1}}
        row = self.application if what == "call_control_applications" else self.profile
        return {"data": {"id": identity, **row}} if identity else {"data": [{"id": self.connection_id, **row}]}

    def _number(self, number: str) -> dict[str, Any]:
        return {
            "record_type": "phone_number",
            "phone_number": number,
            "status": "active",
            "connection_id": self.connection_id,
        }
