"""The admin listener: commands that act, metrics, readiness; on a Unix socket of the owner or behind a token."""

from __future__ import annotations

import contextlib
import hmac
import os
import socket
import stat
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import orjson
from aiohttp import web
from aiohttp.typedefs import Handler

from engine.core.fault import traced
from engine.errors import CommandRefused, SettingsError, StoreUnavailable
from engine.ports import Log

MOST_BYTES = 64_000  # of what a command is told
_METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"

# What a command does with the JSON object that it is given, and what it answers.
Act = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any]]]


def build_admin_app(
    *,
    metrics: Callable[[], bytes],
    readiness: Callable[[], Mapping[str, Any]],
    token: str,
    acts: Mapping[str, Act],
    log: Log,
) -> web.Application:
    """
    Return the application behind the admin listener: ``/metrics``, ``/readyz``, and ``POST /NAME`` for each of *acts*.

    *readiness* returns JSON with ``ready``. With a *token* every request needs it (``Authorization: Bearer``). An act
    raises CommandRefused (422), StoreUnavailable (503: nothing was done) or TimeoutError (504: it may still be); the
    answer is then ``{"problem": ...}``.
    """

    async def show_metrics(request: web.Request) -> web.Response:
        return web.Response(body=metrics(), headers={"Content-Type": _METRICS_TYPE})

    async def readyz(request: web.Request) -> web.Response:
        state = readiness()
        return web.json_response(state, status=200 if state["ready"] else 503)

    @web.middleware
    async def ask_for_token(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get("Authorization", "")
        if token and not hmac.compare_digest(given.encode(errors="surrogateescape"), f"Bearer {token}".encode()):
            return web.Response(status=401, text="give RINGFLOW_ADMIN_TOKEN as a bearer token\n")
        return await handler(request)

    app = web.Application(middlewares=[ask_for_token], client_max_size=MOST_BYTES)
    app.router.add_get("/metrics", show_metrics)
    app.router.add_get("/readyz", readyz)
    for name, act in acts.items():
        app.router.add_post(f"/{name}", _answering(name, act, log))
    return app


def _answering(name: str, act: Act, log: Log) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        try:
            wanted = await request.json(loads=orjson.loads)
        except web.HTTPRequestEntityTooLarge:
            return _problem(413, f"the body is over {MOST_BYTES} bytes")
        except ValueError:
            wanted = None
        if not isinstance(wanted, dict):
            return _problem(400, "the body is not a JSON object")
        try:
            return web.json_response(await act(wanted))
        except CommandRefused as refused:
            return _problem(422, str(refused))
        except StoreUnavailable as error:
            return _problem(503, str(error))
        except TimeoutError:
            return _problem(504, "the command is not stored yet, but may still be")
        except Exception as error:
            log.error("admin_failed", command=name, exception=traced(error))
            return _problem(500, "the engine failed; its log says where")

    return answer


def _problem(status: int, sentence: str) -> web.Response:
    return web.json_response({"problem": sentence}, status=status)


async def serve_admin(app: web.Application, listen: str) -> web.AppRunner:
    """
    Serve *app* on *listen*, "host:port" or "unix:PATH"; ``cleanup`` of the result ends it.

    A socket that an earlier process left is replaced; it is readable and writable by its owner only.

    Raises:
        SettingsError: the address is in use, or the path cannot be written.
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        if listen.startswith("unix:"):
            await web.SockSite(runner, _private_socket(Path(listen.removeprefix("unix:")))).start()
        else:
            host, _, port = listen.rpartition(":")
            await web.TCPSite(runner, host.strip("[]"), int(port)).start()
    except OSError as error:
        await runner.cleanup()
        raise SettingsError(
            f"the admin listener cannot use {listen} ({error.strerror or error}): set RINGFLOW_ADMIN_LISTEN"
        ) from None
    return runner


def _private_socket(path: Path) -> socket.socket:
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISSOCK(path.stat().st_mode):
            path.unlink()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(before)
    return listener
