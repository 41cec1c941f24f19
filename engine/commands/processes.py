"""Runs scenarios in this process, and in several where there is so much to do that starting them pays."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from math import ceil
from multiprocessing import get_context, parent_process
from time import perf_counter, process_time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.scenario.bench import Bench, Material, Work
    from engine.scenario.report import Result

_START_S = 1.0  # until a new process has imported ringflow and read the folder (measured: 0.6 to 0.9 s)
_SAMPLE_S = 0.3  # how long to look before the rest is estimated
_PORTION = 10  # scenarios that a process gets at once: few, so that all end together, and soon after Ctrl-C


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_all(works: Sequence[Work], bench: Bench, material: Material, *, jobs: int | None) -> list[Result]:
    """
    Return the results of *works* in their order, whatever finishes first.

    *jobs* is the number of processes; None: as many as there are processors, where that is quicker than this one.
    """
    if jobs is not None and jobs > 1:
        return _run_in_processes(works, material, jobs)
    results: list[Result] = []
    began = process_time()
    for done, work in enumerate(works):
        count = 1 if jobs else worthwhile(process_time() - began, done, len(works) - done)
        if count > 1:
            return results + _run_in_processes(works[done:], material, count)
        results.append(_timed(bench, work))
    return results


def worthwhile(spent_s: float, done: int, left: int) -> int:
    """Return how many processes should do what is left, 1 where this one is as quick; times are of CPU."""
    if spent_s < _SAMPLE_S:
        return 1
    left_s = spent_s / done * left
    return max(1, min(processors(), int(left_s / _START_S)))


def _run_in_processes(works: Sequence[Work], material: Material, count: int) -> list[Result]:
    # "spawn": a copy of this process ("fork") may take over locks that nobody would open again.
    pool = ProcessPoolExecutor(count, get_context("spawn"), _begin_process, (material,))
    try:
        with _ctrl_c_for_us_alone():
            results = pool.map(_run_in_process, works, chunksize=_portion(works, count))
        return list(results)
    finally:
        pool.shutdown(cancel_futures=True)


def _portion(works: Sequence[Work], count: int) -> int:
    """Return how many scenarios a process gets at once; one with its faults is as much work as a hundred without."""
    return 1 if any(work.with_faults for work in works) else min(_PORTION, ceil(len(works) / count)) or 1


@contextmanager
def _ctrl_c_for_us_alone() -> Iterator[None]:
    """Let the processes that begin meanwhile never see Ctrl-C; here it is only put off. Windows has no such thing."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _timed(bench: Bench, work: Work) -> Result:
    began = perf_counter()
    result = bench.run(work)
    return replace(result, seconds=perf_counter() - began)


# -- in the other processes ------------------------------------------------------------------------------------

_bench: Bench


def _begin_process(material: Material) -> None:
    """Make the bench of this process, which ends when the one that began it has gone."""
    global _bench
    from engine.scenario.bench import Bench

    threading.Thread(target=_end_with_parent, daemon=True).start()
    _bench = Bench(material)


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _run_in_process(work: Work) -> Result:
    return _timed(_bench, work)
