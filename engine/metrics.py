"""What the service counts, for Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest


class Metrics:
    """Counters that the parts add to with ``count``, and gauges that are read when somebody looks."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._counters = {
            name: Counter(f"ringflow_{name}", about, [label], registry=self._registry)
            for name, label, about in (
                ("webhooks", "outcome", "Webhooks by outcome: committed, failed, or why they were refused."),
                ("commands", "outcome", "Commands that came to their outcome."),
                ("defects", "where", "Times that ringflow broke one of its own promises."),
                ("calls", "outcome", "New calls that no flow answers."),
            )
        }

    def count(self, name: str, label: str) -> None:
        """Add one to the counter *name*: webhooks, commands, defects or calls."""
        self._counters[name].labels(label).inc()

    def watch(self, gauges: Mapping[str, tuple[str, Callable[[], float]]]) -> None:
        """Show each of *gauges*, a name to what it is about and a function that reads it."""
        for name, (about, read) in gauges.items():
            Gauge(f"ringflow_{name}", about, registry=self._registry).set_function(read)

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self._registry)
