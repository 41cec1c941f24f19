"""How often the account may do something: so many times within a stretch of time, and not at all after a refusal."""

from __future__ import annotations

from collections import deque

LONGEST_PAUSE_S = 60.0
_SLACK = 1.1  # of the stretch of time: requests arrive closer together than they left
_MAKES_UP_FOR = 4  # of those that go one by one: how many may be late, and go closer together then
_LEAST = 5  # what is tried in a stretch of time even after one refusal after the other
_DOUBLES_AFTER = 5  # such stretches: so the account's limit is tried out again, bit by bit
_LARGEST_GUESS = 1_000


class Pace:
    """
    Counts what begins, here, against what the account may begin within *length_s* seconds: *most*, None for unknown.

    Half of it may begin at once, the rest one by one; after a refusal all of it one by one. *share* divides *most*
    among so many processes. All times are those of the service's clock, in epoch seconds.
    """

    def __init__(self, most: int | None = None, *, length_s: float = 1.0) -> None:
        self.most = most
        self.share = 1
        self.length_s = length_s
        self.closed_until = 0.0
        self._one_by_one_until = 0.0
        self._guess: int | None = None  # of *most*, after a refusal that did not tell it
        self._taught_at = 0.0
        self._begun: deque[float] = deque()

    def free_at(self, now: float) -> float:
        """Return when the next may begin; *now* or earlier: at once."""
        length_s = self.length_s * _SLACK
        while self._begun and self._begun[0] + length_s <= now:
            self._begun.popleft()
        most, used = self._most_at(now), len(self._begun)
        if most is None or not used or (used * 2 < most and now >= self._one_by_one_until):
            return self.closed_until
        if used >= most:
            return max(self.closed_until, self._begun[used - most] + length_s)
        back = min(used, _MAKES_UP_FOR)
        evenly = self._begun[-back] + back * length_s / most
        until_first_is_over_s = self._begun[0] + length_s - now
        return max(self.closed_until, evenly, self._begun[-1] + until_first_is_over_s / (most - used))

    def begin(self, now: float) -> None:
        """Count one that begins *now*."""
        self._begun.append(now)

    def take_back(self, begun_at: float) -> None:
        """Count one no longer that was to begin at *begun_at*, and did not."""
        if begun_at in self._begun:
            self._begun.remove(begun_at)

    def close(self, until: float, *, now: float) -> None:
        """Let none begin before *until*, a minute from *now* at most, and one by one for a while after that."""
        self.closed_until = max(self.closed_until, min(until, now + LONGEST_PAUSE_S))
        self.go_one_by_one(self.closed_until + self.length_s)

    def go_one_by_one(self, until: float) -> None:
        """Let none begin together with others before *until*."""
        self._one_by_one_until = max(self._one_by_one_until, until)

    def tell(self, most: int, *, length_s: float) -> None:
        """Take what Telnyx says for true; *length_s* is at most the whole stretch, so the longest one counts."""
        self.most, self.length_s, self._guess = most, max(self.length_s, length_s), None

    def learn(self, begun_at: float, *, now: float) -> None:
        """
        Guess a limit that nobody has told: half of what went out, and more with time. One that began at *begun_at*
        was refused; those that were refused with it teach nothing more.
        """
        if begun_at > self._taught_at:
            most = self._most_at(now)
            tried = len(self._begun) if most is None else min(most, len(self._begun))
            self._taught_at, self._guess = now, max(_LEAST, tried // 2)

    def _most_at(self, now: float) -> int | None:
        told = None if self.most is None else max(1, self.most // self.share)
        if self._guess is None:
            return told
        since_s = max(0.0, now - max(self._taught_at, self.closed_until))
        guess = int(self._guess * 2 ** min(since_s / (_DOUBLES_AFTER * self.length_s), _LARGEST_GUESS.bit_length()))
        if guess > _LARGEST_GUESS:
            self._guess = None
        return guess if told is None else min(told, guess)
