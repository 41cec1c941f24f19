"""How many requests the API answers: Telnyx's rate limit and its headers."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

from engine.simulator.refusals import Refusal

_WINDOW_S = 1.0


@dataclass(slots=True)
class RateLimit:
    """At most *most* requests within any second; None = as many as one likes."""

    most: int | None
    _taken: deque[float] = field(default_factory=deque)

    def take(self, now: float) -> dict[str, str]:
        """
        Count one request and return the headers of its answer.

        Raises Refusal 429 10011 for one too many, which does not count. Source: facts.md, section 3, Limits.
        """
        if self.most is None:
            return {}
        while self._taken and self._taken[0] <= now - _WINDOW_S:
            self._taken.popleft()
        if len(self._taken) >= self.most:
            raise Refusal(429, "10011", "Too many requests.", headers=self._headers(now))
        self._taken.append(now)
        return self._headers(now)

    def _headers(self, now: float) -> dict[str, str]:
        reset_s = math.ceil(self._taken[0] + _WINDOW_S - now)
        return {
            "x-ratelimit-limit": str(self.most),
            "x-ratelimit-remaining": str((self.most or 0) - len(self._taken)),
            "x-ratelimit-reset": str(reset_s),
        }
