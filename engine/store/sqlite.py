"""The store in one SQLite file: WAL, every commit on the disk before it is answered, one service at a time."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.core.change import Change, Row, Timer
from engine.core.mentions import Number
from engine.errors import StoreUnavailable
from engine.ports import Forgotten, Loaded, Outstanding
from engine.store.opening import connect, take_lock
from engine.store.refusal import is_taken, refused_runs
from engine.store.rows import ROWS_OF_A_CALL, json_text, outbox_row, outbox_values, packed, unpacked
from engine.store.sql import migrations, queries
from engine.store.sqlite_forgetting import forget
from engine.store.sqlite_room import compact, fold_back, give_back
from engine.store.writer import Writer

_TRIAL = "trial"
_TRIAL_BYTES = 256_000  # a batch of 64 events with what follows from them


class SqliteStore:
    """
    A Store in the file at *path*. A service that finds it in use waits *lock_wait_s* for the other one to stop.

    *on_commit* is called after each commit of changes.

    The connection is used by one thread, which also makes several waiting commits one.
    """

    shared = None

    def __init__(
        self, path: str | Path, *, lock_wait_s: float = 10.0, on_commit: Callable[[], None] = lambda: None
    ) -> None:
        self._path = Path(path)
        self._lock_wait_s = lock_wait_s
        self._on_commit = on_commit
        self._owner = uuid.uuid4().hex  # this process, in the rows of the commands that it sends
        self._lock: int | None = None
        self._open_writer: Writer | None = None

    async def open(self) -> None:
        self._lock = await asyncio.to_thread(take_lock, self._path, wait_s=self._lock_wait_s)
        try:
            connection = await asyncio.to_thread(connect, self._path, migrations())
            self._open_writer = Writer(connection, self._path)
        except BaseException:
            self._let_go()
            raise

    async def close(self) -> None:
        if self._open_writer is not None:
            await self._open_writer.close()
            self._open_writer = None
        self._let_go()

    async def load(self, *, event_ids: Sequence[str], keys: Sequence[str], runs: Sequence[str]) -> Loaded:
        return await self._writer.read(lambda connection: _load(connection, event_ids, keys, runs))

    async def apply(self, changes: Sequence[Change]) -> frozenset[str]:
        refused = await self._writer.write(lambda connection: _apply(connection, changes))
        if changes:
            self._on_commit()
        return refused

    async def try_out(self) -> None:
        await self._writer.write(
            lambda connection: connection.execute(queries()["put_note"], (_TRIAL, "x" * _TRIAL_BYTES))
        )
        await self._writer.write(lambda connection: connection.execute(queries()["drop_note"], (_TRIAL,)))

    async def attempt(self, command_ids: Sequence[str], *, at: float) -> frozenset[str]:
        wanted = json_text(command_ids)
        return await self._writer.write(
            lambda connection: frozenset(
                name for (name,) in connection.execute(queries()["attempt"], (at, self._owner, wanted))
            )
        )

    async def outstanding(self) -> Outstanding:
        return await self._writer.read(_outstanding)

    async def keep_version(self, version: str, files: Mapping[str, bytes]) -> None:
        encoded = packed(files)

        def keep(connection: sqlite3.Connection) -> None:
            before = connection.execute(queries()["version_since"], (version,)).fetchone()
            since = before[0] if before and before[0] is not None else time.time()
            connection.execute(queries()["drop_version"], (version,))  # so that it becomes the youngest
            connection.execute(queries()["put_version"], (version, encoded, since))

        await self._writer.write(keep)

    async def versions(self) -> Mapping[str, Mapping[str, bytes]]:
        rows = await self._writer.read(lambda connection: connection.execute(queries()["all_versions"]).fetchall())
        return {version: unpacked(files) for version, files in rows}

    async def note(self, name: str) -> str | None:
        row = await self._writer.read(lambda connection: connection.execute(queries()["note"], (name,)).fetchone())
        return None if row is None else str(row[0])

    async def first_note(self, name: str, value: str) -> str:
        await self._writer.write(lambda connection: connection.execute(queries()["first_note"], (name, value)))
        return await self.note(name) or value

    async def put_note(self, name: str, value: str) -> None:
        await self._writer.write(lambda connection: connection.execute(queries()["put_note"], (name, value)))

    async def prune(
        self, *, before: float, failed_before: float | None = None, ids_before: float | None = None, limit: int = 500
    ) -> int:
        wanted = [before if given is None else given for given in (before, failed_before, ids_before)]
        deleted = await self._writer.write(lambda connection: _prune(connection, wanted, limit))
        await self._writer.alone(give_back)
        return deleted

    async def forget(self, number: Number, *, now: float, place: str = "", limit: int = 500) -> Forgotten:
        done = await self._writer.write(
            lambda connection: forget(connection, number, now=now, place=place, limit=limit)
        )
        if not done.next:
            await self._writer.alone(fold_back)
        return done

    async def compact(self) -> None:
        await self._writer.alone(compact)

    @property
    def _writer(self) -> Writer:
        if self._open_writer is None:
            raise StoreUnavailable(f"the database {self._path} is not open")
        return self._open_writer

    def _let_go(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _load(connection: sqlite3.Connection, event_ids: Sequence[str], keys: Sequence[str], runs: Sequence[str]) -> Loaded:
    seen = _select(connection, "seen", event_ids)
    by_key: dict[str, str] = dict(_select(connection, "runs_by_key", keys))
    rows = _select(connection, "rows_by_run", {*runs, *by_key.values()})
    return Loaded(
        seen=frozenset(event_id for (event_id,) in seen),
        runs=by_key,
        rows={
            run: Row(run=run, ver=ver, state=state, version=version, ended_at=ended_at)
            for run, ver, state, version, ended_at in rows
        },
    )


def _apply(connection: sqlite3.Connection, changes: Sequence[Change]) -> frozenset[str]:
    seen = {name for (name,) in _select(connection, "seen", {change.event_id for change in changes} - {""})}
    vers: dict[str, int] = dict(_select(connection, "vers", {change.row.run for change in changes if change.row}))
    refused = refused_runs(changes, seen=seen, vers=vers)
    _write(connection, [change for change in changes if is_taken(change, seen=seen, refused=refused)])
    return refused


def _write(connection: sqlite3.Connection, changes: Sequence[Change]) -> None:
    def many(name: str, rows: Iterable[tuple[Any, ...]]) -> None:
        connection.executemany(queries()[name], rows)

    rows = {change.row.run: change.row for change in changes if change.row}
    timers = {change.row.run: change.timer for change in changes if change.row}
    many("put_run", ((row.run, row.ver, row.state, row.version, row.ended_at) for row in rows.values()))
    many("put_event", ((change.event_id, _run(change), change.at) for change in changes if change.event_id))
    many("put_key", ((key, _run(change)) for change in changes for key in change.keys))
    many("put_command", (outbox_values(row) for change in changes for row in change.commands))
    many("withdraw", ((command_id,) for change in changes for command_id in change.withdrawn))
    many("settle", ((command_id,) for change in changes for command_id in (*change.abandoned, *change.settled)))
    many("put_timer", ((timer.run, timer.due, timer.gen) for timer in timers.values() if timer))
    many("drop_timer", ((run,) for run, timer in timers.items() if timer is None))
    entries = (entry for change in changes for entry in change.journal)
    many("put_journal", ((entry.run, entry.at, entry.kind, json_text(entry.record)) for entry in entries))


def _outstanding(connection: sqlite3.Connection) -> Outstanding:
    return Outstanding(
        outbox=tuple(outbox_row(values) for values in connection.execute(queries()["all_commands"])),
        timers=tuple(Timer(run, due, gen) for run, due, gen in connection.execute(queries()["all_timers"])),
    )


def _prune(connection: sqlite3.Connection, wanted: Sequence[float], limit: int) -> int:
    before, failed_before, ids_before = wanted
    over = [run for wanted in ((0, before), (1, failed_before)) for run in _ended(connection, *wanted, limit)]
    ended, most_rows = json_text(over), limit * ROWS_OF_A_CALL
    deleted = sum(
        connection.execute(queries()[f"prune_{table}"], (ended,)).rowcount
        for table in ("keys", "outbox", "timers", "journal", "runs")
    )
    deleted += connection.execute(queries()["prune_inbox"], (ids_before, most_rows)).rowcount
    deleted += connection.execute(queries()["prune_old_journal"], (before, most_rows)).rowcount
    return deleted + connection.execute(queries()["prune_versions"]).rowcount


def _ended(connection: sqlite3.Connection, failed: int, before: float, limit: int) -> list[str]:
    return [run for (run,) in connection.execute(queries()["ended"], (failed, before, limit))]


def _select(connection: sqlite3.Connection, name: str, values: Iterable[str]) -> list[tuple[Any, ...]]:
    wanted = list(values)
    return connection.execute(queries()[name], (json_text(wanted),)).fetchall() if wanted else []


def _run(change: Change) -> str:
    return change.row.run if change.row else ""
