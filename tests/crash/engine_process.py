"""
One engine of the laboratory: warms up, waits for "go", then serves in the fast time until it ends or is killed.

It is told on stdin, one line each: ``go PORT SOCKET`` begins to serve; ``arm CHECKPOINT COUNT kill|stop`` ends or
stops the process with a signal when that checkpoint is passed for the COUNT-th time from now on. It tells on stdout:
warm, ready, stopped. The file CRASH_LIFE gets a line "FROM TO" for each time in which the process did not run, though
it lived: it was stopped, or the machine had no time for it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from dataclasses import dataclass, replace

import crash_time

crash_time.quicken()

from crash_planted import plant  # noqa: E402

from engine.check.run import load  # noqa: E402
from engine.config import Settings  # noqa: E402
from engine.flows_folder import read_folder  # noqa: E402
from engine.service import serve  # noqa: E402

_BEAT_S = 0.005  # real
_STALL_S = 0.02  # real; shorter pauses are a thread's ordinary wait for its turn
_SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}


@dataclass
class Orders:
    """What the laboratory has told this process."""

    go: threading.Event
    port: str = ""
    socket: str = ""
    armed: str = ""
    left: int = 0
    how: str = ""

    def listen(self) -> None:
        """Read stdin until the laboratory is gone, and this process with it."""
        for line in sys.stdin:
            match line.split():
                case ["go", port, socket]:
                    self.port, self.socket = port, socket
                    self.go.set()
                case ["arm", name, count, how]:
                    self.left, self.how, self.armed = int(count), how, name
        os._exit(1)

    def checkpoint(self, name: str) -> None:
        if name != self.armed:
            return
        self.left -= 1
        if self.left == 0:
            self.armed = ""
            if self.how == "stop":
                tell("stopped")
            os.kill(os.getpid(), _SIGNALS[self.how])


def tell(word: str) -> None:
    os.write(1, f"{word} {time.time()}\n".encode())


def note_stalls(path: str) -> None:
    """Write down when this thread, and so the process, did not get to run. For ever."""
    with open(path, "a", buffering=1) as life:
        last = time.time()
        while True:
            crash_time.REAL_SLEEP(_BEAT_S)
            now = time.time()
            if now - last > (_BEAT_S + _STALL_S) * crash_time.SCALE:
                life.write(f"{last} {now}\n")
            last = now


def main() -> None:
    orders = Orders(threading.Event())
    threading.Thread(target=orders.listen, daemon=True).start()
    settings = Settings.from_environment(os.environ, read_file=str, for_serve=True)
    files = read_folder(settings.flows)
    version = load(files).version
    assert version is not None
    plant(os.environ.get("CRASH_PLANT", ""))
    tell("warm")
    orders.go.wait()
    threading.Thread(target=note_stalls, args=(os.environ["CRASH_LIFE"],), daemon=True).start()
    settings = replace(settings, listen=f"127.0.0.1:{orders.port}", admin_listen=f"unix:{orders.socket}")
    crash_time.run(
        serve(settings, version, files, checkpoint=orders.checkpoint, ready=lambda serving: tell("ready"))
    )


if __name__ == "__main__":
    main()
