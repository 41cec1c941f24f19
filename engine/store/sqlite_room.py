"""What is deleted in an SQLite file, and the room that it took: gone from the disk, given back to the system."""

from __future__ import annotations

import sqlite3

_MOST_PAGES = 1000  # given back at once: 4 MB, some milliseconds


def fold_back(connection: sqlite3.Connection) -> None:
    """
    Fold the WAL back into the database and empty it: no page of before is left in it. Outside of any transaction.

    Where somebody reads just now it stays as it is, and goes the next time: calls must not wait for readers.
    """
    (busy_ms,) = connection.execute("pragma busy_timeout").fetchone()
    connection.execute("pragma busy_timeout = 0")
    try:
        connection.execute("pragma wal_checkpoint(truncate)").fetchone()
    finally:
        connection.execute(f"pragma busy_timeout = {busy_ms}")


def give_back(connection: sqlite3.Connection) -> None:
    """Give free pages back to the system where they are more than a quarter of the file; fewer are used again soon."""
    [(free,)], [(pages,)] = (
        connection.execute(f"pragma {name}").fetchall() for name in ("freelist_count", "page_count")
    )
    if free > pages // 4:
        # As a script: it gives rows without columns, of which `execute` takes the first, and that is one page.
        connection.executescript(f"pragma incremental_vacuum({_MOST_PAGES})")
    fold_back(connection)


def compact(connection: sqlite3.Connection) -> None:
    """Write the file anew, without the gaps in its pages, where rows that moved may have left copies."""
    connection.execute("vacuum")
    fold_back(connection)
