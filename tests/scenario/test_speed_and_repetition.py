"""Scenarios are quick, and leave the same trace wherever they run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from time import perf_counter, process_time

import pytest
from slowness import slowness
from traces import FOLDERS, ROOT, shipped, traces

WAITS = "Nobody comes, and after fifteen minutes the caller leaves a message"
COPIES = 6  # of each shipped test
MOST_CPU_S = 1.0  # measured: 0.03 to 0.08 s


def test_the_same_scenarios_leave_the_same_trace_byte_for_byte() -> None:
    here, again = list(traces()), list(traces())
    elsewhere = subprocess.run(
        [sys.executable, ROOT / "tests/scenario/traces.py"],
        env=os.environ | {"PYTHONHASHSEED": "4821", "PYTHONPATH": str(ROOT)},
        capture_output=True, timeout=50, check=True,
    ).stdout  # fmt: skip

    assert len(here) == len(shipped().works)
    assert min(len(json.loads(trace)["record"]) for trace in here) > 1
    assert here == again
    assert "".join(f"{trace}\n" for trace in here).encode() == elsewhere


def test_a_quarter_of_an_hour_in_line_costs_milliseconds(record_property: Callable[[str, object], None]) -> None:
    bench = shipped()
    [work] = [work for work in bench.works if bench.scenario(work).name == WAITS]
    bench.run(work)

    began = process_time()
    result = bench.run(work)
    cpu_s = process_time() - began

    record_property("table", f"fifteen minutes in line: {cpu_s * 1000:.0f} ms of CPU")
    assert result.status == "passed"
    assert cpu_s < MOST_CPU_S * slowness()


@pytest.mark.slow
def test_a_thousand_scenarios_take_less_than_a_minute(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    for folder in FOLDERS:
        for path in (ROOT / folder).glob("*.yaml"):
            is_test = path.name.endswith(".test.yaml")
            for copy in range(COPIES if is_test else 1):
                place = tmp_path / folder / (f"{copy}_{path.name}" if is_test else path.name)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(path.read_bytes())

    before, began = getrusage(RUSAGE_CHILDREN), perf_counter()
    printed = subprocess.run(
        [sys.executable, "-m", "engine", "test", "--format", "json", *(tmp_path / folder for folder in FOLDERS)],
        cwd=ROOT, capture_output=True, timeout=58, check=True,
    ).stdout  # fmt: skip
    seconds, after = perf_counter() - began, getrusage(RUSAGE_CHILDREN)

    passed = json.loads(printed)["passed"]
    cpu_s = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    told = f"{passed} scenarios in {seconds:.1f} s, {cpu_s:.1f} s of CPU in all processes"
    record_property(
        "table", f"{told}: {60 * passed / seconds:.0f} a minute here, {60 * passed / cpu_s:.0f} on one core"
    )
    assert passed == COPIES * len(shipped().works)
    assert 60 * passed / cpu_s > 1000 / slowness()
