"""The shipped flows under every fault of Telnyx: `ringflow test --faults`, file by file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.flows_folder import read_folder
from engine.scenario.bench import Bench, Material

ROOT = Path(__file__).resolve().parents[2]
TESTS = [
    path
    for folder in ("flows", "examples/first_flow")
    for path in sorted((ROOT / folder).glob("*.test.yaml"), key=lambda path: -path.stat().st_size)
]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_whatever_telnyx_does_nobody_is_left_alone(path: Path) -> None:
    folder = path.parent.name
    material = Material(tests={f"{folder}/{path.name}": path.read_bytes()}, folders={folder: read_folder(path.parent)})
    bench = Bench(material)

    results = [bench.run(replace(work, with_faults=True)) for work in bench.works]

    assert [result.problem for result in results if result.problem] == []
    trials = sum(result.trials for result in results)
    assert trials > 20 * len(results)
    print(f"{path.name}: {len(results)} scenarios, run again {trials:,} times")
