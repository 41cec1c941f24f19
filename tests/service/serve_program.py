"""``ringflow serve`` as a program of its own, as an operator starts it."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from contextlib import asynccontextmanager
from pathlib import Path

from service_world import ROOT, LogStream, Place


class Program:
    """Serves the flows of *folder* in *place*, with the settings of *environ* besides; ``log`` has what it writes."""

    def __init__(self, place: Place, folder: Path, **environ: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.log = LogStream()
        self._place = place
        self._environ = {
            "PATH": os.environ["PATH"],
            "TELNYX_API_KEY": place.settings.telnyx_api_key,
            "TELNYX_PUBLIC_KEY": place.settings.telnyx_public_key,
            "TELNYX_API_URL": place.settings.telnyx_api_url,
            "RINGFLOW_FLOWS": str(folder),
            "RINGFLOW_DATABASE": place.settings.database,
            "RINGFLOW_ADMIN_LISTEN": place.settings.admin_listen,
            "RINGFLOW_LISTEN": f"127.0.0.1:{self.port}",
            **environ,
        }

    @asynccontextmanager
    async def running(self):
        """Give the process, once it takes calls."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "engine", "serve",
            cwd=ROOT, env=self._environ, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stderr is not None
        reading = asyncio.create_task(self._read(process.stderr))
        try:
            await self.log.line("serving", within_s=20)
            self._place.simulator.webhook_url = f"http://127.0.0.1:{self.port}/webhooks/telnyx"
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
            await reading

    async def _read(self, stream: asyncio.StreamReader) -> None:
        async for line in stream:
            json.loads(line)  # nothing but the log is written
            self.log.write(line.decode())
