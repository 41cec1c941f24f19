"""Reading a database while a service runs on it or not: its calls and their histories. Nothing is written."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson

from engine.core.change import JournalEntry, Row
from engine.core.names import PLAN, control_key
from engine.errors import StoreError, StoreUnavailable
from engine.ports import PINNED
from engine.store.opening import applied_migrations, explained
from engine.store.rows import unpacked
from engine.store.sql import Migration, migrations, queries

_BUSY_S = 5.0
_BEHIND_ALL = "\U0010ffff"

# The rows of a named statement with these values; every database has the statements that History asks for.
Select = Callable[..., Iterable[Sequence[Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptVersion:
    """A version of the flows in a database. *since*: epoch seconds when it was first loaded; *calls*: those on it."""

    version: str
    since: float | None
    calls: int
    is_latest: bool
    is_pinned: bool


class History:
    """What is stored, as it was when the reading began: one snapshot, whatever a service writes meanwhile."""

    def __init__(self, select: Select) -> None:
        self._select = select

    def calls(self) -> Iterator[Row]:
        """Yield legs and planned calls, the newest first."""
        return (_row(values) for values in self._select("newest_calls"))

    def row(self, run: str) -> Row | None:
        return next((_row(values) for values in self._select("row", run)), None)

    def named(self, name: str, *, limit: int) -> tuple[str, ...]:
        """
        Return the runs that *name* may mean, at most *limit*: a run itself, the beginning of some, a call_control_id.

        Planned calls are found without their ``plan:``.
        """
        if self.row(name) is not None:
            return (name,)
        by_key = [run for (run,) in self._select("run_by_key", control_key(name))]
        if by_key or not name:
            return tuple(by_key)
        beginnings = (name, f"{PLAN}{name}")
        return tuple(
            run
            for beginning in beginnings
            for (run,) in self._select("runs_from", beginning, beginning + _BEHIND_ALL, limit)
        )[:limit]

    def rung_by(self, run: str, *, limit: int) -> tuple[Row, ...]:
        """Return the legs that *run* rang, the first first."""
        return tuple(_row(values) for values in self._select("rung_by", run, run, limit))

    def journal(self, run: str, *, limit: int) -> tuple[JournalEntry, ...]:
        """Return the history of *run*, the oldest line first."""
        return tuple(
            JournalEntry(run=run, at=at, kind=kind, record=orjson.loads(record))
            for run, at, kind, record in self._select("run_journal", run, limit)
        )

    def files(self, version: str) -> Mapping[str, bytes] | None:
        """Return the flows folder of *version*; None where it is not kept any more."""
        return next((unpacked(packed) for (packed,) in self._select("version_files", version)), None)

    def versions(self) -> tuple[KeptVersion, ...]:
        """Return the kept versions of the flows, the latest first."""
        pinned = next((value for (value,) in self._select("note", PINNED)), "")
        return tuple(
            KeptVersion(version=version, since=since, calls=calls, is_latest=number == 0, is_pinned=version == pinned)
            for number, (version, since, calls) in enumerate(self._select("kept_versions"))
        )


@contextmanager
def read_history(path: str | Path) -> Iterator[History]:
    """
    Give what is stored at *path* to read, without the lock of the service.

    Raises:
        StoreUnavailable, StoreTooNew, StoreError: there is no such database, or it cannot be read; the message says
            what to do.
    """
    file = Path(path)
    if not file.exists():
        raise StoreUnavailable(f"there is no database {file}; set RINGFLOW_DATABASE as the service has it")
    try:
        place = f"file:{quote(str(file.absolute()))}?mode=ro"
        with closing(sqlite3.connect(place, uri=True, timeout=_BUSY_S, isolation_level=None)) as connection:
            connection.execute("begin")
            require_current(applied_migrations(connection, file, migrations()), migrations(), f"the database {file}")
            yield History(lambda query, *values: connection.execute(queries()[query], values))
    except sqlite3.Error as error:
        raise explained(file, error) from error


def require_current(applied: Collection[int], migrations: Collection[Migration], database: str) -> None:
    """Raises StoreUnavailable, StoreError: *database* has no tables, or lacks some of *migrations*."""
    if not applied:
        raise StoreUnavailable(f"{database} is empty; set RINGFLOW_DATABASE as the service has it")
    if len(applied) < len(migrations):
        raise StoreError(f"{database} is of an older version of ringflow; start ringflow serve once")


def _row(values: Sequence[Any]) -> Row:
    run, ver, state, version, ended_at = values
    return Row(run=run, ver=ver, state=state, version=version, ended_at=ended_at)
