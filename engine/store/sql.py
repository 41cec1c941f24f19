"""The named statements and the numbered migrations of each database, as they ship with this package."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from engine.errors import StoreError, StoreTooNew

_NAMED = re.compile(r"^-- name: (\w+)\n(.*?);\s*$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Migration:
    """One step from an older shape of the database to a newer one."""

    number: int
    name: str
    script: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.script.encode()).hexdigest()


@functools.cache
def queries(name: str = "queries.sql") -> Mapping[str, str]:
    """Return the statements of the file *name*, by name."""
    text = files("engine.store").joinpath(name).read_text(encoding="utf-8")
    return {match[1]: match[2] for match in _NAMED.finditer(text)}


@functools.cache
def migrations(name: str = "migrations") -> tuple[Migration, ...]:
    """Return all migrations of the folder *name* in the order in which they are applied."""
    folder = files("engine.store").joinpath(name)
    scripts = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir() if path.name.endswith(".sql")}
    return tuple(Migration(int(name[:4]), name, scripts[name]) for name in sorted(scripts))


def check_applied(applied: Mapping[int, str], migrations: Sequence[Migration], *, database: str) -> None:
    """
    Say that *database*, which had the migrations *applied* (number to checksum), can be used.

    Raises:
        StoreTooNew, StoreError: another version made it.
    """
    if applied and max(applied) > migrations[-1].number:
        raise StoreTooNew(f"{database} was written by a newer version of ringflow; install that version again")
    for migration in migrations:
        if applied.get(migration.number, migration.checksum) != migration.checksum:
            raise StoreError(
                f"{database} was made with another {migration.name} than this installation has; "
                "install the version of ringflow that made it"
            )
