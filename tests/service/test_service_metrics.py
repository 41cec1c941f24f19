"""What the service shows of its work, and that docs/metrics.md says the same."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import aiohttp
import pytest
from metrics_page import label_names, metrics_of, values
from service_world import FLOW, Place, place_in

from engine.metrics import labels
from engine.metrics.registry import LATE_S
from engine.metrics.runs import MOST

PAGE = (Path(__file__).resolve().parent.parent.parent / "docs/metrics.md").read_text(encoding="utf-8")


@pytest.fixture
async def place(tmp_path):
    async with place_in(tmp_path, speed=50.0) as place:
        yield place


def section(title: str) -> list[list[str]]:
    """Return the cells of the rows of the section's table."""
    text = PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def names_in(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


async def test_page_describes_every_metric_with_its_kind_and_labels(place):
    async with place.serving():
        place.call()
        await place.log.line("state", state="waiting")
        shown = await metrics_of(place)

    rows = section("What is counted")
    described = {names_in(name)[0]: (kind, set(names_in(names))) for name, kind, names, _ in rows}
    assert described == {name: (metric.type, label_names(metric)) for name, metric in shown.items()}
    assert all(metric.documentation for metric in shown.values())


def test_page_describes_every_result_and_the_bounds():
    results = [name for cells in section("Results of webhooks") for name in names_in(cells[0])]

    assert sorted(results) == sorted(labels.RESULTS)
    assert f"At most {MOST} sets of labels" in PAGE
    assert f"over {LATE_S:g} second late" in PAGE
    assert f"one of Telnyx's {len(labels.EVENTS) - 1} types" in PAGE
    assert f"one of Telnyx's {len(labels.OPERATIONS) - 3}, or" in PAGE


async def test_call_is_counted_where_it_is_also_over_a_restart(place):
    async with place.serving():
        leg = place.call()
        version = (await place.log.line("serving"))["version"][:8]
        await place.log.line("state", state="waiting")
        before = await metrics_of(place)
    async with place.serving():
        after = await metrics_of(place)
        place.hang_up(leg)
        await place.log.line("ended")
        over = await metrics_of(place)

    assert values(before["ringflow_runs"]) == {("hello", "waiting", version): 1}
    assert values(after["ringflow_runs"]) == {("hello", "waiting", version): 1}
    assert values(over["ringflow_runs"]) == {}


async def test_work_of_a_call_is_counted_and_timed(place):
    async with place.serving():
        leg = place.call()
        await place.log.line("state", state="waiting")
        place.hang_up(leg)
        await place.log.line("ended")
        await place.simulator.drain()
        shown = await metrics_of(place)

    webhooks = values(shown["ringflow_webhooks_total"])
    assert {result for _, result in webhooks} == {"committed"}
    assert webhooks["call.initiated", "committed"] == webhooks["call.hangup", "committed"] == 1
    assert values(shown["ringflow_commands_total"]) == {("answer", "accepted"): 1, ("speak", "accepted"): 1}
    [steps] = [sample.value for sample in shown["ringflow_step_seconds"].samples if sample.name.endswith("_count")]
    [commits] = [sample.value for sample in shown["ringflow_commit_seconds"].samples if sample.name.endswith("_count")]
    assert steps >= commits > 0
    for quiet in ("telnyx_errors_total", "call_problems_total", "defects_total", "commands_waiting"):
        assert values(shown[f"ringflow_{quiet}"]) == {}, quiet
    assert values(shown["ringflow_ready"]) == values(shown["ringflow_database_up"]) == {(): 1}


async def test_refused_key_shows_and_so_do_the_errors_of_telnyx(place):
    place.set(telnyx_api_key="KEY_OF_ANOTHER")
    async with place.serving():
        place.call()
        await place.log.line("key_refused")
        shown = await metrics_of(place)

    assert values(shown["ringflow_telnyx_key_refused"]) == {(): 1}
    assert values(shown["ringflow_ready"]) == {}
    assert set(values(shown["ringflow_telnyx_errors_total"])) == {("10009",)}
    [waits_s] = [sample.value for sample in shown["ringflow_oldest_command_age_seconds"].samples]
    assert 0 < waits_s < 10


async def test_trouble_in_calls_and_refused_webhooks_show(place):
    place.files = {"hello.flow.yaml": FLOW.replace(b"calls_to: any", b'calls_to: ["+15551230000"]')}
    place.simulator.world.fail_next("speak", 422, "10015")
    async with place.serving() as serving:
        place.call()
        await place.log.line("error")
        place.simulator.world.call(from_="+34600111222", to="+15550000000", now=place.simulator.clock())
        place.simulator.settle()
        await place.log.line("unrouted")
        url = f"http://127.0.0.1:{serving.port}/webhooks/telnyx"
        async with aiohttp.ClientSession() as session:
            statuses = await asyncio.gather(*(_status(session, url) for _ in range(3)))
        shown = await metrics_of(place)

    assert statuses == [401] * 3
    assert values(shown["ringflow_call_problems_total"]) == {("error",): 1, ("unrouted",): 1}
    assert values(shown["ringflow_commands_total"])["speak", "refused"] == 1
    assert values(shown["ringflow_telnyx_errors_total"]) == {("10015",): 1}
    assert values(shown["ringflow_webhooks_total"])["unread", "unsigned"] == 3


async def _status(session: aiohttp.ClientSession, url: str) -> int:
    async with session.post(url, data=b"{}") as answer:
        return answer.status


async def test_no_number_and_no_id_is_ever_shown(place: Place):
    async with place.serving():
        leg = place.call()
        await place.log.line("state", state="waiting")
        shown = await metrics_of(place)

    text = str(list(shown.values()))
    assert "34600111222" not in text
    assert leg not in text
