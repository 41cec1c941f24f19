"""What goes wrong between Telnyx and a program: webhooks that come twice, late or never, answers that fail."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One delivery of a webhook, *late_s* later than usual. *is_twin*: as another event, with an id of its own."""

    late_s: float = 0.0
    is_twin: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Mishap:
    """
    What becomes of one request.

    ========  =====================================================================================
    refused   nothing happens; the answer has *status*, *code* and *headers*
    ignored   accepted, and nothing happens (facts.md, section 0, 3); a reading request is answered
    slow      carried out; the answer comes *late_s* later
    reset     carried out; the connection breaks before the answer
    ========  =====================================================================================
    """

    kind: Literal["refused", "ignored", "slow", "reset"]
    status: int = 500
    code: str = "10007"
    headers: Mapping[str, str] = field(default_factory=dict)
    late_s: float = 0.0


class Trouble(Protocol):
    """
    Decides, purely; *number* counts all webhooks, or all requests, of a world from 1 on.

    *attempt* counts how often a request was made with the same content, from 1 on.
    """

    def webhook(self, event_type: str, number: int) -> Sequence[Copy]:
        """Return the deliveries of a webhook; none of them: it is lost."""
        ...

    def request(self, operation: str, number: int, attempt: int) -> Mishap | None:
        """Return what becomes of a request, None when all is well."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Chaos:
    """
    Trouble by chance: each field is a share of all webhooks, or of all requests, from 0 to 1.

    The same *seed* gives the same trouble. *late_s* is the longest delay of a delayed webhook, *slow_s* that of a
    slow answer; a reordered webhook is overtaken by what happens in the half second after it.
    """

    duplicate: float = 0.0
    twin: float = 0.0
    reorder: float = 0.0
    delay: float = 0.0
    drop: float = 0.0
    throttle: float = 0.0
    error: float = 0.0
    slow: float = 0.0
    reset: float = 0.0
    ignore: float = 0.0
    late_s: float = 5.0
    slow_s: float = 2.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Raises ValueError for a share that is none, or a negative time."""
        for each in fields(self):
            value = getattr(self, each.name)
            most = float("inf") if each.name in ("late_s", "slow_s", "seed") else 1.0
            if each.name != "seed" and not 0.0 <= value <= most:
                raise ValueError(f"{each.name} must be " + ("0 or more" if most > 1 else "from 0 to 1"))

    def webhook(self, event_type: str, number: int) -> Sequence[Copy]:
        if self._meets("drop", number):
            return ()
        late_s = 0.0
        if self._meets("delay", number):
            late_s = self.late_s * self._chance("late_s", number)
        elif self._meets("reorder", number):
            late_s = 0.5
        copies = [Copy(late_s=late_s)]
        if self._meets("duplicate", number):
            copies.append(Copy(late_s=late_s + self._chance("again", number)))
        if self._meets("twin", number):
            copies.append(Copy(late_s=late_s + self._chance("twin again", number), is_twin=True))
        return copies

    def request(self, operation: str, number: int, attempt: int) -> Mishap | None:
        if self._meets("throttle", number):
            return THROTTLED
        if self._meets("error", number):
            return Mishap(kind="refused", status=500 if self._chance("status", number) < 0.5 else 503)
        if self._meets("reset", number):
            return Mishap(kind="reset")
        if self._meets("ignore", number):
            return Mishap(kind="ignored")
        if self._meets("slow", number):
            return Mishap(kind="slow", late_s=self.slow_s * self._chance("slow_s", number))
        return None

    def _meets(self, kind: str, number: int) -> bool:
        share: float = getattr(self, kind)
        return share > 0 and self._chance(kind, number) < share

    def _chance(self, kind: str, number: int) -> float:
        """Return a number from 0 to 1 that is always the same for the same seed."""
        digest = hashlib.sha256(f"{self.seed}\0{kind}\0{number}".encode()).digest()
        return int.from_bytes(digest[:8], "big") / 2**64


THROTTLED = Mishap(
    kind="refused", status=429, code="10011", headers={"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1"}
)
CALM: Trouble = Chaos()
