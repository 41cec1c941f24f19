"""How fast the account may ring people: Telnyx refuses what goes beyond it (90103)."""

from __future__ import annotations

from collections import deque

# 30 a second, counted over five seconds; half a second more, for requests arrive closer together than they left.
# Source: facts.md, section 3, "Limits".
_MOST_DIALS = 150
_WINDOW_S = 5.5


class DialPace:
    """Counts the dials of the whole account; all times are those of the service's clock, in seconds."""

    def __init__(self) -> None:
        self._begun: deque[float] = deque()

    def free_at(self, now: float) -> float:
        """Return when the next dial may begin, 0.0 where one may begin now."""
        while self._begun and self._begun[0] + _WINDOW_S <= now:
            self._begun.popleft()
        return 0.0 if len(self._begun) < _MOST_DIALS else self._begun[0] + _WINDOW_S

    def begin(self, now: float) -> None:
        """Count a dial that begins *now*."""
        self._begun.append(now)
