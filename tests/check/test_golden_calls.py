"""Good samples that are whole services also run: their tests, by the decisions of the service."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.scenario.file import run_file
from engine.scenario.report import as_text

GOLDEN = Path(__file__).parent.parent / "golden"
TESTS = sorted((GOLDEN / "ok").glob("*.test.yaml"))


@pytest.mark.parametrize("test", TESTS, ids=lambda path: path.name.removesuffix(".test.yaml"))
def test_good_sample_runs_as_its_test_says(test: Path) -> None:
    flow = test.with_name(test.name.replace(".test.yaml", ".flow.yaml"))
    files = {flow.name: flow.read_bytes(), "project.yaml": (GOLDEN / "project.yaml").read_bytes()}

    report = run_file(test.name, test.read_bytes(), files)

    assert report.results, report.problems
    assert report.is_good, as_text(report, {}, seconds=0)
