"""What Telnyx answered to one request: the status, and what its error body and its waiting headers say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from math import isfinite
from typing import Any

import orjson

_RATE_HEADERS = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """
    What an answer says of the account's rate window: *limit* requests, of which *remaining* are left, and how long it
    lasts, in seconds. Each is None where the answer does not say. Source: facts.md, section 3, "Limits".
    """

    limit: int | None = None
    remaining: int | None = None
    reset_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """
    One HTTP answer.

    *body* is the JSON object, empty where there was none. *code*, *title* and *detail* are those of Telnyx's first
    error ("90018"); the title falls back on the name of the status. *retry_after_s* is how long the server asks us
    to wait, in seconds. *rate* is None where no header speaks of the rate window.
    """

    status: int
    body: Mapping[str, Any] = field(default_factory=dict)
    code: str | None = None
    title: str = ""
    detail: str = ""
    retry_after_s: float | None = None
    rate: Rate | None = None

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_throttled(self) -> bool:
        return self.status == 429

    @property
    def refuses_key(self) -> bool:
        """True when it is the API key that Telnyx refuses, and no command: every other one would be refused, too."""
        return self.status in (401, 403)

    @property
    def is_server_error(self) -> bool:
        return self.status >= 500

    @property
    def result(self) -> Mapping[str, Any]:
        """The object in ``data``, empty where ``data`` is something else."""
        found = self.body.get("data")
        return found if isinstance(found, dict) else {}

    @property
    def items(self) -> tuple[Mapping[str, Any], ...]:
        """The objects of a listing."""
        found = self.body.get("data")
        return tuple(item for item in found if isinstance(item, dict)) if isinstance(found, list) else ()

    @property
    def is_last_page(self) -> bool:
        """True unless ``meta`` says that more pages follow. Source: facts.md, section 3, "Pagination"."""
        meta = self.body.get("meta")
        page, total = (meta.get("page_number"), meta.get("total_pages")) if isinstance(meta, dict) else (None, None)
        return not (isinstance(page, int) and isinstance(total, int) and page < total)


def answer_from(status: int, headers: Mapping[str, str], raw: bytes, *, now: float) -> Answer:
    """
    Return the answer in an HTTP response; a body that is no JSON object is no error.

    *headers* finds names in lower case; *now* is in epoch seconds, for a ``Retry-After`` that is a date.
    """
    body = _object(raw)
    error = {} if 200 <= status < 300 else _first_error(body)
    code = error.get("code")
    return Answer(
        status=status,
        body=body,
        code=str(code) if isinstance(code, (str, int)) else None,
        title=_text(error.get("title")) or ("" if 200 <= status < 300 else _status_name(status)),
        detail=_text(error.get("detail")),
        retry_after_s=_retry_after_s(status, headers, now),
        rate=_rate(headers),
    )


def answer_in(outcome: Mapping[str, Any]) -> Answer:
    """Return the answer that the *outcome* of a command carries, also one that is not what Telnyx documents."""
    body = outcome.get("body")
    return Answer(status=200, body=body if isinstance(body, dict) else {})


def not_sent(detail: str) -> Answer:
    """Return the answer to a command that cannot be written as a request: a refusal, as if Telnyx had made it."""
    return Answer(status=400, code="not_sent", title="Not sent", detail=detail)


def _object(raw: bytes) -> Mapping[str, Any]:
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}


def _first_error(body: Mapping[str, Any]) -> Mapping[str, Any]:
    errors = body.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    return first if isinstance(first, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _status_name(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"HTTP status {status}"


def _retry_after_s(status: int, headers: Mapping[str, str], now: float) -> float | None:
    """Return what the headers ask for, the most exact first. ``x-ratelimit-reset`` comes with every answer, so it
    counts on a 429 only."""
    for name, unit_s in (("retry-after-ms", 0.001), ("retry-after", 1.0), ("x-ratelimit-reset", 1.0)):
        text = headers.get(name)
        if text is None or (name == "x-ratelimit-reset" and status != HTTPStatus.TOO_MANY_REQUESTS):
            continue
        seconds = _number(text)
        if seconds is not None:
            return seconds * unit_s
        if name == "retry-after" and (date := _date(text)) is not None:
            return max(0.0, date - now)
    return None


def _rate(headers: Mapping[str, str]) -> Rate | None:
    limit, remaining, reset_s = (_number(headers.get(name)) for name in _RATE_HEADERS)
    if limit is None and remaining is None and reset_s is None:
        return None
    return Rate(
        limit=None if limit is None else int(limit),
        remaining=None if remaining is None else int(remaining),
        reset_s=reset_s,
    )


def _number(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) and number >= 0 else None


def _date(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return None
