"""The table at the end: what callers heard, and who answered the webhooks."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from callers import SENTENCES, Call

LONG_S = 4.0  # the flow itself is silent for a second, and others take over after five


@dataclass(frozen=True, slots=True)
class Answered:
    """One webhook as the balancer saw it: when it was answered (seconds since 1970), by whom, and how."""

    at: float
    server: str
    status: int
    retries: int

    @classmethod
    def read(cls, line: bytes, at: float) -> Answered | None:
        """Return what a line of the balancer's log tells, or None when it is about something else."""
        try:
            told = json.loads(line)
            return cls(at, told["server"], told["status"], int(told["retries"].lstrip("+")))
        except (ValueError, KeyError, TypeError):
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What happened. *made* calls began; *victim*, a replica, was struck at *struck_at*."""

    calls: Collection[Call]
    made: int
    answered: Collection[Answered]
    victim: str
    struck_at: float
    until: float  # no more calls were made from then on

    @property
    def is_right(self) -> bool:
        return len(self.calls) == self.made and all(call.is_right for call in self.calls)

    def table(self) -> str:
        rows = [*self._heard(), *self._webhooks(), *self._waited()]
        width = max(len(label) for label, _ in rows)
        return "\n".join(f"{label:{width}}  {value:>8}" for label, value in rows)

    def _heard(self) -> Iterator[tuple[str, str]]:
        times = [Counter(call.heard)[sentence] for call in self.calls for sentence in SENTENCES]
        yield "calls", str(self.made)
        yield "  served right", str(sum(call.is_right for call in self.calls))
        yield "sentences heard once", str(times.count(1))
        yield "  twice", str(sum(number > 1 for number in times))
        yield "  never", str(times.count(0) + (self.made - len(self.calls)) * len(SENTENCES))

    def _webhooks(self) -> Iterator[tuple[str, str]]:
        good = [answer for answer in self.answered if answer.status == 200]
        yield "webhooks answered 200", str(len(good))
        for server, number in sorted(Counter(answer.server for answer in good).items()):
            yield f"  by {server}", str(number)
        yield "  at the second try or later", str(sum(answer.retries > 0 for answer in good))
        yield "webhooks answered otherwise", str(len(self.answered) - len(good))
        pairs = itertools.pairwise(sorted(answer.at for answer in good))
        longest = max((later - sooner for sooner, later in pairs if sooner <= self.until), default=0.0)
        yield "seconds without a 200, at most", f"{longest:.1f}"

    def _waited(self) -> Iterator[tuple[str, str]]:
        met = [call for call in self.calls if call.began_at < self.struck_at < (call.ended_at or float("inf"))]
        waits = [call.longest_silence_after(self.struck_at) for call in met]
        yield f"calls under way when {self.victim} was struck", str(len(met))
        yield f"  heard nothing for more than {LONG_S:.0f} s", str(sum(wait > LONG_S for wait in waits))
        yield "  seconds of silence, at most", f"{max(waits, default=0.0):.1f}"
