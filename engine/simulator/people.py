"""The far ends that ring: who picks up by themselves, and after how long."""

from __future__ import annotations

import heapq

from engine.simulator.world import World


class People:
    """
    Far ends that pick up by themselves *answer_after_s* after it began to ring; None: only when they are told.

    Whoever was told something else meanwhile, to answer, refuse or ignore, does that.
    """

    def __init__(self, answer_after_s: float | None) -> None:
        self.answer_after_s = answer_after_s
        self.answer_after_s_of: dict[str, float | None] = {}
        self._seen = 0
        self._due: list[tuple[float, str]] = []

    def look_at(self, world: World) -> None:
        """Take note of what has begun to ring since the last look."""
        for entry in world.record[self._seen :]:
            if entry.kind == "state" and entry.what == "rung" and entry.leg is not None:
                after_s = self.answer_after_s_of.get(entry.details["to"], self.answer_after_s)
                if after_s is not None:
                    heapq.heappush(self._due, (entry.at + after_s, entry.leg))
        self._seen = len(world.record)

    def leave_alone(self, call_control_id: str) -> None:
        """Let this one ring: somebody was told to ignore it."""
        self._due = [(due, leg) for due, leg in self._due if leg != call_control_id]
        heapq.heapify(self._due)

    def next_due(self) -> float | None:
        """Return when the next one picks up, in epoch seconds, or None."""
        return self._due[0][0] if self._due else None

    def pick_up(self, world: World, now: float) -> None:
        """Let everybody pick up whose time has come and whose telephone still rings."""
        while self._due and self._due[0][0] <= now:
            leg = heapq.heappop(self._due)[1]
            if world.look(leg).state == "ringing":
                world.pick_up(leg, now)
