"""What a benchmark needs around it: a folder, a database of either kind, the stand-in and the engine."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench_calls import FLOW
from bench_child import ROOT, Child, child

from engine.simulator.signing import Signer

sys.path.insert(0, str(ROOT / "tests"))  # the tests are no package
from postgres_server import PostgresServer, programs

STORES = ("sqlite", "postgresql")
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@dataclass(slots=True)
class Stage:
    """Makes databases; *postgres* is started when it is first needed."""

    folder: Path
    postgres: PostgresServer | None = None
    _numbers: Iterator[int] = field(default_factory=lambda: iter(range(10**6)))

    async def database(self, store: str) -> str:
        """Return the address of a new, empty database."""
        if store == "sqlite":
            return f"sqlite:///{self.folder}/{next(self._numbers)}.db"
        if self.postgres is None:
            self.postgres = await asyncio.to_thread(PostgresServer, postgres_programs(), fsync="on")
        return await self.postgres.new_database()

    @asynccontextmanager
    async def engine(self, database: str, telnyx: Child, *, watches: bool = False, cpu: int | None = None):
        environ = {
            "TELNYX_API_KEY": "KEY_OF_THE_BENCHMARK",
            "TELNYX_PUBLIC_KEY": Signer().public_key,
            "TELNYX_API_URL": f"http://127.0.0.1:{telnyx.port}/v2",
            "RINGFLOW_FLOWS": str(self.folder / "flows"),
            "RINGFLOW_DATABASE": database,
            "RINGFLOW_LISTEN": "127.0.0.1:0",
            "RINGFLOW_ADMIN_LISTEN": f"unix:{self.folder}/{next(self._numbers)}.sock",
            "RINGFLOW_LOG_LEVEL": "error",
        }
        async with child("bench_engine.py", "watch" if watches else "-", environ=environ, cpu=cpu) as engine:
            yield engine


@contextmanager
def stage() -> Iterator[Stage]:
    """A folder of its own on this disk, away when the block ends."""
    with tempfile.TemporaryDirectory(prefix="ringflow-bench-") as name:
        made = Stage(Path(name))
        (made.folder / "flows").mkdir()
        (made.folder / "flows" / "bench.flow.yaml").write_text(FLOW)
        try:
            yield made
        finally:
            if made.postgres is not None:
                made.postgres.remove()


def postgres_programs() -> Path:
    found = programs()
    if found is None:
        raise SystemExit("there is no PostgreSQL here: apt-get install postgresql, or give --stores sqlite")
    return found


def two_processors() -> tuple[int | None, int | None]:
    """Return a processor for the server and one for everything else, where there are two."""
    usable = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return (usable[0], usable[1]) if len(usable) > 1 else (None, None)
