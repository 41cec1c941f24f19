"""The composition root of ``serve``: builds the parts, runs them, stops them in order."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import Callable, Collection, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from typing import Any, TextIO
from urllib.parse import urlsplit

from aiohttp import web

from engine.checkpoints import Checkpoint, Watch, WatchedCarrier, answered_middleware, no_checkpoint
from engine.config import Settings
from engine.core.change import Change, Row
from engine.core.event import Event
from engine.core.flow import Version
from engine.core.intake import Route, after_defect, decide, is_certainly_ours, route
from engine.core.program import Library
from engine.errors import CarrierError, DefectError, RingflowError, StoreUnavailable
from engine.logs import open_log, redaction
from engine.metrics.carrier import MeteredCarrier
from engine.metrics.registry import Metrics
from engine.orders import Orders
from engine.ports import Beat, Log, Shared, Store
from engine.reloading import WatchedFolder
from engine.runtime.catch_up import CatchUp
from engine.runtime.clock import Alarms, SystemClock
from engine.runtime.inbox import Inbox
from engine.runtime.outbox import Outbox
from engine.runtime.outside import HttpOutside
from engine.runtime.roll_call import RollCall
from engine.runtime.sharing import Sharing
from engine.runtime.timers import Timers
from engine.signals import signals
from engine.store.choosing import store_at
from engine.tables import catalogue
from engine.telnyx.call_events import CallEvents
from engine.telnyx.client import TelnyxClient
from engine.telnyx.signature import parse_public_keys, verify
from engine.telnyx.webhook import decode
from engine.upkeep import Upkeep, keep_house
from engine.versions import Files, Reload, Versions, install_id, new_library
from engine.web.admin import build_admin_app, serve_admin
from engine.web.app import build_app
from engine.web.server import serve_public

_DRAIN_S = 5.0  # and 1 s each for open requests of the two listeners: well below the promised 10 s
_CLOSE_S = 1.0
_HOUSEKEEPING_S = 10.0

# What of a call's history the log tells, and how loudly.
_TOLD = {
    "state": "info",
    "log": "info",
    "ended": "info",
    "call": "info",
    "error": "warning",
    "lookup_failed": "warning",
    "budget": "warning",
    "unrouted": "warning",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """A service that is up: the real port of the public listener, and a way to stop it."""

    port: int
    stop: Callable[[], None]


async def serve(
    settings: Settings,
    version: Version,
    files: Files,
    *,
    reload: Reload | None = None,
    watched: WatchedFolder | None = None,
    ready: Callable[[Serving], None] = lambda serving: None,
    checkpoint: Checkpoint = no_checkpoint,
    watch: Watch | None = None,
    log_to: TextIO | None = None,
    lock_wait_s: float = 10.0,
) -> None:
    """
    Serve the flows of *version*, whose files are *files*, until SIGTERM, SIGINT or ``Serving.stop``.

    *reload* loads the flows again, on SIGHUP and when *watched* changes; it raises FlowError for flows with problems.
    *checkpoint* is for crash tests, *watch* for benchmarks (see ``engine.checkpoints``). The log goes to *log_to*,
    stderr unless given.

    Raises:
        SettingsError: an address cannot be used, or a secret is missing.
        StoreError: the database cannot be used (StoreLocked: another service does, for *lock_wait_s* seconds).
    """
    settings.require_secrets(version.project.secrets)
    settings.require_public_url(version.project.audio_files)
    redact = redaction(settings.secret_values, full_numbers=settings.log_full_numbers)
    always = {"stage": settings.stage} if settings.stage else {}
    log = open_log(log_to or sys.stderr, level=settings.log_level, redact=redact, **always)
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(_stray_errors_told(log))
        store = store_at(settings.database, lock_wait_s=lock_wait_s, on_commit=lambda: checkpoint("committed"))
        await store.open()
        stack.push_async_callback(store.close)
        client = TelnyxClient(
            api_url=settings.telnyx_api_url,
            api_key=settings.telnyx_api_key,
            catalogue=catalogue(),
            begins=watch.request_begins if watch else None,
        )
        stack.push_async_callback(client.aclose)
        library = new_library(version, install=await install_id(store), settings=settings)
        service = _Service(settings, store, client, library, log, checkpoint)
        stack.push_async_callback(service.outside.aclose)
        await service.versions.take_up()
        await service.versions.use(version, files)
        await service.go_on()
        again = None if reload is None else partial(service.versions.reload, reload)
        stack.enter_context(signals(stop=service.stopping.set, reload=again))
        runner = await serve_admin(service.admin_app(reload), settings.admin_listen)
        stack.push_async_callback(runner.cleanup)
        public = await serve_public(service.public_app(checkpoint, watch), settings.listen, drain_s=_CLOSE_S)
        stack.push_async_callback(public.close)
        log.info("serving", listen=f"{public.host}:{public.port}", flows=settings.flows, version=library.current.hash)
        ready(Serving(port=public.port, stop=service.stopping.set))
        await service.run(*([watched.reload_on_change(again)] if watched and again else []))


@dataclass(slots=True)
class _Heart:
    """The pure core with the versions it knows: what the inbox asks."""

    library: Library

    def route(self, event: Event) -> Route:
        return route(event, install=self.library.install)

    def decide(self, event: Event, row: Row | None, *, run: str, now: float) -> Change:
        return decide(event, row, self.library, run=run, now=now)

    def after_defect(self, event: Event, row: Row | None, *, run: str, now: float, error: str) -> Change:
        return after_defect(event, row, self.library, run=run, now=now, error=error)


class _Service:
    """The parts of one service, and what becomes of them together."""

    def __init__(
        self, settings: Settings, store: Store, client: TelnyxClient, library: Library, log: Log, checkpoint: Checkpoint
    ) -> None:
        self.settings = settings
        self.store = store
        self.client = client
        self.library = library
        self.log = log
        self.clock = SystemClock()
        self.metrics = Metrics()
        self.stopping = asyncio.Event()
        self.alarms = Alarms(self.clock)
        self.outside = HttpOutside(
            urls={}, key=_notify_key(settings), clock=self.clock, allow_loopback=_is_simulated(settings)
        )
        self.inbox = Inbox(
            store=store,
            clock=self.clock,
            core=_Heart(library),
            follow=self.follow,
            log=log,
            meter=self.metrics,
            learn=None if store.shared is None else self.learn,
        )
        self.outbox = Outbox(
            store=store,
            clock=self.clock,
            alarms=self.alarms,
            carrier=WatchedCarrier(MeteredCarrier(client, self.metrics), checkpoint),
            outside=self.outside,
            post=self.inbox.post,
            catalogue=catalogue(),
            log=log,
            meter=self.metrics,
        )
        self.versions = Versions(store=store, library=library, outside=self.outside, settings=settings, log=log)
        self.timers = Timers(
            clock=self.clock, alarms=self.alarms, post=self.inbox.post, lost=self.metrics.runs.lose, meter=self.metrics
        )
        self.roll_call = RollCall(
            store=store,
            clock=self.clock,
            runs=self.waiting_runs,
            catch_up=lambda since: self.catch_up.run(since=since),
            post=self.inbox.post,
        )
        self.sharing = None if store.shared is None else self._shared_by(store.shared)
        self.catch_up = CatchUp(
            store=store,
            clock=self.clock,
            past=CallEvents(client),
            keys=lambda event: route(event, install=library.install).keys,
            is_ours=lambda event: is_certainly_ours(event, library),
            post=self.inbox.post,
            log=log,
        )
        self._watch()

    def _shared_by(self, shared: Shared) -> Sharing:
        return Sharing(
            shared=shared,
            clock=self.clock,
            outbox=self.outbox,
            timers=self.timers,
            log=self.log,
            follow=self.follow_others,
            trouble=self.inbox.note_trouble,
        )

    def _watch(self) -> None:
        self.metrics.watch(
            {
                "ready": ("1 while the service takes calls.", lambda: not self.problems()),
                "events_waiting": ("Events that are not committed yet.", lambda: self.inbox.waiting),
                "commands_waiting": ("Commands without an outcome.", lambda: self.outbox.waiting),
                "oldest_command_age_seconds": ("Age of the oldest of them; without notify.", self._oldest_command_s),
                "services": ("Services on this database, this one among them.", lambda: self.outbox.turnstile.share),
                "timers": ("Runs that wait for a time.", lambda: self.timers.waiting),
                "database_up": ("1 while the database can be used.", lambda: self.inbox.trouble is None),
                "telnyx_key_refused": ("1 while Telnyx refuses the API key.", lambda: bool(self.outbox.key_problem)),
            }
        )

    # -- faces ------------------------------------------------------------------------------------------------

    def public_app(self, checkpoint: Checkpoint, watch: Watch | None = None) -> web.Application:
        keys = parse_public_keys(self.settings.telnyx_public_key)

        def verify_now(raw: bytes, headers: Mapping[str, str]) -> None:
            checkpoint("body_read")
            if watch is not None:
                watch.webhook_read(raw)
            verify(raw, headers, keys=keys, now=time.time())  # the wall clock, should somebody set it right

        app = build_app(
            verify=verify_now,
            decode=decode,
            submit=self.inbox.submit,
            sheds=self.inbox.sheds,
            is_ready=lambda: not self.problems(),
            audio=self.versions.audio,
            log=self.log,
            meter=self.metrics,
        )
        if checkpoint is not no_checkpoint:
            app.middlewares.append(answered_middleware(checkpoint))
        return app

    def admin_app(self, reload: Reload | None) -> web.Application:
        token = self.settings.admin_token if self.settings.admin_socket is None else ""
        orders = Orders(library=self.library, store=self.store, submit=self.inbox.submit, clock=self.clock.now)
        upkeep = Upkeep(versions=self.versions, store=self.store, clock=self.clock.now, load=reload)
        acts = {"call": orders.call, **upkeep.acts()}
        return build_admin_app(
            metrics=self.metrics.text, readiness=self.readiness, token=token, acts=acts, log=self.log
        )

    def problems(self) -> list[str]:
        """Return why the service takes no calls right now; that Telnyx is out of reach is no reason."""
        draining = "the service is stopping" if self.stopping.is_set() else None
        return [problem for problem in (draining, self.inbox.trouble, self.outbox.key_problem) if problem]

    def readiness(self) -> dict[str, Any]:
        problems = self.problems()
        return {
            "ready": not problems,
            "problems": problems,
            "version": self.library.current.hash,
            "stage": self.settings.stage,
            "events_waiting": self.inbox.waiting,
            "commands_waiting": self.outbox.waiting,
            "timers": self.timers.waiting,
        }

    def _oldest_command_s(self) -> float:
        oldest_at = self.outbox.oldest_at
        return 0.0 if oldest_at is None else max(0.0, self.clock.now() - oldest_at)

    # -- life -------------------------------------------------------------------------------------------------

    def follow(self, change: Change) -> None:
        """Tell everybody about a committed change."""
        self.timers.follow(change)
        self.outbox.follow(change)
        self.metrics.runs.follow(change)
        for entry in change.journal:
            level = _TOLD.get(entry.kind)
            if level is not None:
                getattr(self.log, level)(entry.kind, run=entry.run, **entry.record)
            self.metrics.problem(entry.kind)

    async def learn(self, versions: Collection[str]) -> None:
        """Make versions known to the core that another process has added."""
        await self.versions.learn(versions)

    async def follow_others(self, beat: Beat) -> None:
        """Go by what the other processes on the same database say."""
        self.library.is_alone = beat.others == 0
        self.outbox.turnstile.paused_until = beat.paused_until
        self.outbox.turnstile.share = beat.others + 1
        await self.versions.follow_pin(beat.pinned)

    async def waiting_runs(self) -> Sequence[str]:
        """Return the runs that wait for a time, also those that others have in hand: all that have not ended."""
        return self.timers.runs if self.store.shared is None else await self.store.shared.waiting()

    async def go_on(self) -> None:
        """Take up the commands and timers that an earlier process left, after what was reported meanwhile."""
        if self.sharing is not None:
            await self.sharing.beat()
        outstanding = await self.store.outstanding()
        self.outbox.start(outstanding.outbox)
        down_since = await self.roll_call.down_since()
        if down_since is not None:
            await self.catch_up.run(since=down_since)
        self.timers.start(outstanding.timers, not_before=self.roll_call.timers_from(len(outstanding.timers)))
        await self.metrics.runs.start(self.store, self.timers.runs)

    async def run(self, *more: Coroutine[Any, Any, None]) -> None:
        """Run the parts until the service is to stop, then drain. A part that fails ends the service."""
        parts = [self.alarms.run(), self.inbox.run(), self.outbox.run(), self._keep_house(), self._call_rolls(), *more]
        if self.sharing is not None:
            parts.append(self.sharing.run())
        tasks = [asyncio.ensure_future(part) for part in parts]
        stopping = asyncio.ensure_future(self.stopping.wait())
        try:
            await asyncio.wait((*tasks, stopping), return_when=asyncio.FIRST_COMPLETED)
            if not any(task.done() for task in tasks):
                await self._drain()
        finally:
            for task in (*tasks, stopping):
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                self.log.error("part_failed", exc_info=result)
                raise DefectError("the service stopped because of a defect of its own; its log tells where")

    async def _drain(self) -> None:
        """Take no more webhooks, and wait a little for what is under way; the rest stays in the store."""
        self.log.info("stopping")
        self.inbox.close()
        deadline = self.clock.now() + _DRAIN_S
        while not (self.inbox.is_idle and self.outbox.is_idle) and self.clock.now() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.02)

    async def _call_rolls(self) -> None:
        while True:
            try:
                await self.roll_call.run()
            except StoreUnavailable as error:
                self.inbox.note_trouble(str(error))
                await self.clock.sleep_until(self.clock.now() + _HOUSEKEEPING_S)

    async def _keep_house(self) -> None:
        """Prune what ended long ago, and see whether a refused key works again."""
        while True:
            await self.clock.sleep_until(self.clock.now() + _HOUSEKEEPING_S)
            try:
                await keep_house(self.store, self.settings, now=self.clock.now())
            except StoreUnavailable as error:
                self.inbox.note_trouble(str(error))
            except RingflowError as error:
                self.log.error("prune_failed", problem=str(error))
            if self.outbox.key_problem is not None:
                with contextlib.suppress(CarrierError):
                    if not (await self.client.read("queue_list", query={"page[size]": 1})).refuses_key:
                        self.outbox.key_problem = None


@contextlib.contextmanager
def _stray_errors_told(log: Log) -> Iterator[None]:
    """Let errors that nobody waits for go through the redaction of *log*."""
    loop = asyncio.get_running_loop()

    def tell(_: object, context: dict[str, Any]) -> None:
        log.error("stray_error", problem=str(context.get("message", "")), exc_info=context.get("exception"))

    loop.set_exception_handler(tell)
    try:
        yield
    finally:
        loop.set_exception_handler(None)


def _notify_key(settings: Settings) -> bytes | None:
    """Return the key that signs messages of notify: the secret of that name."""
    secret = settings.secrets.get("notify")
    return secret.encode() if secret else None


def _is_simulated(settings: Settings) -> bool:
    """True when Telnyx is played by a program on this machine; notify may then stay here too."""
    host = urlsplit(settings.telnyx_api_url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
