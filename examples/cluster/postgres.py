"""A PostgreSQL server for a trial: an installed one, with its data in a folder that is thrown away."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
from programs import PATIENCE_S, ClusterFailed, Programs

NAME = "postgresql"


class Postgres:
    """A server on *port* of this machine. As PostgreSQL refuses root, it runs as another user then."""

    def __init__(self, programs: Programs, binaries: Path, folder: Path, port: int) -> None:
        self.url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        self._programs = programs
        self._binaries = binaries
        self._data = folder / "data"
        self._port = port
        self._as: dict[str, Any] = {"cwd": "/", "stdout": asyncio.subprocess.DEVNULL}
        if os.geteuid() == 0:
            user = _another_user()
            os.chown(folder, user.pw_uid, user.pw_gid)
            self._as |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": ()}

    async def make(self) -> None:
        options = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        await self._programs.start("initdb", self._binaries / "initdb", "-D", self._data, *options, **self._as)
        if await self._programs.ended("initdb"):
            raise ClusterFailed(f"PostgreSQL made no database: {self._programs.last_words('initdb')}")

    async def start(self) -> None:
        """Start it, and return when it takes connections."""
        where = ("-p", str(self._port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=")
        await self._programs.start(NAME, self._binaries / "postgres", "-D", self._data, *where, **self._as)
        async with asyncio.timeout(PATIENCE_S):
            while not await self._takes_connections():  # noqa: ASYNC110
                await asyncio.sleep(0.1)

    async def stop(self) -> None:
        """Stop it at once, whoever is connected."""
        self._programs.signal(NAME, signal.SIGINT)
        await self._programs.ended(NAME)

    async def _takes_connections(self) -> bool:
        try:
            connection = await asyncpg.connect(self.url, timeout=5)
        except (OSError, asyncpg.PostgresError, TimeoutError):
            return False
        await connection.close()
        return True


@asynccontextmanager
async def postgres(programs: Programs, port: int) -> AsyncIterator[Postgres]:
    """Run a server of our own; it is gone with its data when the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="ringflow-cluster-pg-"))
    server = Postgres(programs, _binaries(), folder, port)
    try:
        await server.make()
        await server.start()
        yield server
    finally:
        await programs.end_all()
        shutil.rmtree(folder, ignore_errors=True)


def _binaries() -> Path:
    """Return the folder of PostgreSQL's programs, the newest that is installed."""
    installed = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if installed:
        return max(installed, key=lambda folder: float(folder.parent.name))
    if on_path := shutil.which("initdb"):
        return Path(on_path).resolve().parent
    raise ClusterFailed(
        "PostgreSQL is not installed here; install it (apt-get install postgresql), or name a database: "
        "--database postgresql://USER:PASSWORD@HOST/NAME"
    )


def _another_user() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise ClusterFailed("PostgreSQL does not run as root, and there is no user postgres or nobody")
