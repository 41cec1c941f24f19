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
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("fault", "found", "only", "times"),
    [
        ("acknowledge_early", "webhooks acknowledged and lost", "kill", 6),
        ("drop_the_rest", "commands without an outcome, or not carried out", "kill at a checkpoint", 10),
        ("rename", "done twice, with command_id", "kill", 1),
        ("repeat_for_ever", "done twice, with command_id", "kill, away beyond the window", 6),
        ("send_behind", "out of order among sent commands", "kill", 1),
        ("fire_late", "timers late", "kill", 1),
    ],
)
def test_planted_fault_is_found(fault, found, only, times) -> None:
    report = counted(
        "--events", EVENTS, "--kills", times, "--only", only, "--crowd", 20, "--plant", fault, within_s=290
    )

    assert report["counts"][found] > 0, report["log"]
