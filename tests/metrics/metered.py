"""What is on a page of metrics."""

from __future__ import annotations

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families as parsed

from engine.metrics.registry import Metrics

Sample = tuple[str, tuple[tuple[str, str], ...]]


def families(metrics: Metrics) -> dict[str, Metric]:
    return {family.name: family for family in parsed(metrics.text().decode())}


def samples(text: str, *, without_nought: bool = True) -> dict[Sample, float]:
    """Return each line of *text*, by name and sorted labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in parsed(text)
        for sample in family.samples
        if sample.value or not without_nought
    }


def counted(metrics: Metrics, name: str) -> dict[tuple[str, ...], float]:
    """Return what *name* has counted by the values of its labels, in the order of their names."""
    return {
        tuple(value for _, value in labels): count
        for (sample, labels), count in samples(metrics.text().decode()).items()
        if sample == name
    }
