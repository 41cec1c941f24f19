"""Hands out turns to send: no more at once than we, and no faster than Telnyx, can take, and to all flows in turn."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from engine.core.answer import Answer, Rate
from engine.ports import Clock
from engine.runtime.clock import Alarm, Alarms
from engine.runtime.pace import Pace

# hangup: it waits for nobody but other hang-ups. outside: it goes to others than Telnyx.
Kind = Literal["command", "dial", "hangup", "outside"]

_FIRST_AT_ONCE = 10  # until Telnyx has answered for the first time: only its answers tell the account's limit
_HANGUPS_AT_ONCE = 20
_OUTSIDE_AT_ONCE = 40
_MOST_DIALS, _DIALS_WITHIN_S = 150, 5.0  # facts.md, section 3, "Limits": 30 a second over five seconds
_DIALS_PER_SECOND = "90103"  # concerns dials only, not the account
_PAUSE_S = 1.0  # where a refusal does not say how long
_LONGEST_WINDOW_S = 60.0


@dataclass(eq=False, slots=True)
class Turn:
    """
    One place in the line of *flow*; *since* (epoch seconds) and *number* say who is first. *ring* is called when it
    is granted; it must not wait.
    """

    kind: Kind
    flow: str
    since: float
    number: int
    ring: Callable[[], None]
    granted_at: float | None = None
    is_left: bool = False

    def __lt__(self, other: Turn) -> bool:
        return (self.since, self.number) < (other.since, other.number)


@dataclass(eq=False, slots=True)
class _Gate:
    """*free* places, and who waits for one: a line for each flow and kind, in the order in which they are served."""

    free: int
    lines: dict[tuple[str, Kind], list[Turn]] = field(default_factory=dict)


class Turnstile:
    """
    Grants turns in the order of flows, round and round, and within a flow the oldest first.

    *share* is how many processes use the account: limits are divided by it. ``paused_until`` (epoch seconds) is when
    the account takes commands again; it may be raised from outside, for others may hear of it first.
    """

    def __init__(self, *, clock: Clock, alarms: Alarms, max_under_way: int = 80) -> None:
        self._clock = clock
        self._alarms = alarms
        self._alarm: Alarm | None = None
        self._count = 0
        self._told_until = 0.0
        commands = _Gate(min(_FIRST_AT_ONCE, max_under_way))
        hangups, outside = _Gate(_HANGUPS_AT_ONCE), _Gate(_OUTSIDE_AT_ONCE)
        self._kept_shut = max_under_way - commands.free
        self._all_gates = (hangups, commands, outside)
        self._gates: Mapping[Kind, _Gate] = {
            "command": commands, "dial": commands, "hangup": hangups, "outside": outside,
        }  # fmt: skip
        self._requests, self._hangups = Pace(), Pace()
        self._dials = Pace(_MOST_DIALS, length_s=_DIALS_WITHIN_S)
        self._held_by: Mapping[Kind, tuple[Pace, ...]] = {
            "command": (self._requests,),
            "dial": (self._requests, self._dials),
            "hangup": (self._hangups,),
            "outside": (),
        }
        self._counts = {**self._held_by, "hangup": (self._requests, self._hangups)}  # they take from the others, too

    @property
    def share(self) -> int:
        return self._requests.share

    @share.setter
    def share(self, share: int) -> None:
        for pace in (self._requests, self._hangups, self._dials):
            pace.share = share
        self._ring()

    @property
    def paused_until(self) -> float:
        return self._requests.closed_until

    @paused_until.setter
    def paused_until(self, until: float) -> None:
        now = self._clock.now()
        if until > max(now, self._requests.closed_until):
            self._pause(until, begun_at=now, now=now)

    def ask(self, kind: Kind, *, flow: str, since: float, ring: Callable[[], None]) -> Turn:
        """Return a turn, which may be granted already; if not, *ring* is called when it is."""
        self._count += 1
        turn = Turn(kind, flow, since, self._count, ring)
        gate = self._gates[kind]
        heapq.heappush(gate.lines.setdefault((flow, kind), []), turn)
        self._hand_out(gate)
        return turn

    def leave(self, turn: Turn, *, is_used: bool) -> None:
        """Give *turn* up, or back; *is_used*: a request was made."""
        if turn.granted_at is None:
            turn.is_left = True
            return
        if not is_used:
            for pace in self._counts[turn.kind]:
                pace.take_back(turn.granted_at)
        gate = self._gates[turn.kind]
        gate.free += 1
        if is_used and turn.kind in ("command", "dial"):
            gate.free, self._kept_shut = gate.free + self._kept_shut, 0
        self._hand_out(gate)

    def look_at(self, answer: Answer, *, begun_at: float) -> bool:
        """Learn from Telnyx's answer to a request of *begun_at* how fast commands may go; True: a pause has begun."""
        now = self._clock.now()
        until = now + (_PAUSE_S if answer.retry_after_s is None else answer.retry_after_s)
        if answer.code == _DIALS_PER_SECOND:
            self._dials.learn(begun_at, now=now)
            self._dials.close(until, now=now)
            return False
        if answer.rate is not None:
            self._note_rate(answer.rate, now)
        if not answer.is_throttled:
            return False
        self._pause(until, begun_at=begun_at, now=now)
        was_told_until, self._told_until = self._told_until, self.paused_until
        return was_told_until <= now < self.paused_until

    def _pause(self, until: float, *, begun_at: float, now: float) -> None:
        if self._requests.most is None:
            self._requests.learn(begun_at, now=now)
        self._requests.close(until, now=now)

    def _note_rate(self, rate: Rate, now: float) -> None:
        """Take up what the headers say of the rate window; others may use the account as well."""
        reset_s = _PAUSE_S if rate.reset_s is None else min(rate.reset_s, _LONGEST_WINDOW_S)
        if rate.limit:
            self._requests.tell(rate.limit, length_s=reset_s)
            self._hangups.tell(rate.limit, length_s=reset_s)
        if rate.remaining == 0:
            self._requests.close(now + reset_s, now=now)
        elif rate.remaining is not None and rate.limit is not None and rate.remaining * 2 < rate.limit:
            self._requests.go_one_by_one(now + reset_s)

    # -- handing out ------------------------------------------------------------------------------------------

    def _hand_out(self, gate: _Gate) -> None:
        """Grant the turns that are due, and come back when the next one is."""
        while gate.free > 0 and gate.lines:
            now = self._clock.now()
            key = next((key for key in gate.lines if self._free_at(key[1], now) <= now), None)
            if key is None:
                self._come_back(min(self._free_at(kind, now) for _, kind in gate.lines))
                return
            line = gate.lines.pop(key)
            turn = heapq.heappop(line)
            while turn.is_left and line:
                turn = heapq.heappop(line)
            if line:
                gate.lines[key] = line  # the last one now
            if not turn.is_left:
                self._grant(gate, turn, now)

    def _grant(self, gate: _Gate, turn: Turn, now: float) -> None:
        gate.free -= 1
        turn.granted_at = now
        for pace in self._counts[turn.kind]:
            pace.begin(now)
        turn.ring()

    def _free_at(self, kind: Kind, now: float) -> float:
        return max([pace.free_at(now) for pace in self._held_by[kind]], default=0.0)

    def _come_back(self, due: float) -> None:
        if self._alarm is not None and self._alarm.due <= due:
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = self._alarms.set(due, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        for gate in self._all_gates:
            self._hand_out(gate)
