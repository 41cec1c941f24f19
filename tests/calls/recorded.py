"""A scenario that has been played, left in a database as the service leaves its calls there."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from engine.check.run import load
from engine.core.change import Change
from engine.flows_folder import read_folder
from engine.scenario.bench import Bench, Material
from engine.scenario.run import Outcome
from engine.scenario.stage import Stage
from engine.store.sqlite import SqliteStore

FLOWS = Path(__file__).resolve().parent.parent.parent / "flows"


def played(files: Mapping[str, bytes], steps: str, *, test: str, given: str = "") -> Outcome:
    """Return how a scenario of *steps*, each in a line, went with the flow *test* of *files*; it must pass."""
    lines = [f"test: {test}.flow.yaml", given, "scenarios:", "  - name: x", "    steps:"]
    lines += [f"      - {step.strip()}" for step in steps.strip().splitlines()]
    bench = Bench(Material(tests={"x.test.yaml": "\n".join(lines) + "\n"}, folders={"": files}))
    assert bench.works, [str(problem) for problem in bench.report([]).problems]
    outcome = bench.outcome(bench.works[0])
    assert not outcome.problem, outcome.problem
    return outcome


def keep(path: Path, stage: Stage, files: Mapping[str, bytes]) -> None:
    """Write all that happened on *stage* into a database at *path*."""
    version = load(files).version
    assert version is not None
    keys: dict[str, tuple[str, ...]] = {}
    for key, run in stage.keys.items():
        keys[run] = (*keys.get(run, ()), key)
    changes = [Change(event_id="", at=0.0, row=row, keys=keys.get(row.run, ())) for row in stage.rows.values()]
    told = Change(event_id="history", at=0.0, journal=tuple(stage.journal))

    async def write() -> None:
        store = SqliteStore(path)
        await store.open()
        try:
            await store.keep_version(version.hash, files)
            assert not await store.apply([*changes, told])
        finally:
            await store.close()

    asyncio.run(write())


def shipped() -> dict[str, bytes]:
    """Return the shipped flows."""
    return read_folder(FLOWS)
