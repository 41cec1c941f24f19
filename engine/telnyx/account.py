"""Reads a Telnyx account: what ``ringflow doctor`` looks at. Nothing here changes anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self

import httpx

from engine.errors import CarrierSilent

_ANSWER_WITHIN_S = 10.0
_MOST_BYTES = 4_000_000


@dataclass(frozen=True, slots=True)
class Found:
    """
    Telnyx's answer to one question: the HTTP *status*, and the ``data`` of its body, None where there is none.

    *sent_at*: Telnyx's clock, in epoch seconds, None where it did not say.
    """

    status: int
    value: Any
    sent_at: float | None

    @property
    def is_ok(self) -> bool:
        """True when there is something to read."""
        return self.status == 200 and self.value is not None

    @property
    def row(self) -> Mapping[str, Any]:
        """The object that was asked for, empty where the answer is no object."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def rows(self) -> list[Mapping[str, Any]]:
        """The objects of a list."""
        return [row for row in self.value if isinstance(row, dict)] if isinstance(self.value, list) else []


class AccountReader:
    """Asks one account, with its key. Use it in a ``with`` block."""

    def __init__(self, *, api_url: str, api_key: str) -> None:
        headers = {"Authorization": f"Bearer {api_key}", "User-Agent": "ringflow"}
        self._client = httpx.Client(headers=headers, timeout=_ANSWER_WITHIN_S, trust_env=False)
        self._root = api_url.rstrip("/")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def get(self, path: str, query: Mapping[str, str | int] | None = None) -> Found:
        """
        Return what is at *path*, below the root of the API.

        Raises:
            CarrierSilent: Telnyx cannot be reached, or does not answer.
        """
        try:
            answer = self._client.get(f"{self._root}/{path}", params=query)
        except httpx.HTTPError as error:
            raise CarrierSilent(f"{self._root} cannot be reached ({type(error).__name__})") from None
        return Found(answer.status_code, _data(answer), _sent_at(answer))


def _data(answer: httpx.Response) -> Any:
    if len(answer.content) > _MOST_BYTES:
        return None
    try:
        body = answer.json()
    except ValueError:
        return None
    return body.get("data") if isinstance(body, dict) else None


def _sent_at(answer: httpx.Response) -> float | None:
    try:
        return parsedate_to_datetime(answer.headers.get("date", "")).timestamp()
    except ValueError:
        return None
