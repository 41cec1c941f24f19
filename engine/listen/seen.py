"""What a webhook says, and whether ``serve`` would take it: the words of ``ringflow listen``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nacl.signing import VerifyKey

from engine.core.catalogue import Catalogue
from engine.errors import WebhookRejected
from engine.telnyx.signature import TIMESTAMP_HEADER, TOLERANCE_S, verify
from engine.telnyx.webhook import decode

# What tells most about an event, in the order in which it is shown.
_TELLING = (
    "direction", "state", "from", "to", "digit", "digits", "status", "result", "reason", "hangup_cause",
    "hangup_source", "sip_hangup_cause", "queue", "current_position", "name", "media_name", "duration_secs",
)  # fmt: skip
_MOST_CHARACTERS = 60  # of one value
_LETTERS = 8  # of an id


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """
    One request, told.

    *verdict*: verified, unverified (there is no key to check it with), or refused. *problem* says why, and what to do.
    *type* is "" where the body could not be read. *leg* and *room* are the beginnings of their ids. *fields* are
    those of the payload that tell most. *attempt* counts Telnyx's tries, from 1.
    """

    verdict: str
    problem: str = ""
    type: str = ""
    leg: str = ""
    room: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    attempt: int = 1


def see(raw: bytes, headers: Mapping[str, str], *, keys: Sequence[VerifyKey], now: float, catalogue: Catalogue) -> Seen:
    """Return what the request with the body *raw* is; without *keys* it cannot be verified. Never raises."""
    verdict, problem = _checked(raw, headers, keys, now)
    envelope, attempt = _opened(raw)
    try:
        event = decode(raw)
    except WebhookRejected as rejected:
        kind = envelope.get("event_type")
        return Seen(verdict="refused", problem=problem or _advised(rejected), type=_shown(kind), attempt=attempt)
    if not problem and event.type not in catalogue.events:
        problem = "a type that this version of ringflow does not know; flows may handle it nevertheless"
    return Seen(
        verdict=verdict,
        problem=problem,
        type=event.type,
        leg=(event.call_leg_id or event.call_control_id or "")[:_LETTERS],
        room=(event.conference_id or "")[:_LETTERS],
        fields={name: _shown(event.payload[name]) for name in _TELLING if event.payload.get(name) not in (None, "")},
        attempt=attempt,
    )


def _checked(raw: bytes, headers: Mapping[str, str], keys: Sequence[VerifyKey], now: float) -> tuple[str, str]:
    """Return the verdict on the signature, with the reason where it is not good."""
    if not keys:
        return "unverified", ""
    try:
        verify(raw, headers, keys=keys, now=now)
    except WebhookRejected as rejected:
        return "refused", _why(rejected, raw, headers, keys, now)
    return "verified", ""


def _why(
    rejected: WebhookRejected, raw: bytes, headers: Mapping[str, str], keys: Sequence[VerifyKey], now: float
) -> str:
    signed_at = _signed_at(headers)
    if rejected.reason == "stale":
        away = now - signed_at
        when = f"{abs(away):.0f} seconds {'ago' if away > 0 else 'ahead of this machine'}"
        return (
            f"it was signed {when}, more than {TOLERANCE_S}: set this machine's clock, or it is an old one sent again"
        )
    if rejected.reason == "forged":
        if any(_is_signed(other, headers, keys, signed_at) for other in _rewritten(raw)):
            return "the body was changed on the way: let the web server in front pass it on byte for byte"
        return "the signature is of another key: TELNYX_PUBLIC_KEY is not this account's, or the body was changed"
    if rejected.reason == "unsigned":
        return "it carries no signature: Telnyx did not send it, or the web server in front drops its headers"
    return str(rejected)


def _signed_at(headers: Mapping[str, str]) -> float:
    text = next((value for name, value in headers.items() if name.lower() == TIMESTAMP_HEADER), "")
    return float(text) if text.isascii() and text.isdigit() else 0.0


def _is_signed(raw: bytes, headers: Mapping[str, str], keys: Sequence[VerifyKey], at: float) -> bool:
    try:
        verify(raw, headers, keys=keys, now=at)
    except WebhookRejected:
        return False
    return True


def _rewritten(raw: bytes) -> Iterator[bytes]:
    """Yield what Telnyx may have sent where something on the way has written the JSON anew: it sends it compact."""
    yield raw.strip()
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return
    for is_ascii in (False, True):
        text = json.dumps(body, separators=(",", ":"), ensure_ascii=is_ascii)
        yield text.encode("utf-8", "replace")


def _opened(raw: bytes) -> tuple[Mapping[str, Any], int]:
    """Return the event's envelope, and which of Telnyx's attempts this is, as far as they can be read."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return {}, 1
    if not isinstance(body, dict):
        return {}, 1
    meta, envelope = body.get("meta"), body.get("data", body)
    attempt = meta.get("attempt") if isinstance(meta, dict) else 1
    return envelope if isinstance(envelope, dict) else {}, attempt if isinstance(attempt, int) else 1


def _advised(rejected: WebhookRejected) -> str:
    if rejected.reason == "api-version-1":
        return f"{rejected} (portal.telnyx.com, Voice, Programmable Voice, your application)"
    return str(rejected)


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else "" if value is None else json.dumps(value)
    return text if len(text) <= _MOST_CHARACTERS else f"{text[: _MOST_CHARACTERS - 1]}…"
