"""Opening an SQLite database: the lock against a second service, file modes, migrations, errors in plain words."""

from __future__ import annotations

import errno
import fcntl
import os
import sqlite3
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from engine.errors import DefectError, RingflowError, StoreDamaged, StoreLocked, StoreUnavailable
from engine.store.sql import Migration, check_applied

_LOCK_POLL_S = 0.05
_BUSY_S = 1.0  # how long another program, such as a backup, may hold the file before a statement fails

_CHECK_S = 1.0  # of each start: 300 MB that the system has in memory; whoever calls meanwhile is heard at the retry
DAMAGED = "is damaged; restore it from a backup, as docs/operating.md says under 'A damaged database'"

_FULL = "cannot grow because the disk is full; free some space"
_REASONS = {
    sqlite3.SQLITE_BUSY: "is held by another program; close whatever else has opened it",
    sqlite3.SQLITE_LOCKED: "is held by another program; close whatever else has opened it",
    sqlite3.SQLITE_READONLY: "cannot be written; check the rights of the file and of its folder",
    sqlite3.SQLITE_PERM: "cannot be written; check the rights of the file and of its folder",
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR_SHMSIZE: _FULL,  # at a start: the file for the index of the WAL
    sqlite3.SQLITE_IOERR: "cannot be read or written because the disk reports an error; check the disk",
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: "is not a database, or is damaged; restore it from a backup or choose another file",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; check that its folder exists and that this user may write there",
}
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


# The database is well: what was to be written cannot be. Trying again later would not help.
_OUR_FAULT = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError, sqlite3.DataError)


def explained(path: Path, error: sqlite3.Error) -> RingflowError:
    """
    Return *error* as a sentence about the database at *path*.

    It is StoreDamaged or StoreUnavailable, and DefectError where the fault is ours.
    """
    if isinstance(error, _OUR_FAULT):
        return DefectError(f"the database {path} cannot take what was to be written ({error})")
    code = getattr(error, "sqlite_errorcode", None)
    reason = _REASONS.get(code) or _REASONS.get(code & 0xFF) if code is not None else None
    kind = StoreDamaged if code is not None and code & 0xFF in _DAMAGE else StoreUnavailable
    return kind(f"the database {path} {reason or f'failed ({error})'}")


def take_lock(path: Path, *, wait_s: float) -> int:
    """
    Take the lock beside the database at *path* and return its file descriptor; closing it lets go.

    Raises:
        StoreLocked: another service still holds it after *wait_s* seconds.
        StoreUnavailable: the folder does not exist or may not be written.
    """
    file = _open_private(path.with_name(path.name + ".lock"), database=path)
    deadline = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if not isinstance(error, BlockingIOError):
                os.close(file)
                raise StoreUnavailable(f"the database {path} cannot be locked ({error.strerror})") from error
            if time.monotonic() >= deadline:
                os.close(file)
                raise StoreLocked(
                    f"another ringflow service uses the database {path}; stop it, or set RINGFLOW_DATABASE to "
                    "another file"
                ) from None
            time.sleep(_LOCK_POLL_S)
        else:
            return file


def connect(path: Path, migrations: Sequence[Migration]) -> sqlite3.Connection:
    """
    Return a connection to the database at *path*, created and migrated where needed, readable by its owner only.

    Raises:
        StoreTooNew, StoreUnavailable, StoreDamaged (found within a second; ``ringflow db check`` looks at all of it).
    """
    os.close(_open_private(path, database=path))  # before SQLite does: its WAL gets the mode of the file
    connection: sqlite3.Connection | None = None
    try:
        connection = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
        connection.execute("pragma auto_vacuum = incremental")  # of a new file; one that has tables stays as it is
        connection.execute("pragma secure_delete = on")  # what is deleted is overwritten
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = full")
        _look_for_damage(connection, path)
        _migrate(connection, path, migrations)
    except BaseException as error:
        if connection is not None:
            connection.close()
        if isinstance(error, sqlite3.Error):
            raise explained(path, error) from error
        raise
    return connection


def _look_for_damage(connection: sqlite3.Connection, path: Path) -> None:
    """Raises StoreDamaged for what a short look finds."""
    is_over = threading.Event()

    def end() -> None:
        is_over.set()
        connection.interrupt()  # SQLite before 3.41 asks no progress handler meanwhile (measured with 3.40)

    timer = threading.Timer(_CHECK_S, end)
    timer.start()
    try:
        (found,) = connection.execute("pragma quick_check(1)").fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        found = "ok"
    finally:
        timer.cancel()
        timer.join()  # or it would interrupt what comes next
    if found != "ok" and not is_over.is_set():  # half a look may find what is not so
        raise StoreDamaged(f"the database {path} {DAMAGED}")


def _open_private(path: Path, *, database: Path) -> int:
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreUnavailable(f"the database {database} {why_not(error)}") from error
    with suppress(OSError):  # someone else's file: theirs to close up
        os.fchmod(file, 0o600)
    return file


def why_not(error: OSError) -> str:
    """Return why a database or its lock cannot be opened, as the end of a sentence."""
    if error.errno == errno.ENOENT:
        return "cannot be created because its folder does not exist; create the folder or set RINGFLOW_DATABASE"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "cannot be written; check the rights of the file and of its folder"
    if error.errno == errno.ENOSPC:
        return "cannot be created because the disk is full; free some space"
    return f"cannot be opened ({error.strerror})"


def applied_migrations(connection: sqlite3.Connection, path: Path, migrations: Sequence[Migration]) -> frozenset[int]:
    """
    Return the numbers of the migrations that the database has; nothing is written.

    Raises:
        StoreUnavailable, StoreTooNew, StoreError: another program or another version made it.
    """
    tables = {name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")}
    if not tables:
        return frozenset()
    if "migrations" not in tables:
        raise StoreUnavailable(f"the database {path} belongs to another program; set RINGFLOW_DATABASE to another file")
    applied = dict(connection.execute("select number, checksum from migrations"))
    check_applied(applied, migrations, database=f"the database {path}")
    return frozenset(applied)


def _migrate(connection: sqlite3.Connection, path: Path, migrations: Sequence[Migration]) -> None:
    applied = applied_migrations(connection, path, migrations)
    connection.execute("create table if not exists migrations (number integer primary key, name text, checksum text)")
    for migration in migrations:
        if migration.number not in applied:
            _apply(connection, migration)


def _apply(connection: sqlite3.Connection, migration: Migration) -> None:
    """Apply one migration and note it, in one transaction."""
    note = f"insert into migrations values ({migration.number}, '{migration.name}', '{migration.checksum}');"
    try:
        connection.executescript(f"begin immediate;\n{migration.script}\n{note}\ncommit;")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.rollback()
        raise
