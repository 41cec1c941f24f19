"""Whether the bytes of an SQLite database still hold what was deleted: in the gaps of its pages, or in its WAL."""

from __future__ import annotations

from pathlib import Path

from engine.errors import StoreUnavailable

_PIECE = 1 << 20


def holds(path: Path, text: str) -> bool:
    """
    Tell whether the database at *path*, its WAL included, holds the bytes of *text* anywhere.

    Only for a process that has no connection to it: closing the file would take SQLite's locks away (sqlite.org,
    "How To Corrupt An SQLite Database File", 2.2).

    Raises:
        StoreUnavailable: a file cannot be read.
    """
    files = (path, path.with_name(f"{path.name}-wal"))
    try:
        return any(_is_in(file, text.encode()) for file in files if file.exists())
    except OSError as error:
        raise StoreUnavailable(f"the database {path} cannot be read ({error.strerror})") from error


def _is_in(file: Path, wanted: bytes) -> bool:
    tail = b""
    with file.open("rb") as stream:
        while piece := stream.read(_PIECE):
            if wanted in tail + piece:
                return True
            tail = piece[-len(wanted) :]
    return False
