"""
A small balancer for machines without HAProxy: round robin, and the next replica when one does not take a request.

    python balancer.py 127.0.0.1:8080 NAME=127.0.0.1:9001 NAME=127.0.0.1:9002 ...

It prints one JSON line for each request, as haproxy.cfg does. For trials; in production take a real one.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import sys
from dataclasses import dataclass

import aiohttp
from aiohttp import web

CHECK_EVERY_S = 1.0
ANSWER_S = 3.0  # a replica answers within 1.5 s, with 503 if it must
NOT_PASSED_ON = {"host", "connection", "content-length", "transfer-encoding", "keep-alive", "date", "server"}


@dataclass(slots=True)
class Replica:
    """One service behind the balancer; *is_ready* is what its last check said."""

    name: str
    address: str
    is_ready: bool = False


class Balancer:
    """Hands requests to *replicas*, those that are ready first."""

    def __init__(self, replicas: list[Replica], session: aiohttp.ClientSession) -> None:
        self._replicas = replicas
        self._session = session
        self._turns = itertools.count()

    async def pass_on(self, request: web.Request) -> web.Response:
        """Return the answer of the first replica that takes *request*, or 503."""
        body = await request.read()
        for tries, replica in enumerate(self._in_turn()):
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                answer = await self._ask(replica, request, body)
                if answer.status != 503:
                    _tell(replica.name, answer.status, tries)
                    return answer
        _tell("none", 503, len(self._replicas))
        return web.Response(status=503)

    async def check(self, replica: Replica) -> None:
        """Ask *replica* every second whether it is ready."""
        while True:
            try:
                async with self._session.get(f"http://{replica.address}/readyz") as answer:
                    replica.is_ready = answer.status == 200
            except (aiohttp.ClientError, TimeoutError):
                replica.is_ready = False
            await asyncio.sleep(CHECK_EVERY_S)

    def _in_turn(self) -> list[Replica]:
        first = next(self._turns) % len(self._replicas)
        turned = self._replicas[first:] + self._replicas[:first]
        return sorted(turned, key=lambda replica: not replica.is_ready)

    async def _ask(self, replica: Replica, request: web.Request, body: bytes) -> web.Response:
        headers = [(name, value) for name, value in request.headers.items() if name.lower() not in NOT_PASSED_ON]
        url = f"http://{replica.address}{request.path_qs}"
        async with self._session.request(request.method, url, data=body, headers=headers) as answer:
            kept = [(name, value) for name, value in answer.headers.items() if name.lower() not in NOT_PASSED_ON]
            return web.Response(status=answer.status, body=await answer.read(), headers=dict(kept))


def _tell(name: str, status: int, tries: int) -> None:
    print(json.dumps({"server": name, "status": status, "retries": str(tries)}), flush=True)


async def serve(listen: str, replicas: list[Replica]) -> None:
    """Balance for ever."""
    host, port = listen.rsplit(":", 1)
    timeout = aiohttp.ClientTimeout(total=ANSWER_S)
    async with aiohttp.ClientSession(timeout=timeout, auto_decompress=False) as session, asyncio.TaskGroup() as tasks:
        balancer = Balancer(replicas, session)
        for replica in replicas:
            tasks.create_task(balancer.check(replica))
        app = web.Application(client_max_size=1024 * 1024)
        app.router.add_route("*", "/{path:.*}", balancer.pass_on)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, host, int(port)).start()


if __name__ == "__main__":
    listen, *named = sys.argv[1:]
    with contextlib.suppress(KeyboardInterrupt):
        pairs = (words.split("=", 1) for words in named)
        asyncio.run(serve(listen, [Replica(name, address) for name, address in pairs]))
