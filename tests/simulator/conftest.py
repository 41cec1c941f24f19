from __future__ import annotations

from typing import Any

import pytest
from simulated_line import Line

from engine.simulator.options import Options


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def line_with():
    """Makes a line whose Telnyx behaves differently."""

    def make(seed: int = 1, **options: Any) -> Line:
        return Line(Options(**options), seed=seed)

    return make
