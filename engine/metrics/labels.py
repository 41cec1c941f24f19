"""The values that a label may have: a fixed set, so that nothing from outside makes the metrics grow."""

from __future__ import annotations

from engine.core.command import HTTP, NOTIFY, TELL
from engine.core.event import ACCEPTED, IN_DOUBT, REFUSED
from engine.tables import catalogue

OTHER = "other"
UNREAD = "unread"  # the event of a webhook that was refused before it was parsed
COMMITTED = "committed"

# Answers 503: Telnyx sends these webhooks again.
REFUSED_FOR_NOW = ("shed", "store-unavailable", "not-committed")
NOT_GENUINE = ("unsigned", "forged", "stale", "malformed-time", "malformed-signature")
UNREADABLE = (
    "not-json", "not-an-object", "too-deep", "bad-payload", "bad-event-type", "api-version-1",
    "compressed", "incomplete", "too-large",
)  # fmt: skip
RESULTS = frozenset({COMMITTED, "failed", *REFUSED_FOR_NOW, *NOT_GENUINE, *UNREADABLE})

EVENTS = frozenset({*catalogue().events, UNREAD})
OPERATIONS = frozenset({*catalogue().operations, NOTIFY, HTTP, TELL})
OUTCOMES = {ACCEPTED: "accepted", REFUSED: "refused", IN_DOUBT: "in_doubt"}
PLACES = frozenset({"event", "command", "webhook"})  # of defects
PROBLEMS = frozenset({"unrouted", "error", "lookup_failed", "budget", "failed"})  # kinds of lines in a call's history

_STATUSES = (400, 401, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 504)
_RATE_CODES = ("10011", "90103")  # facts.md, section 3, "Limits"
ERRORS = frozenset(
    {
        *(str(error["code"]) for error in catalogue().errors),
        *_RATE_CODES,
        *(f"http_{status}" for status in _STATUSES),
        "unreached",
        "silent",
        "not_sent",
    }
)


def known(value: str, values: frozenset[str]) -> str:
    """Return *value*, or "other" where it is none of *values*."""
    return value if value in values else OTHER
