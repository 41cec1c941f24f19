"""
The engines of a laboratory: one process gets everything ready, and is copied for each engine that is to begin.

So an engine serves within milliseconds, as it must where time runs fast. Started with the path of a Unix socket, it
copies itself for each connection to it, and the copy is told there, one line each: ``go PORT SOCKET LIFE LOG`` begins
to serve; ``arm CHECKPOINT COUNT kill|stop`` ends or stops the process with a signal when that checkpoint is passed for
the COUNT-th time from now on. It answers: pid, ready, stopped, each with the time. The file LIFE gets a line "FROM TO"
for each time in which the process did not run, though it lived: it was stopped, or waited for a processor.
"""

from __future__ import annotations

import functools
import io
import os
import select
import signal
import socket
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, replace

import crash_time

crash_time.quicken()

import httpx  # noqa: E402
from crash_planted import plant  # noqa: E402

from engine import versions  # noqa: E402
from engine.check.run import load  # noqa: E402
from engine.config import Settings  # noqa: E402
from engine.core.flow import Version  # noqa: E402
from engine.flows_folder import read_folder  # noqa: E402
from engine.service import serve  # noqa: E402
from engine.store import postgres  # noqa: E402, F401  (loaded now, not in each copy)
from engine.versions import Files  # noqa: E402

_BEAT_S = 0.005  # real
_TURN_S = 0.005  # real; shorter pauses are a thread's ordinary wait for its turn
_LOCK_WAIT_S = 10.0 + 1.0 * crash_time.SCALE  # as usual, and a real second for what a stopping process works
_SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}


@dataclass
class Orders:
    """What the laboratory tells this process over *line*."""

    line: socket.socket
    armed: str = ""
    left: int = 0
    how: str = ""

    def tell(self, word: str) -> None:
        self.line.sendall(f"{word} {time.time()}\n".encode())

    def listen(self, lines: object) -> None:
        """Read until the laboratory is gone, and this process with it."""
        for line in lines:
            _, name, count, how = line.split()
            self.left, self.how, self.armed = int(count), how, name
        os._exit(1)

    def checkpoint(self, name: str) -> None:
        if name != self.armed:
            return
        self.left -= 1
        if self.left == 0:
            self.armed = ""
            if self.how == "stop":
                self.tell("stopped")
            os.kill(os.getpid(), _SIGNALS[self.how])


def note_stalls(path: str) -> None:
    """Write down how long this process was stopped, or waited for a processor. For ever."""
    with open(path, "a", buffering=1) as life:
        last, waited_s = time.time(), _waited_s()
        while True:
            crash_time.REAL_SLEEP(_BEAT_S)
            now, waits_s = time.time(), _waited_s()
            stopped_s = now - last - (_BEAT_S + _TURN_S) * crash_time.SCALE
            stall_s = min(max(stopped_s, (waits_s - waited_s) * crash_time.SCALE), now - last)
            if stall_s > _TURN_S * crash_time.SCALE:
                life.write(f"{now - stall_s} {now}\n")
            last, waited_s = now, waits_s


def _waited_s() -> float:
    """Return for how long, in real seconds, threads of this process were ready to run and no processor was free."""
    nanoseconds = 0
    for thread in os.listdir("/proc/self/task"):
        with suppress(OSError), open(f"/proc/self/task/{thread}/schedstat") as told:
            nanoseconds += int(told.read().split()[1])
    return nanoseconds / 1e9


def be_an_engine(line: socket.socket, settings: Settings, version: Version, files: Files) -> None:
    orders = Orders(line)
    orders.tell(f"pid {os.getpid()}")
    lines = line.makefile("r")
    _, port, admin, life, log = lines.readline().split()
    os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
    threading.Thread(target=orders.listen, args=(lines,), daemon=True).start()
    threading.Thread(target=note_stalls, args=(life,), daemon=True).start()
    settings = replace(settings, listen=f"127.0.0.1:{port}", admin_listen=f"unix:{admin}")
    crash_time.run(
        serve(
            settings,
            version,
            files,
            checkpoint=orders.checkpoint,
            ready=lambda serving: orders.tell("ready"),
            lock_wait_s=_LOCK_WAIT_S,
        )
    )


def rehearse(settings: Settings, version: Version, files: Files) -> None:
    """Serve for a moment, and keep what a start works out or loads: where time runs fast, that takes too long."""
    httpx.create_ssl_context = functools.cache(httpx.create_ssl_context)
    compiled = versions._compiled
    versions._compiled = lambda kept: (version, "") if kept == files else compiled(kept)
    with tempfile.TemporaryDirectory() as folder:
        elsewhere = replace(
            settings,
            database=f"sqlite:///{folder}/rehearsal.db",
            listen="127.0.0.1:0",
            admin_listen=f"unix:{folder}/admin",
        )
        crash_time.run(serve(elsewhere, version, files, ready=lambda serving: serving.stop(), log_to=io.StringIO()))


def main() -> None:
    settings = Settings.from_environment(os.environ, read_file=str, for_serve=True)
    files = read_folder(settings.flows)
    version = load(files).version
    assert version is not None
    rehearse(settings, version, files)
    plant(os.environ.get("CRASH_PLANT", ""))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(sys.argv[1])
        listener.listen()
        print("warm", flush=True)
        while listener in select.select([listener, sys.stdin], [], [])[0]:
            line, _ = listener.accept()
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                listener.close()
                be_an_engine(line, settings, version, files)
                os._exit(0)
            line.close()


if __name__ == "__main__":
    main()
