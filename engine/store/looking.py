"""Looking at an SQLite database without changing it: would a service open it?"""

from __future__ import annotations

import errno
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from engine.errors import StoreUnavailable
from engine.store.opening import applied_migrations, explained, why_not
from engine.store.sql import migrations


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
    try:
        with closing(sqlite3.connect(f"file:{quote(str(file.absolute()))}?mode=ro", uri=True, timeout=1.0)) as found:
            applied_migrations(found, file, migrations())
    except sqlite3.Error as error:
        raise explained(file, error) from error
    return True


def _unusable(file: Path, number: int) -> StoreUnavailable:
    return StoreUnavailable(f"the database {file} {why_not(OSError(number, os.strerror(number)))}")
