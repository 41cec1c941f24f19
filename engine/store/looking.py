"""Looking at an SQLite database without changing it: would a service open it, is it sound, what does it hold?"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from engine.errors import StoreDamaged, StoreUnavailable
from engine.store.opening import applied_migrations, explained, why_not
from engine.store.sql import migrations, queries

COUNTS = ("calls", "commands", "timers", "journal")  # calls under way, commands without an outcome, rows
_MOST_PROBLEMS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """
    What a database holds. *problems* are SQLite's own sentences about damage, none when it is sound.

    *counts* has the names of COUNTS; it is empty, and *schema* None, where damage keeps them from being read. *bytes*
    counts the file and its WAL.
    """

    schema: int | None
    bytes: int
    problems: tuple[str, ...]
    counts: Mapping[str, int]


def look_at(path: str | Path) -> bool:
    """
    Return True when a service can use the database at *path*, False when it would make it there.

    Raises:
        StoreUnavailable, StoreTooNew, StoreError: it cannot, and the message says what to do.
    """
    file = Path(path)
    if not file.parent.is_dir():
        raise _unusable(file, errno.ENOENT)
    if not os.access(file.parent, os.W_OK) or (file.exists() and not os.access(file, os.R_OK | os.W_OK)):
        raise _unusable(file, errno.EACCES)
    if not file.exists():
        return False
    with read_only(file) as found:
        applied_migrations(found, file, migrations())
    return True


def facts_of(path: Path) -> Facts:
    """
    Return what the database at *path* holds, all of it checked: seconds for some hundred megabytes.

    Raises:
        StoreError: it cannot be opened, or another program or version made it.
    """
    try:
        with read_only(path) as found:
            schema = max(applied_migrations(found, path, migrations()), default=0)
            problems = _problems(found)
            counts = {} if problems else {name: _count(found, name) for name in COUNTS}
    except StoreDamaged as error:  # not even its beginning can be read
        schema, problems, counts = None, (str(error),), {}
    return Facts(schema=schema, bytes=_size(path), problems=problems, counts=counts)


def require_database(path: Path) -> None:
    """Raises StoreUnavailable when there is no file at *path*; a typing error is not to make one."""
    if not path.exists():
        raise StoreUnavailable(f"there is no database {path}; set RINGFLOW_DATABASE as the service has it")


@contextmanager
def read_only(path: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection that cannot write, and turn its errors into sentences about the database at *path*."""
    require_database(path)
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True, timeout=1.0)) as found:
            yield found
    except sqlite3.Error as error:
        raise explained(path, error) from error


def _count(found: sqlite3.Connection, name: str) -> int:
    return int(found.execute(queries()[f"count_{name}"]).fetchone()[0])


def _problems(found: sqlite3.Connection) -> tuple[str, ...]:
    try:
        rows = found.execute(f"pragma integrity_check({_MOST_PROBLEMS})").fetchall()
    except sqlite3.DatabaseError as error:
        return (str(error),)
    lines = [line for (text,) in rows for line in text.splitlines()]  # older SQLite: all in one row, under a head
    return tuple(line for line in lines if line != "ok" and not line.startswith("***"))


def _size(path: Path) -> int:
    files = (path, path.with_name(f"{path.name}-wal"))
    return sum(file.stat().st_size for file in files if file.exists())


def _unusable(file: Path, number: int) -> StoreUnavailable:
    return StoreUnavailable(f"the database {file} {why_not(OSError(number, os.strerror(number)))}")
