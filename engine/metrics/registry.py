"""What the service counts, for Prometheus; docs/metrics.md describes every name and label."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    disable_created_metrics,
    generate_latest,
)

from engine.metrics import labels
from engine.metrics.labels import known
from engine.metrics.runs import Runs
from engine.ports import Meter

LATE_S = 1.0  # a timer that fires later than this is late

_STEP_S = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25)
_COMMIT_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_REQUEST_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_LATENESS_S = (0.01, 0.05, 0.1, 0.25, 0.5, LATE_S, 2.5, 5.0, 10.0, 60.0, 600.0)

disable_created_metrics()  # type: ignore[no-untyped-call]  # when each series began: twice the size, and nobody asks


class _Counts:
    """A counter with labels; their sets are looked up once, for that costs three times as much as counting."""

    def __init__(self, registry: CollectorRegistry, name: str, about: str, *names: str) -> None:
        self._counter = Counter(name, about, names, registry=registry)
        self._known: dict[tuple[str, ...], Any] = {}

    def add(self, *values: str, amount: int = 1) -> None:
        child = self._known.get(values)
        if child is None:
            child = self._known[values] = self._counter.labels(*values)
        child.inc(amount)


class Metrics(Meter):
    """The Meter of the service, gauges that are read when somebody looks, and where the calls are (*runs*)."""

    def __init__(self) -> None:
        one = self._registry = CollectorRegistry()
        self.runs = Runs()
        one.register(self.runs)
        Info("ringflow_build", "Which ringflow this is.", registry=one).info({"version": version("ringflow")})
        self._webhooks = _Counts(one, "ringflow_webhooks", "Webhooks by what became of them.", "event", "result")
        self._commands = _Counts(one, "ringflow_commands", "Commands by outcome.", "operation", "outcome")
        self._errors = _Counts(one, "ringflow_telnyx_errors", "Requests that Telnyx did not accept.", "code")
        self._problems = _Counts(one, "ringflow_call_problems", "Trouble in calls, as the log tells it.", "kind")
        self._defects = _Counts(one, "ringflow_defects", "Times that ringflow broke its own promises.", "where")
        self._late = Counter("ringflow_timers_late", f"Timers that fired over {LATE_S:g} s late.", registry=one)
        self._steps = Histogram(
            "ringflow_step_seconds", "Deciding what one event changes.", buckets=_STEP_S, registry=one
        )
        self._commits = Histogram(
            "ringflow_commit_seconds", "Storing one batch of events.", buckets=_COMMIT_S, registry=one
        )
        self._requests = Histogram(
            "ringflow_telnyx_request_seconds", "One request to Telnyx.", buckets=_REQUEST_S, registry=one
        )
        self._lateness = Histogram(
            "ringflow_timer_lateness_seconds", "How late timers fired.", buckets=_LATENESS_S, registry=one
        )
        self._begin()

    # -- the meter --------------------------------------------------------------------------------------------

    def webhook(self, event_type: str, result: str) -> None:
        event = known(event_type, labels.EVENTS) if event_type else labels.UNREAD
        self._webhooks.add(event, known(result, labels.RESULTS))

    def decided(self, seconds: float) -> None:
        self._steps.observe(seconds)

    def committed(self, seconds: float) -> None:
        self._commits.observe(seconds)

    def settled(self, operation: str, outcome: str) -> None:
        self._commands.add(known(operation, labels.OPERATIONS), labels.OUTCOMES[outcome])

    def requested(self, seconds: float, error: str | None) -> None:
        self._requests.observe(seconds)
        if error is not None:
            self._errors.add(known(error, labels.ERRORS))

    def timer_fired(self, late_s: float) -> None:
        self._lateness.observe(late_s)
        if late_s > LATE_S:
            self._late.inc()

    def defect(self, where: str) -> None:
        self._defects.add(known(where, labels.PLACES))

    # -- the rest ---------------------------------------------------------------------------------------------

    def problem(self, kind: str) -> None:
        """Count a line of a call's history, if it tells of trouble."""
        if kind in labels.PROBLEMS:
            self._problems.add(kind)

    def watch(self, gauges: Mapping[str, tuple[str, Callable[[], float]]]) -> None:
        """Show each of *gauges*, a name to what it is about and a function that reads it."""
        for name, (about, read) in gauges.items():
            Gauge(f"ringflow_{name}", about, registry=self._registry).set_function(read)

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self._registry)

    def _begin(self) -> None:
        """Let what alarms look at begin at nought: Prometheus does not see the growth of what was not there."""
        for event in sorted(labels.EVENTS - {labels.UNREAD}):
            self._webhooks.add(event, labels.COMMITTED, amount=0)
        for result in sorted(labels.RESULTS - {labels.COMMITTED}):
            self._webhooks.add(labels.UNREAD, result, amount=0)
        for counts, values in (
            (self._errors, labels.ERRORS),
            (self._problems, labels.PROBLEMS),
            (self._defects, labels.PLACES),
        ):
            for value in sorted(values):
                counts.add(value, amount=0)
