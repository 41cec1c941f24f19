"""The short form of the laboratory: kill -9, stops, drains and outages while calls go on and Telnyx misbehaves."""

from __future__ import annotations

import pytest
from crash_program import counted
from postgres_server import programs

EVENTS, KILLS = 500, 10


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("store", "engines", "scale"),
    [
        ("sqlite", 1, 10),
        pytest.param("postgres", 1, 10, marks=pytest.mark.slow),
        pytest.param("postgres", 3, 5, marks=pytest.mark.slow),
    ],
)
def test_nothing_is_lost_done_twice_swapped_late_or_stuck(store, engines, scale) -> None:
    if store == "postgres" and programs() is None:
        pytest.skip("SKIPPED: the tests of PostgreSQL need a server; on Debian and Ubuntu: apt-get install postgresql")

    report = counted(
        "--store", store, "--engines", engines, "--events", EVENTS, "--kills", KILLS, scale=scale, within_s=290
    )

    broken = {name: number for name, number in report["counts"].items() if number}
    assert broken == {}, f"{report['examples']}\n{report['log']}"
    assert report["amounts"]["webhooks"] >= EVENTS
    killed = [number for name, number in report["amounts"].items() if name.startswith("kill")]
    assert sum(killed) >= KILLS


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    ("fault", "found"),
    [
        ("acknowledge_early", "webhooks acknowledged and lost"),
        ("drop_the_rest", "commands without an outcome, or not carried out"),
        ("forget_attempts", "done twice, with command_id"),
        ("rename", "done twice, with command_id"),
        ("repeat_for_ever", "done twice, with command_id"),
        ("send_behind", "out of order among sent commands"),
        ("fire_late", "timers late"),
    ],
)
def test_planted_fault_is_found(fault, found) -> None:
    report = counted("--events", EVENTS, "--kills", KILLS, "--seed", 1, "--plant", fault)

    assert report["counts"][found] > 0, report["log"]
