"""Time in the simulated Telnyx: the clock, what is due, ids, and the record of all that happened."""

from __future__ import annotations

import base64
import hashlib
import heapq
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from engine.simulator.state import Alarm
from engine.simulator.values import Entry, EntryKind


def iso(at: float) -> str:
    """Return epoch seconds as Telnyx writes an instant."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Timeline:
    """A clock that only ``run_until`` moves, what happens by itself, and ids that depend on the seed alone."""

    def __init__(self, *, seed: int, start: float) -> None:
        self.now = start
        self.record: list[Entry] = []
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
