"""Binds the public application to its address, behind the bounds of ``limits``."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from dataclasses import dataclass

from aiohttp import web

from engine.errors import SettingsError
from engine.web.limits import Connections, Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicServer:
    """The running public listener. *port* is the real one, also when 0 was asked for."""

    host: str
    port: int
    connections: Connections
    _server: asyncio.Server
    _runner: web.AppRunner

    async def close(self) -> None:
        """Take no new connection, let requests under way finish (at most the runner's drain time), close the rest."""
        self._server.close()
        await self._runner.cleanup()


async def serve_public(
    app: web.Application,
    listen: str,
    *,
    limits: Limits = Limits(),  # noqa: B008 (a frozen value)
    drain_s: float = 5.0,
    setting: str = "RINGFLOW_LISTEN",
) -> PublicServer:
    """
    Serve *app* on *listen*, "host:port", an IPv6 host in brackets.

    Raises:
        SettingsError: the port is in use or may not be used, or this machine has no such address.
    """
    host, _, port = listen.rpartition(":")
    runner = web.AppRunner(
        app,
        access_log=None,
        logger=_quiet_logger(),
        handler_cancellation=False,  # a sender that goes away cancels nothing
        auto_decompress=False,  # no decompression bomb: the endpoint refuses such bodies
        lingering_time=limits.linger_s,
        shutdown_timeout=drain_s,
    )
    await runner.setup()
    assert runner.server is not None
    connections = Connections(runner.server, limits=limits)
    try:
        server = await asyncio.get_running_loop().create_server(
            connections, host.strip("[]"), int(port), backlog=limits.max_connections
        )
    except OSError as error:
        await runner.cleanup()
        raise SettingsError(_why_not(error, host, port, setting)) from None
    return PublicServer(
        host=host, port=server.sockets[0].getsockname()[1], connections=connections, _server=server, _runner=runner
    )


def _why_not(error: OSError, host: str, port: str, setting: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} on {host} is in use: stop the other program or set {setting}"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"port {port} on {host} may not be used by this user: set {setting} to a port above 1023"
    # asyncio of Python 3.12.5 and later tells EADDRNOTAVAIL without its number.
    if isinstance(error, socket.gaierror) or error.errno in (errno.EADDRNOTAVAIL, None):
        return f"this machine has no address {host}: set {setting} to 127.0.0.1:{port}, or 0.0.0.0:{port} for all"
    return f"cannot listen on {host}:{port} ({error.strerror}): set {setting}"


def _quiet_logger() -> logging.Logger:
    """aiohttp writes a traceback for each request that is no HTTP; one line is enough, and no bytes of the sender."""
    logger = logging.getLogger("ringflow.http")
    if not logger.filters:
        logger.addFilter(_drop_traceback)
    return logger


def _drop_traceback(record: logging.LogRecord) -> bool:
    record.exc_info = None
    return True
