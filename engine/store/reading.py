"""Reading an SQLite database while a service runs on it or not: its calls and their histories. Nothing is written."""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson

from engine.core.change import JournalEntry, Row
from engine.core.names import PLAN, control_key
from engine.errors import StoreUnavailable
from engine.store.opening import applied_migrations, explained
from engine.store.sql import migrations, queries

_BUSY_S = 5.0
_BEHIND_ALL = "\U0010ffff"


class History:
    """What is stored, as it was when the reading began: one snapshot, whatever a service writes meanwhile."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

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
        found = next(iter(self._select("version_files", version)), None)
        if found is None:
            return None
        return {name: base64.b64decode(text) for name, text in orjson.loads(found[0]).items()}

    def _select(self, query: str, *values: Any) -> sqlite3.Cursor:
        return self._connection.execute(queries()[query], values)


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
            if not applied_migrations(connection, file, migrations()):
                raise StoreUnavailable(f"the database {file} is empty; set RINGFLOW_DATABASE as the service has it")
            yield History(connection)
    except sqlite3.Error as error:
        raise explained(file, error) from error


def _row(values: tuple[Any, ...]) -> Row:
    run, ver, state, version, ended_at = values
    return Row(run=run, ver=ver, state=state, version=version, ended_at=ended_at)
