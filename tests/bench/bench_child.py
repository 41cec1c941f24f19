"""The programs of the benchmarks, each in a process of its own: they answer questions, one JSON line each."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson

ROOT = Path(__file__).resolve().parent.parent.parent
_STARTS_WITHIN_S = 90  # with 100,000 calls to take up
_ANSWERS_WITHIN_S = 60
_LONGEST_LINE = 2**30


class Child:
    """A program that runs. *port* is where it listens."""

    def __init__(self, process: asyncio.subprocess.Process, first: Mapping[str, Any]) -> None:
        self._process = process
        self.port: int = first.get("port", 0)

    async def ask(self, question: str) -> Any:
        """Return what the program says to *question*."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{question}\n".encode())
        return await _line(self._process, _ANSWERS_WITHIN_S)


@asynccontextmanager
async def child(program: str, *arguments: str, environ: Mapping[str, str] | None = None, cpu: int | None = None):
    """Run *program*, a file of this folder, on the processor *cpu* (None: any) until the block ends."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(Path(__file__).with_name(program)), *arguments,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **(environ or {})},
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=_LONGEST_LINE,
    )  # fmt: skip
    try:
        if cpu is not None and hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(process.pid, {cpu})
        yield Child(process, await _line(process, _STARTS_WITHIN_S))
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 20)
        except TimeoutError:
            process.kill()
            await process.wait()


async def _line(process: asyncio.subprocess.Process, within_s: float) -> Any:
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), within_s)
    if not line:
        raise RuntimeError("a program of the benchmark ended before its time; what it printed says why")
    return orjson.loads(line)


# -- in the program --------------------------------------------------------------------------------------------


def tell(value: Any) -> None:
    """Print *value* as one line."""
    sys.stdout.buffer.write(orjson.dumps(value) + b"\n")
    sys.stdout.buffer.flush()


async def answer(**answers: Callable[[], Any]) -> None:
    """Answer questions by their names, until the one who asks has gone."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        tell(answers[line.decode().strip()]())
