"""Time that nobody sets: for leases and timers."""

from __future__ import annotations

import time


def steady_s() -> float:
    """Return seconds that count steadily, also while the machine is suspended where the system can tell."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()
