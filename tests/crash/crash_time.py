"""
Time that runs SCALE times as fast, for a whole process: every limit written in seconds shrinks together, unchanged.

Import it before anything that asks for the time. The clocks of the module ``time`` are replaced, so that asyncio,
aiohttp, asyncpg and the engine all live in the fast time; the event loop then waits SCALE times shorter than it was
told. All processes of a laboratory share ANCHOR, so that they agree on what time it is. Only ``time.sleep``, what
threads wait for and PostgreSQL's own clock stay real.
"""

from __future__ import annotations

import asyncio
import os
import selectors
import time
from collections.abc import Coroutine
from typing import Any

REAL_MONOTONIC = time.monotonic
REAL_SLEEP = time.sleep
_REAL_TIME = time.time
_REAL_GETTIME = time.clock_gettime

SCALE = float(os.environ.get("CRASH_SCALE", "10"))
ANCHOR = float(os.environ.get("CRASH_ANCHOR") or _REAL_TIME())  # epoch seconds at which both times are the same


def quicken() -> None:
    """Let this process live in the fast time from now on."""
    time.time = _fast_time
    time.monotonic = _fast_monotonic
    time.clock_gettime = _fast_gettime


def run(main: Coroutine[Any, Any, Any]) -> Any:
    """``asyncio.run`` on a loop that waits in the fast time."""
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(_FastSelector())) as runner:
        return runner.run(main)


class _FastSelector(selectors.DefaultSelector):
    """Waits for a SCALE-th of the time that it is asked to."""

    def select(self, timeout: float | None = None) -> list[Any]:
        return super().select(timeout / SCALE if timeout else timeout)


def _fast_time() -> float:
    return ANCHOR + (_REAL_TIME() - ANCHOR) * SCALE


def _fast_monotonic() -> float:
    return REAL_MONOTONIC() * SCALE


def _fast_gettime(clock: int) -> float:
    return _fast_time() if clock == time.CLOCK_REALTIME else _REAL_GETTIME(clock) * SCALE
