"""Everything that happens in the shipped scenarios, as JSON. As a program: prints it."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.flows_folder import read_folder, read_tests
from engine.scenario.bench import Bench, Material

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("flows", "examples/first_flow")


def shipped() -> Bench:
    """Return the shipped flows with their tests, named as from the root of the repository."""
    tests = {path: text for folder in FOLDERS for path, text in read_tests(ROOT / folder).items()}
    return Bench(
        Material(
            tests={path.relative_to(ROOT).as_posix(): text for path, text in tests.items()},
            folders={folder: read_folder(ROOT / folder) for folder in FOLDERS},
        )
    )


def traces() -> Iterator[str]:
    """Yield what each shipped scenario leaves: the world's record and the engine's journal."""
    bench = shipped()
    for work in bench.works:
        stage = bench.outcome(work).stage
        yield json.dumps({"record": stage.world.record, "journal": stage.journal}, default=_plain)


def _plain(value: Any) -> Any:
    """Return values and mappings as JSON has them; a set, which has no order, raises."""
    if dataclasses.is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{value!r} has no order that is always the same")


if __name__ == "__main__":
    sys.stdout.writelines(f"{trace}\n" for trace in traces())
