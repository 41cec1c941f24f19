"""How many calls are where, kept up to date from what is committed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.change import Change, Row
from engine.core.leg import Leg, stored_whereabouts
from engine.metrics.runs import MOST, Runs
from engine.testing import MemoryStore

VERSION = "f0344b19c0ffee00"


def moved(run: str, flow: str = "desk", state: str = "", *, version: str = VERSION) -> Change:
    """Return the change after which *run* is in *state*, or has ended where that is "ended"."""
    leg = Leg(run=run, flow=flow, role="caller", status="live", at=f"caller:{state}#0")
    if state == "ended":
        leg = replace(leg, status="ended", at="ended", ended_at=1.0)
    row = Row(run=run, ver=1, state=leg.encode(), version=version, ended_at=leg.ended_at)
    return Change(event_id="", at=0.0, row=row, whereabouts=leg.whereabouts)


def shown(runs: Runs) -> dict[tuple[str, ...], float]:
    [family] = runs.collect()
    return {tuple(sample.labels.values()): sample.value for sample in family.samples}


@pytest.fixture
def runs() -> Runs:
    return Runs()


def test_calls_are_counted_where_they_are_and_no_more_when_they_have_ended(runs):
    for change in (moved("a", state="menu"), moved("b", state="menu"), moved("a", state="waiting")):
        runs.follow(change)
    assert shown(runs) == {("desk", "menu", "f0344b19"): 1, ("desk", "waiting", "f0344b19"): 1}

    for change in (moved("a", state="ended"), moved("b", state="ended"), moved("b", state="ended")):
        runs.follow(change)
    assert shown(runs) == {}


def test_call_that_rings_or_is_being_hung_up_counts_under_its_status(runs):
    for run, status, at in (("a", "rung", "new"), ("b", "leaving", "leaving"), ("c", "unborn", "new")):
        leg = Leg(run=run, flow="" if status == "unborn" else "desk", status=status, at=at)
        row = Row(run=run, ver=1, state=leg.encode(), version=VERSION)
        runs.follow(Change(event_id="", at=0.0, row=row, whereabouts=leg.whereabouts))

    assert shown(runs) == {("desk", "(rung)", "f0344b19"): 1, ("desk", "(leaving)", "f0344b19"): 1}


def test_rooms_queues_and_events_of_nobody_count_nowhere(runs):
    runs.follow(Change(event_id="e", at=0.0, row=Row(run="room:team", ver=1, state="{}")))
    runs.follow(Change(event_id="e", at=0.0))

    assert shown(runs) == {}


async def test_what_is_stored_is_counted_at_the_start(runs):
    store = MemoryStore()
    await store.apply([moved(f"run{number}", state="menu") for number in range(1200)])
    await store.apply([moved("over", state="ended"), Change(event_id="", at=0, row=Row(run="plan:x", ver=1, state=""))])

    await runs.start(store, [*store.rows, "gone"])

    assert shown(runs) == {("desk", "menu", "f0344b19"): 1200}


def test_places_beyond_the_bound_are_shown_as_one_and_come_to_the_fore_when_there_is_room(runs):
    for number in range(MOST + 30):
        runs.follow(moved(f"run{number}", state=f"state{number}"))

    assert len(shown(runs)) == MOST + 1
    assert shown(runs)[("other",) * 3] == 30

    for number in range(30):
        runs.follow(moved(f"run{number}", state="ended"))

    assert len(shown(runs)) == MOST
    assert shown(runs)["desk", f"state{MOST + 29}", "f0344b19"] == 1


@given(
    moves=st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(["menu", "waiting", "ended"]), st.sampled_from(["1", "2"]))
    )
)
def test_counts_are_those_of_the_rows(moves):
    runs, last = Runs(), {}
    for run, state, version in moves:
        runs.follow(moved(run, state=state, version=version))
        last[run] = ("desk", state, version)

    live = [place for place in last.values() if place[1] != "ended"]
    assert shown(runs) == {place: live.count(place) for place in live}


def test_stored_leg_tells_where_it_is_as_the_leg_itself_does():
    for status, at in (("live", "caller:menu#3"), ("live", "new"), ("leaving", "leaving"), ("ended", "ended")):
        leg = Leg(run="a", flow="desk", status=status, at=at)
        assert stored_whereabouts(leg.encode()) == leg.whereabouts
