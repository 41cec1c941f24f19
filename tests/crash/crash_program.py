"""Runs the laboratory as a program of its own, for its time is not that of the tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

_LABORATORY = Path(__file__).resolve().parent / "laboratory.py"
_SCALE = 15


def counted(*arguments: object, within_s: float = 150) -> dict[str, Any]:
    """Return the laboratory's report as JSON, with what it told on the way as ``log``."""
    done = subprocess.run(
        [sys.executable, str(_LABORATORY), "--json", *map(str, arguments)],
        env=os.environ | {"CRASH_SCALE": str(_SCALE)},
        capture_output=True, text=True, check=False, timeout=within_s,
    )  # fmt: skip
    assert done.stdout, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report | {"log": done.stderr}
