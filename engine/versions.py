"""Which versions of the flows calls run on: those that the store keeps for running ones, and that of new calls."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import UTC
from typing import Any

from engine.config import Settings
from engine.core.flow import Version
from engine.core.program import Library
from engine.core.spoken_time import spoken_time
from engine.errors import CommandRefused, FlowError, SettingsError, StoreError
from engine.language.loader import load_version
from engine.ports import PINNED, Log, Store
from engine.runtime.outside import HttpOutside
from engine.tables import catalogue

LATEST = "latest"  # in place of a version: what the folder holds
SHORT = 8  # letters of a version, as people see it
_MOST_TOLD = 50  # problems of one reload; ``ringflow check`` shows all

Files = Mapping[str, bytes]
Reload = Callable[[], tuple[Version, Files]]


class Versions:
    """Fills *library* from the store, gives new calls a version, and loads the flows again."""

    def __init__(self, *, store: Store, library: Library, outside: HttpOutside, settings: Settings, log: Log) -> None:
        self._store = store
        self._library = library
        self._outside = outside
        self._settings = settings
        self._log = log
        self._reloading = asyncio.Lock()
        self._audio: dict[str, bytes] = {}
        self._usable: dict[str, Version] = {}
        self._latest = library.current  # what the folder held when it was loaded last
        self._pinned = ""  # what new calls get instead
        self._hopeless: set[str] = set()  # kept by a newer ringflow: this one cannot compile them

    async def take_up(self) -> None:
        """Make the versions that the store kept known to the calls that are bound to them; one may be pinned."""
        self._pinned = await self._store.note(PINNED) or ""
        for name, files in (await self._store.versions()).items():
            await self._take_up(name, files)

    async def learn(self, names: Collection[str]) -> None:
        """
        Make versions known that another process on the same database keeps, as far as this ringflow can.

        Raises StoreUnavailable.
        """
        unknown = {name for name in names if name and not self._library.knows(name)} - self._hopeless
        if not unknown:
            return
        for name, files in (await self._store.versions()).items():
            if name in unknown:
                await self._take_up(name, files)
        self._hopeless |= {name for name in unknown if not self._library.knows(name)}

    async def follow_pin(self, pinned: str) -> None:
        """Give new calls the version that another process has pinned, or has let go of."""
        if pinned == self._pinned or self._reloading.locked():
            return
        await self.learn([pinned])
        self._pinned = pinned
        self._choose()
        self._log.info("version_used", version=self._library.current.hash, pinned=bool(pinned))

    def audio(self, address: str) -> bytes | None:
        """Return the audio file that is served under *address*, of any version that calls run on."""
        return self._audio.get(address)

    async def use(self, version: Version, files: Files) -> None:
        """Give new calls *version* from now on, unless another is pinned, once the store has its files."""
        await self._store.keep_version(version.hash, files)
        await asyncio.to_thread(_warm_up, version)
        self._add(version, files)
        self._latest = version
        self._choose()
        if version.project.notify and not self._settings.secrets.get("notify"):
            self._log.warning(
                "notify_unsigned", problem="messages of notify are not signed; set RINGFLOW_SECRET_NOTIFY"
            )

    async def reload(self, load: Reload) -> None:
        """
        Load the flows again, one time after the other; the log tells what came of it.

        Raises:
            FlowError, SettingsError, StoreError: there is a problem, and nothing has changed.
        """
        async with self._reloading:
            try:
                version, files = await asyncio.to_thread(load)
                self._require(version)
                await self.use(version, files)
            except (FlowError, SettingsError, StoreError) as error:
                self._tell(error)
                raise
            except Exception as error:
                self._log.error("reload_failed", exc_info=error)
                raise
            self._log.info("reloaded", version=version.hash)

    async def pin(self, name: str) -> None:
        """
        Give new calls the version whose hash begins with *name* from now on, also after a restart; "latest" unpins.

        Raises:
            CommandRefused: there is no such version, or it lacks something here.
            StoreUnavailable: nothing has changed.
        """
        async with self._reloading:
            pinned = "" if name == LATEST else await self._named(name)
            if pinned:
                try:
                    self._require(self._usable[pinned])
                except SettingsError as error:
                    raise CommandRefused(f"the version {pinned[:SHORT]} cannot be used: {error}") from None
            await self._store.put_note(PINNED, pinned)
            self._pinned = pinned
            self._choose()
            self._log.info("version_used", version=self._library.current.hash, pinned=bool(pinned))

    def state(self) -> dict[str, Any]:
        """Return ``{version, latest, pinned}``: what new calls get, what the folder held, and whether one is pinned."""
        return {"version": self._library.current.hash, "latest": self._latest.hash, "pinned": bool(self._pinned)}

    async def _take_up(self, name: str, files: Files) -> None:
        version, problem = _compiled(files)
        if version is None:
            self._log.error("version_unusable", version=name, problem=problem)
        else:
            await asyncio.to_thread(_warm_up, version)
            self._add(replace(version, hash=name), files)

    async def _named(self, name: str) -> str:
        """Return the hash that begins with *name*, of a version that the store keeps and this ringflow can run."""
        found = [kept for kept in await self._store.versions() if name and kept.startswith(name)]
        if len(found) > 1:
            raise CommandRefused(f"several versions begin with '{name}'; write more of it")
        if not found:
            raise CommandRefused(f"there is no version '{name}'; ringflow flows list shows which there are")
        if found[0] not in self._usable:
            raise CommandRefused(f"this version of ringflow cannot read the version {found[0][:SHORT]}; use another")
        return found[0]

    def _choose(self) -> None:
        """Give new calls the pinned version, or the latest where that is none or cannot be had."""
        pinned = self._usable.get(self._pinned)
        if self._pinned and pinned is None:
            self._log.error("pin_unusable", version=self._pinned, problem="it cannot be read; new calls get the latest")
        elif pinned is not None and pinned is not self._latest:
            self._log.warning("version_pinned", version=pinned.hash, latest=self._latest.hash)
        self._library.use(pinned or self._latest)

    def _tell(self, error: FlowError | SettingsError | StoreError) -> None:
        """Write why a reload changed nothing into the log: a line for each problem that has a place."""
        self._log.error("reload_refused", problem=str(error))
        problems = error.problems if isinstance(error, FlowError) else ()
        for problem in [each for each in problems if each["severity"] == "error"][:_MOST_TOLD]:
            place = f"{problem['path']}:{problem['line']}:{problem['column']}"
            hint = {"hint": problem["hint"]} if problem["hint"] else {}
            self._log.error("flow_problem", place=place, problem=problem["message"], rule=problem["rule"], **hint)

    def _require(self, version: Version) -> None:
        """Raises SettingsError for what *version* needs and the environment has not."""
        self._settings.require_secrets(version.project.secrets)
        self._settings.require_public_url(version.project.audio_files)

    def _add(self, version: Version, files: Files) -> None:
        """Calls of every version may reach what theirs names; where a name has a new address, the latest counts."""
        self._library.add(version)
        self._usable[version.hash] = version
        self._audio |= {audio.address: files[audio.file] for audio in version.project.audio.values() if audio.file}
        self._outside.urls = {**self._outside.urls, **version.project.notify}
        self._outside.hosts = self._outside.hosts | frozenset(version.project.http_hosts)


async def install_id(store: Store) -> str:
    """Return the id of this installation, made at its first start."""
    return await store.first_note("install", uuid.uuid4().hex[:12])


def new_library(version: Version, *, install: str, settings: Settings) -> Library:
    """Return a library that knows *version* only."""
    return Library(
        install=install,
        catalogue=catalogue(),
        current=version,
        secrets=settings.secrets,
        public_url=settings.public_url or "",
    )


def _warm_up(version: Version) -> None:
    """Load what times are said with, where the flows have hours: no call is to wait 40 ms for it."""
    for language in {flow.settings.language for flow in version.flows.values() if flow.hours}:
        spoken_time(0.0, now=0.0, zone=UTC, language=language)


def _compiled(files: Files) -> tuple[Version | None, str]:
    """Return the version in *files*, or why there is none; an older ringflow took them."""
    try:
        return load_version(files).version, "this version of ringflow cannot compile it"
    except Exception as error:
        return None, f"this version of ringflow fails on it ({type(error).__name__})"
