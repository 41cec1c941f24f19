"""The named statements of ``queries.sql`` and the numbered migrations, as they ship with this package."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

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
def queries() -> Mapping[str, str]:
    """Return the statements of ``queries.sql`` by name."""
    text = files("engine.store").joinpath("queries.sql").read_text(encoding="utf-8")
    return {match[1]: match[2] for match in _NAMED.finditer(text)}


@functools.cache
def migrations() -> tuple[Migration, ...]:
    """Return all migrations in the order in which they are applied."""
    folder = files("engine.store").joinpath("migrations")
    scripts = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir() if path.name.endswith(".sql")}
    return tuple(Migration(int(name[:4]), name, scripts[name]) for name in sorted(scripts))
