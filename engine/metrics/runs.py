"""How many calls are where: by flow, state and version, kept up to date from what is committed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from engine.core.change import Change
from engine.core.leg import stored_whereabouts
from engine.core.names import is_leg
from engine.metrics.labels import OTHER
from engine.ports import Store

MOST = 200  # sets of labels; what is beyond them is shown as one
NAME = "ringflow_runs"
LABELS = ("flow", "state", "version")
_ABOUT = "Calls that a flow has, by flow, state and version."
_SHORT = 8  # letters of a version, as people see it
_AT_ONCE = 500  # rows that are read together at the start

Place = tuple[str, str, str]


class Runs(Collector):
    """Follows committed changes. A place keeps its set of labels for as long as a call is there."""

    def __init__(self) -> None:
        self._of: dict[str, Place] = {}
        self._count: Counter[Place] = Counter()

    async def start(self, store: Store, runs: Iterable[str]) -> None:
        """Count the calls among *runs*, all that have not ended. Raises StoreUnavailable."""
        legs = filter(is_leg, runs)
        while some := list(islice(legs, _AT_ONCE)):
            loaded = await store.load(event_ids=(), keys=(), runs=some)
            for row in loaded.rows.values():
                self._put(row.run, stored_whereabouts(row.state), row.version)

    def follow(self, change: Change) -> None:
        """Take over where the call of a committed *change* is now."""
        if change.row is not None:
            self._put(change.row.run, change.whereabouts, change.row.version)

    def lose(self, run: str) -> None:
        """Count *run* no longer: it has gone on elsewhere."""
        self._put(run, None, "")

    def collect(self) -> Iterator[GaugeMetricFamily]:
        family = GaugeMetricFamily(NAME, _ABOUT, labels=LABELS)
        for place, count in islice(self._count.items(), MOST):
            family.add_metric(place, count)
        beyond = sum(islice(self._count.values(), MOST, None))
        if beyond:
            family.add_metric((OTHER,) * len(LABELS), beyond)
        yield family

    def _put(self, run: str, whereabouts: tuple[str, str] | None, version: str) -> None:
        place = None if whereabouts is None else (*whereabouts, version[:_SHORT])
        before = self._of.get(run)
        if place == before:
            return
        if before is not None:
            del self._of[run]
            self._count[before] -= 1
            if not self._count[before]:
                del self._count[before]
        if place is not None:
            self._of[run] = place
            self._count[place] += 1
