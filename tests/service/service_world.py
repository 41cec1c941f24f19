"""A service and a simulated Telnyx on this machine, in one process."""

from __future__ import annotations

import asyncio
import io
import json
import os
import sys
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.check.run import load
from engine.config import Settings
from engine.core.flow import Version
from engine.service import Serving, serve
from engine.simulator.options import Options
from engine.simulator.server import SimulatorServer
from engine.simulator.world import World
from engine.tables import catalogue

ROOT = Path(__file__).resolve().parent.parent.parent
CALLER, OFFICE = "+34600111222", "+15551230000"
FLOW = b"""\
flow: hello
about: Says hello and waits.
starts_when: {calls_to: any}
anywhere: {on_error: hangup}
start: hello
states:
  hello:
    do:
      - answer
      - log: "hello {{ caller.number }}"
      - speak: "Hello."
    then: waiting
  waiting:
    after: {2h: hangup}
"""


class LogStream(io.StringIO):
    """The service's log; ``line`` waits for one."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[dict[str, Any]] = []
        self._news = asyncio.Event()

    def write(self, text: str) -> int:
        for line in text.splitlines():
            if line:  # print() writes the end of the line by itself
                self.rows.append(json.loads(line))
        self._news.set()
        return len(text)

    async def line(self, event: str, *, within_s: float = 10, **fields: Any) -> dict[str, Any]:
        async with asyncio.timeout(within_s):
            while True:
                for row in self.rows:
                    if row["event"] == event and all(row.get(name) == value for name, value in fields.items()):
                        return row
                await self.news()

    async def news(self) -> None:
        """Return when the next line has been written."""
        self._news.clear()
        await self._news.wait()


class Place:
    """Everything that a service of a test needs, and what the tests see of it."""

    def __init__(self, folder: Path, simulator: SimulatorServer) -> None:
        self.folder = folder
        self.simulator = simulator
        self.log = LogStream()
        self.files = {"hello.flow.yaml": FLOW}
        self.plant: Callable[[Version], Version] = lambda version: version  # a test's own fault
        self.settings = Settings(
            telnyx_api_key=simulator.api_key,
            telnyx_public_key=simulator.public_key,
            telnyx_api_url=simulator.url,
            database=f"sqlite:///{folder}/ringflow.db",
            listen="127.0.0.1:0",
            admin_listen=f"unix:{folder}/admin.sock",
        )

    def set(self, **settings: Any) -> None:
        self.settings = replace(self.settings, **settings)

    @asynccontextmanager
    async def serving(self, **options: Any):
        """Serve until the block ends; the service must then stop without an error."""
        up: asyncio.Future[Serving] = asyncio.get_running_loop().create_future()
        loaded = load(self.files)
        assert loaded.version is not None, loaded.problems
        options = {"log_to": self.log, "lock_wait_s": 0, **options}
        version = self.plant(loaded.version)
        task = asyncio.create_task(serve(self.settings, version, self.files, ready=up.set_result, **options))
        try:
            await asyncio.wait((task, up), return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                task.result()
            serving = up.result()
            self.set(listen=f"127.0.0.1:{serving.port}")  # also for the next one: webhooks under way know the port
            self.simulator.webhook_url = f"http://127.0.0.1:{serving.port}/webhooks/telnyx"
            yield serving
            serving.stop()
            await asyncio.wait_for(task, 10)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def call(self) -> str:
        """Somebody calls."""
        leg = self.simulator.world.call(from_=CALLER, to=OFFICE, now=self.simulator.clock())
        self.simulator.settle()
        return str(leg.call_control_id)

    def hang_up(self, leg: str) -> None:
        self.simulator.world.hang_up(leg, self.simulator.clock())
        self.simulator.settle()


@asynccontextmanager
async def place_in(folder: Path, **options: Any):
    import time

    world = World(catalogue(), seed=1, options=Options(**options), start=time.time())
    async with SimulatorServer(world) as simulator:
        yield Place(folder, simulator)


async def ringflow(place: Place, *arguments: str, **environ: str) -> tuple[int, str, str]:
    """Give a command as a person does; return its exit code and what it prints."""
    base = {name: value for name, value in os.environ.items() if not name.startswith(("RINGFLOW_", "TELNYX_"))}
    base |= {"RINGFLOW_DATABASE": place.settings.database, "RINGFLOW_ADMIN_LISTEN": place.settings.admin_listen}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "engine", *arguments,
        cwd=ROOT, env=base | environ, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), 30)
    return process.returncode or 0, out.decode(), err.decode()
