"""One thread with one SQLite connection; writes that queue while a commit runs share the next commit."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from engine.errors import RingflowError, StoreDamaged, StoreUnavailable
from engine.store.opening import explained
from engine.store.sqlite_room import fold_back

T = TypeVar("T")
_IDLE_S = 1.0  # after this long without work the WAL is folded back into the database
_GAP_S = 0.002  # after so long, once there is something to fold back
_FOLD_COMMITS = 100  # some 900 pages, which take 5 ms; 4,000 of them take 20 ms, and a webhook may come meanwhile
_AUTO_CHECKPOINT_PAGES = 4000  # 16 MB: under constant load the WAL is folded back in passing


@dataclass(eq=False, slots=True)
class _Job:
    work: Callable[[sqlite3.Connection], Any]
    is_write: bool
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None


class Writer:
    """
    The only user of *connection*, which it closes in the end.

    Work is a function of the connection. Reads see all that was committed before them; each write is undone alone
    when it raises, and answered only once it is on the disk. Once the file turns out to be damaged nothing is written
    any more: that would do more damage.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[list[_Job] | None] = SimpleQueue()
        self._fresh: list[_Job] = []
        self._thread = threading.Thread(target=self._run, name="ringflow-store", daemon=True)
        self._is_closed = False
        self._damage: StoreDamaged | None = None
        self._file = path.stat()
        self._unfolded = 0  # commits that are in the WAL only
        self._is_dirty = False  # the WAL has not been emptied since the last commit
        connection.execute(f"pragma wal_autocheckpoint = {_AUTO_CHECKPOINT_PAGES}")
        self._thread.start()

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Return what *work* returns. Raises StoreUnavailable, and DefectError where *work* is at fault."""
        return await self._put(work, is_write=False)

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Return what *work* returns, once it is durable. Raises as ``read`` does: nothing of it was written."""
        return await self._put(work, is_write=True)

    async def alone(self, work: Callable[[sqlite3.Connection], None]) -> None:
        """Do *work* between two commits, outside of any transaction. Raises as ``read`` does."""
        if self._damage is not None:
            raise self._damage
        await self._put(work, is_write=False)

    async def close(self) -> None:
        """Finish what is queued, then close the connection."""
        if not self._is_closed:
            self._is_closed = True
            self._hand_over()
            self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    async def _put(self, work: Callable[[sqlite3.Connection], T], *, is_write: bool) -> T:
        if self._is_closed:
            raise StoreUnavailable(f"the database {self._path} is closed")
        future: asyncio.Future[T] = self._loop.create_future()
        self._fresh.append(_Job(work, is_write, future))
        if len(self._fresh) == 1:
            self._loop.call_soon(self._hand_over)
        return await future

    def _hand_over(self) -> None:
        """Give the thread all work of one turn of the loop at once: waking it is dearer than most of the work."""
        if self._fresh:
            self._queue.put(self._fresh)
            self._fresh = []

    # -- in the thread ----------------------------------------------------------------------------------------

    def _run(self) -> None:
        is_open = True
        while is_open:
            try:
                jobs, is_open = self._next_jobs()
            except Empty:
                self._fold()
                continue
            reads = [job for job in jobs if not job.is_write]
            writes = [job for job in jobs if job.is_write]
            for job in reads:
                self._do(job)
            self._answer(reads)
            if writes:
                problem = self._damage or self._misplaced()
                for job in writes:
                    job.error = problem
                if problem is None:
                    self._commit(writes)
                    self._unfolded += 1
                    self._is_dirty = True
                self._answer(writes)
        self._connection.close()

    def _next_jobs(self) -> tuple[list[_Job], bool]:
        """Return all that is queued, and whether more may come. Raises Empty after a while without work."""
        jobs: list[_Job] = []
        batch = self._queue.get(timeout=_GAP_S if self._unfolded >= _FOLD_COMMITS else _IDLE_S)
        with suppress(Empty):
            while batch is not None:
                jobs += batch
                batch = self._queue.get_nowait()
        return jobs, batch is not None

    def _fold(self) -> None:
        """Fold the WAL back into the database while nobody waits; in a longer pause it is emptied, too."""
        with suppress(sqlite3.Error):
            if self._unfolded >= _FOLD_COMMITS:
                self._connection.execute("pragma wal_checkpoint(passive)")
            elif self._is_dirty:
                self._is_dirty = False
                fold_back(self._connection)
        self._unfolded = 0

    def _do(self, job: _Job) -> None:
        try:
            job.result = job.work(self._connection)
        except sqlite3.Error as error:
            job.error = self._explained(error)
        except Exception as error:
            job.error = error

    def _commit(self, jobs: Sequence[_Job]) -> None:
        """Do *jobs* in one transaction; one that raises is undone alone."""
        connection = self._connection
        try:
            connection.execute("begin immediate")
            for job in jobs:
                connection.execute("savepoint job")
                self._do(job)
                if job.error is not None:
                    connection.execute("rollback to job")  # fails where SQLite undid all: then nobody is committed
                connection.execute("release job")
            connection.execute("commit")
        except sqlite3.Error as error:
            for job in jobs:
                job.error = job.error or self._explained(error)
            with suppress(sqlite3.Error):
                if connection.in_transaction:
                    connection.execute("rollback")

    def _misplaced(self) -> StoreUnavailable | None:
        """Return what to say when the file has lost its name: the next start would not find what is written into it."""
        with suppress(OSError):
            if os.path.samestat(self._file, self._path.stat()):
                return None
        return StoreUnavailable(
            f"the database {self._path} was moved, deleted or replaced; put it back, or restart the service"
        )

    def _explained(self, error: sqlite3.Error) -> RingflowError:
        problem = explained(self._path, error)
        if isinstance(problem, StoreDamaged):
            self._damage = problem
        return problem

    def _answer(self, jobs: Sequence[_Job]) -> None:
        if jobs:
            with suppress(RuntimeError):  # the event loop is gone, and with it everybody who waits
                self._loop.call_soon_threadsafe(_resolve, jobs)


def _resolve(jobs: Sequence[_Job]) -> None:
    for job in jobs:
        if job.future.done():
            continue
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.result)
