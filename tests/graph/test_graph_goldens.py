"""Whole diagrams, to be read and compared. UPDATE_GOLDEN=1 writes them anew."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from graph_samples import GOLDEN, drawn

from engine.graph.dot import as_dot
from engine.graph.mermaid import as_mermaid

SAMPLES = sorted(GOLDEN.glob("*.flow.yaml"))
WRITERS = {"mmd": as_mermaid, "dot": as_dot}


@pytest.mark.parametrize("ending", WRITERS)
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name.removesuffix(".flow.yaml"))
def test_sample_is_drawn_just_so(sample: Path, ending: str):
    expected = GOLDEN / f"{sample.name.removesuffix('.flow.yaml')}.{ending}"

    # The rules of the checker are only of interest where the sample is about them.
    written = WRITERS[ending](drawn(sample.read_bytes(), with_problems=sample.name.startswith("broken")))

    if os.environ.get("UPDATE_GOLDEN"):
        expected.write_text(written, encoding="utf-8")
    assert written == expected.read_text(encoding="utf-8")
