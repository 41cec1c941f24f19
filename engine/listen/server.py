"""Receives webhooks to be looked at: answers 200, so that Telnyx goes on, and does nothing else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aiohttp import web
from nacl.signing import VerifyKey

from engine.core.catalogue import Catalogue
from engine.errors import SettingsError
from engine.listen.fixture import Saver
from engine.listen.seen import Seen, see
from engine.web.app import WEBHOOK_PATH, tell_connection
from engine.web.limits import Limits
from engine.web.server import serve_public


@dataclass(frozen=True, slots=True)
class Arrival:
    """A webhook that has come: *at* in epoch seconds, at which *path*, what it is, and what became of its file."""

    at: float
    path: str
    seen: Seen
    saved: str = ""

    @property
    def is_astray(self) -> bool:
        """True where ``serve`` would not take a webhook, because it listens at another path."""
        return self.path != WEBHOOK_PATH


class Listener:
    """Tells *show* of each webhook. *saver* writes each into a file, where there is one."""

    def __init__(
        self,
        *,
        keys: Sequence[VerifyKey],
        catalogue: Catalogue,
        show: Callable[[Arrival], None],
        saver: Saver | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._keys = keys
        self._catalogue = catalogue
        self._show = show
        self._saver = saver
        self._clock = clock

    async def run(self, listen: str, *, ready: Callable[[str], None]) -> None:
        """
        Listen at *listen*, "host:port", until cancelled; *ready* gets where webhooks are to go.

        Raises:
            SettingsError: the address cannot be used.
        """
        limits = Limits()
        app = web.Application(middlewares=[tell_connection], client_max_size=limits.max_body_bytes)
        app.router.add_post("/{path:.*}", self._receive)
        server = await serve_public(app, listen, limits=limits, drain_s=1.0, setting="--listen")
        try:
            ready(f"http://{server.host}:{server.port}{WEBHOOK_PATH}")
            await asyncio.Event().wait()
        finally:
            await server.close()

    async def _receive(self, request: web.Request) -> web.Response:
        raw, now = await request.read(), self._clock()
        seen = see(raw, request.headers, keys=self._keys, now=now, catalogue=self._catalogue)
        self._show(Arrival(now, request.path, seen, self._save(request, seen, raw)))
        return web.Response(text="ok\n")

    def _save(self, request: web.Request, seen: Seen, raw: bytes) -> str:
        """Return what became of the file, in a few words."""
        if self._saver is None:
            return ""
        kind = seen.type if seen.type in self._catalogue.events else "unknown"
        try:
            path = self._saver.save(kind, request.headers, raw)
        except SettingsError as error:
            return f"not saved: {error}"
        return "not saved: the folder is full" if path is None else path.name
