"""The page of metrics of a real service."""

from __future__ import annotations

import aiohttp
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families
from service_world import Place


async def metrics_of(place: Place) -> dict[str, Metric]:
    """Return what the admin listener's ``/metrics`` shows, by the name of the metric ("..._total" for a counter)."""
    connector = aiohttp.UnixConnector(place.settings.admin_listen.removeprefix("unix:"))
    async with aiohttp.ClientSession(connector=connector) as session, session.get("http://x/metrics") as answer:
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        text = await answer.text()
    return {
        family.name + "_total" * (family.type == "counter"): family for family in text_string_to_metric_families(text)
    }


def values(metric: Metric) -> dict[tuple[str, ...], float]:
    """Return the values of *metric* by those of its labels, but for those that are nought."""
    return {tuple(sample.labels.values()): sample.value for sample in metric.samples if sample.value}


def label_names(metric: Metric) -> set[str]:
    return {name for sample in metric.samples for name in sample.labels} - {"le"}
