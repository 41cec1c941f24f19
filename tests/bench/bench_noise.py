"""What the machine does meanwhile: how long the disk takes for a small write, how late a sleeper wakes up."""

from __future__ import annotations

import asyncio
import os
import sys
import time

from bench_child import answer, tell

_EVERY_S = 0.1
_BLOCK = b"x" * 4096

fsyncs_ms: list[float] = []
late_ms: list[float] = []


async def probe(path: str) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    while True:
        began = time.monotonic()
        await asyncio.sleep(_EVERY_S)
        late_ms.append((time.monotonic() - began - _EVERY_S) * 1000)
        began = time.monotonic()
        os.write(file, _BLOCK)
        os.fdatasync(file)
        fsyncs_ms.append((time.monotonic() - began) * 1000)


def forget() -> None:
    fsyncs_ms.clear()
    late_ms.clear()


async def main(path: str) -> None:
    probing = asyncio.create_task(probe(path))
    tell({})
    await answer(noise=lambda: {"fsync": fsyncs_ms, "late": late_ms}, forget=forget)
    probing.cancel()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
