"""What the engine is compared with: a handler that verifies the signature and answers 200, and nothing else."""

from __future__ import annotations

import sys
import time

import uvloop
from aiohttp import web
from bench_child import answer, tell

from engine.telnyx.signature import parse_public_keys, verify


async def main(public_key: str) -> None:
    keys = parse_public_keys(public_key)

    async def receive(request: web.Request) -> web.Response:
        verify(await request.read(), request.headers, keys=keys, now=time.time())
        return web.Response(text="ok\n")

    app = web.Application()
    app.router.add_post("/webhooks/telnyx", receive)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    tell({"port": runner.addresses[0][1]})
    await answer(cpu=time.process_time)
    await runner.cleanup()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
