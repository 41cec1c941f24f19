"""The benchmark works: in a few seconds, with tiny numbers, and it notices what is missing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the programs of the benchmark are no package
from bench_calls import ACTIONS, STEPS, evenly
from bench_crowd import crowd
from bench_figures import Spread, arrivals, problems, table, write_into
from bench_latency import Pace, measure
from bench_sender import Sent
from bench_stage import stage
from bench_throughput import BARE, Burst, compare

SHORT = Pace(rate=20.0, warm_up_s=0.3, seconds=1.7, pause_s=0.6, patience_s=2.0)


async def test_every_webhook_becomes_its_action():
    with stage() as place:
        found = await measure(place, "sqlite", SHORT)

    assert found.wrong == ()
    assert found.inside.count == found.outside.count > 0
    assert min(found.inside.p50, found.outside.p50) > 0  # which starts first differs, where processes wait their turn
    assert found.fsync.count > 0


async def test_an_action_that_is_missing_is_told():
    with stage() as place:
        found = await measure(place, "sqlite", SHORT, loses="gather_using_speak")

    assert "should have got answer speak gather_using_speak" in found.wrong[0]


@pytest.mark.slow
async def test_a_crowd_of_calls_waits_in_the_database_meanwhile():
    with stage() as place:
        found = await measure(place, "sqlite", SHORT, database=await crowd(place, "sqlite", 500))

    assert found.wrong == ()


@pytest.mark.slow
async def test_the_engine_is_compared_with_a_bare_handler():
    with stage() as place:
        database = await place.database("sqlite")
        found = await compare(place, {"sqlite": database}, Burst(rounds=2, calls=20, connections=(2, 8)))

    assert found.wrong == []
    assert {key: len(rates) for key, rates in found.rates.items()} == {
        (BARE, 2): 2, ("sqlite", 2): 2, (BARE, 8): 2, ("sqlite", 8): 2,
    }  # fmt: skip
    assert all(ratio > 0 for ratio in found.ratios("sqlite", 8))


def test_webhooks_come_at_the_rate_and_those_of_a_call_in_their_order():
    webhooks = evenly("call", rate=50.0, seconds=20.0, pause_s=1.0)

    assert [one.due_s for one in webhooks] == sorted(one.due_s for one in webhooks)
    in_the_last_second = [one for one in webhooks if one.due_s >= 20.0]
    assert len(in_the_last_second) == pytest.approx(50, abs=5)
    for call in {one.call for one in webhooks}:
        numbers = [one.number for one in webhooks if one.call == call]
        assert numbers == list(range(len(numbers)))


@pytest.mark.parametrize(
    ("status", "came", "problem"),
    [
        (503, ACTIONS, "answered with 503"),
        (0, ACTIONS, "answered with nothing"),
        (200, ACTIONS[:-1], "should have got"),
        (200, (*ACTIONS, "speak"), "should have got"),
        (200, (*ACTIONS[1:], ACTIONS[0]), "should have got"),
    ],
)
def test_what_is_wrong_is_told(status: int, came: tuple[str, ...], problem: str):
    [webhook] = [one for one in evenly("call", rate=9.0, seconds=30.0, pause_s=1.0) if one.name == "call-0.8"]
    assert webhook.number == len(STEPS) - 1
    requests = [(number, "call-0", action, f"id-{number}") for number, action in enumerate(came)]

    [told] = problems([Sent(webhook, 0, status=status)], arrivals(requests)[0])

    assert problem in told


def test_an_action_that_is_sent_again_counts_once():
    came, again = arrivals([(1, "call", "answer", "id"), (2, "call", "answer", "id")])

    assert (came, again) == ({"call": [(1, "answer")]}, 1)


def test_percentiles_are_those_of_the_times():
    assert Spread.of(float(number) for number in range(1, 1001)) == Spread(1000, 501.0, 951.0, 991.0, 1000.0)


def test_tables_go_between_their_marks_and_nowhere_else(tmp_path):
    page = tmp_path / "page.md"
    other = "Between.\n<!-- bench: two -->\n<!-- end -->\n"
    page.write_text(f"Before.\n<!-- bench: one -->\nold\n<!-- end -->\n{other}")

    write_into(page, {"one": table(["a"], [["1"]]), "three": "nowhere"})

    assert page.read_text() == f"Before.\n<!-- bench: one -->\n| a |\n| --- |\n| 1 |\n<!-- end -->\n{other}"
