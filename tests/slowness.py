"""How busy this machine is, for tests that promise a time."""

from __future__ import annotations

import time

_LOOP_S = 0.2  # three million additions by CPython 3.11 at some 3 GHz


def slowness() -> float:
    """Return how many times as long as on an idle machine of the usual kind things take right now, at least 1."""
    began = time.process_time()
    number = 0
    for step in range(3_000_000):
        number += step
    return max(1.0, (time.process_time() - began) / _LOOP_S)
