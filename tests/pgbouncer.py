"""A PgBouncer for tests: the real program, in front of a real PostgreSQL."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from postgres_server import another_user

_STARTS_WITHIN_S = 10
# What it would refuse of a client unless told to drop it.
_DROPPED = "search_path,synchronous_commit,default_transaction_isolation,extra_float_digits,jit,tcp_keepalives_idle,"
_DROPPED += "tcp_keepalives_interval,tcp_keepalives_count"


class PgBouncer:
    """One PgBouncer before the server on *target_port*, in *mode* (session, transaction, statement)."""

    def __init__(self, target_port: int, *, mode: str, port: int, drops_settings: bool = False) -> None:
        program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
        if program is None:
            pytest.skip("SKIPPED: the tests of poolers need PgBouncer; on Debian and Ubuntu: apt-get install pgbouncer")
        self.port = port
        self._folder = Path(tempfile.mkdtemp(prefix="ringflow-pgbouncer-"))
        own: dict[str, Any] = {}
        if os.geteuid() == 0:  # it refuses root
            user = another_user()
            os.chown(self._folder, user.pw_uid, user.pw_gid)
            own = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": ()}
        settings = {
            "listen_addr": "127.0.0.1", "listen_port": port, "unix_socket_dir": "", "auth_type": "any",
            "pool_mode": mode, "ignore_startup_parameters": _DROPPED if drops_settings else "",
        }  # fmt: skip
        lines = ["[databases]", f"* = host=127.0.0.1 port={target_port} user=postgres", "[pgbouncer]"]
        lines += [f"{name} = {value}" for name, value in settings.items()]
        (self._folder / "pgbouncer.ini").write_text("\n".join(lines))
        self._process = subprocess.Popen(
            [program, self._folder / "pgbouncer.ini"],
            cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **own,
        )  # fmt: skip
        self._wait()

    def __enter__(self) -> PgBouncer:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait(10)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _wait(self) -> None:
        deadline = time.monotonic() + _STARTS_WITHIN_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("PgBouncer did not start") from None
                time.sleep(0.02)
