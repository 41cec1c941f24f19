"""A copy of the database while the service runs: whole, checked, and for its owner only."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from engine.errors import CommandRefused, StoreDamaged, StoreUnavailable
from engine.store.looking import Facts, facts_of, read_only, require_database
from engine.store.opening import DAMAGED, explained

_BESIDE = ("-wal", "-shm", "-journal", ".lock", ".sock")  # what a service has beside its database


def back_up(path: Path, target: Path, *, may_replace: bool = False) -> Facts:
    """
    Write a copy of the database at *path*, as of one moment, to *target*; return what the copy holds.

    It gets its name only once it is on the disk and was checked: whatever goes wrong, *target* is what it was before.
    The service goes on meanwhile.

    Raises:
        CommandRefused: *target* exists and *may_replace* is False, or it belongs to a database in use.
        StoreDamaged: the database is damaged; an older backup is worth more.
        StoreError: the database cannot be read, or the copy not be written.
    """
    _refuse_to_harm(path, target, may_replace)
    try:
        number, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)  # with mode 0600
    except OSError as error:
        raise StoreUnavailable(f"the backup {target} cannot be written ({error.strerror})") from error
    os.close(number)
    copy = Path(name)
    try:
        _copy(path, copy, target)
        facts = facts_of(copy)
        if facts.problems:
            raise StoreDamaged(f"no backup was written, for the database {path} {DAMAGED}")
        _refuse_to_harm(path, target, may_replace)
        copy.replace(target)
        _sync(target.parent)
    finally:
        copy.unlink(missing_ok=True)
    return replace(facts, bytes=target.stat().st_size)


def _refuse_to_harm(path: Path, target: Path, may_replace: bool) -> None:
    require_database(path)
    if not target.parent.is_dir():
        raise CommandRefused(f"there is no folder {target.parent}; make it first")
    if target.is_dir():
        raise CommandRefused(f"{target} is a folder; name a file in it, such as {target / 'backup.db'}")
    if target.exists() and target.samefile(path):
        raise CommandRefused(f"{target} is the database itself; name another file for the backup")
    if target.parent.samefile(path.parent) and target.name in {f"{path.name}{ending}" for ending in _BESIDE}:
        raise CommandRefused(f"{target} belongs to the database itself; name another file for the backup")
    beside = target.with_name(f"{target.name}-wal")
    if beside.exists():
        raise CommandRefused(f"{beside} is there, so {target} is a database in use; choose another name")
    if target.exists() and not may_replace:
        raise CommandRefused(f"{target} exists already; choose another name, or add --force to replace it")


def _copy(path: Path, copy: Path, target: Path) -> None:
    """Copy all pages in one go: a service that writes meanwhile would make SQLite begin again and again."""
    with read_only(path) as source, closing(sqlite3.connect(copy, isolation_level=None)) as written:
        try:
            source.backup(written)
            written.execute("pragma journal_mode = delete")  # one file, whole by itself
        except sqlite3.Error as error:
            raise explained(target, error) from error
    _sync(copy)


def _sync(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
