"""What is particular to the SQLite store: the file, its lock, its thread, its errors."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from engine.core.change import Change, JournalEntry, Row, Timer
from engine.core.command import Command, OutboxRow
from engine.errors import StoreDamaged, StoreError, StoreLocked, StoreTooNew, StoreUnavailable
from engine.ports import Loaded
from engine.store import writer as writer_module
from engine.store.opening import connect
from engine.store.sql import Migration, migrations, queries
from engine.store.sqlite import SqliteStore
from engine.store.writer import Writer

NOW = 1_800_000_000.0
ROW = Row(run="anna", ver=1, state="{}", version="v1")


@asynccontextmanager
async def opened(path: Path):
    store = SqliteStore(path, lock_wait_s=0)
    await store.open()
    try:
        yield store
    finally:
        await store.close()


async def test_what_many_commits_left_in_the_wal_goes_into_the_database_in_a_short_gap(tmp_path, monkeypatch):
    monkeypatch.setattr(writer_module, "_IDLE_S", 60.0)  # no long rest
    path = tmp_path / "ringflow.db"
    async with opened(path) as store:
        before = path.stat().st_size
        for number in range(writer_module._FOLD_COMMITS):
            entry = JournalEntry(run="anna", at=NOW, kind="log", record={"text": "x" * 1000})
            await store.apply([Change(event_id=f"e{number}", at=NOW, journal=(entry,))])

        async with asyncio.timeout(20):
            while path.stat().st_size == before:  # noqa: ASYNC110 (a file tells nobody)
                await asyncio.sleep(0.001)


async def test_committed_things_are_there_when_the_file_is_opened_again(tmp_path):
    path = tmp_path / "ringflow.db"
    speak = OutboxRow(
        command_id="c1",
        run="anna",
        chain="anna",
        seq=1,
        created_at=NOW,
        urgent=True,
        command=Command(
            operation="speak", path={"call_control_id": "v3:1"}, parameters={"payload": "hi"}, query={"page[size]": 1}
        ),
    )
    async with opened(path) as store:
        await store.apply([Change(event_id="e1", at=NOW, row=ROW, commands=(speak,), timer=Timer("anna", NOW, 1))])

    async with opened(path) as store:
        assert await store.load(event_ids=["e1"], keys=[], runs=["anna"]) == Loaded(
            seen=frozenset({"e1"}), rows={"anna": ROW}
        )
        outstanding = await store.outstanding()

    assert (outstanding.outbox, outstanding.timers) == ((speak,), (Timer("anna", NOW, 1),))


KILLED = """
import asyncio, os, signal, sys
from engine.core.change import Change, Row
from engine.store import writer as writer_module
from engine.store.sqlite import SqliteStore

async def main():
    store = SqliteStore(sys.argv[1])
    await store.open()
    await store.apply([Change(event_id="e1", at=0.0, row=Row(run="anna", ver=1, state="{}"))])
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def test_commit_survives_kill_9_and_the_lock_does_not(tmp_path):
    path = tmp_path / "ringflow.db"
    killed = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False, cwd=Path.cwd())  # noqa: ASYNC221
    assert killed.returncode == -9

    async with opened(path) as store:
        assert (await store.load(event_ids=["e1"], keys=[], runs=[])).seen == {"e1"}


async def test_second_service_is_refused_until_the_first_stops(tmp_path):
    path = tmp_path / "ringflow.db"
    async with opened(path):
        with pytest.raises(StoreLocked, match="another ringflow service uses the database"):
            await SqliteStore(path, lock_wait_s=0).open()
        patient = SqliteStore(path, lock_wait_s=30)
        waiting = asyncio.create_task(patient.open())

    await waiting
    await patient.close()


async def test_files_belong_to_their_owner_alone(tmp_path):
    path = tmp_path / "ringflow.db"
    path.touch(mode=0o644)
    before = os.umask(0)
    try:
        async with opened(path) as store:
            await store.put_note("a", "b")
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    finally:
        os.umask(before)

    names = ("ringflow.db", "ringflow.db-shm", "ringflow.db-wal", "ringflow.db.lock")
    assert modes == dict.fromkeys(names, 0o600)


async def test_every_commit_is_synced_to_the_disk(tmp_path):
    async with opened(tmp_path / "ringflow.db") as store:
        pragmas = await store._writer.read(
            lambda connection: [
                connection.execute(f"pragma {name}").fetchone()[0] for name in ("journal_mode", "synchronous")
            ]
        )

    assert pragmas == ["wal", 2]


async def test_writes_that_wait_for_a_commit_share_the_next_one(tmp_path):
    commits: list[str] = []
    connection = connect(tmp_path / "ringflow.db", migrations())
    writer = Writer(connection, tmp_path)
    started, go_on = threading.Event(), threading.Event()

    def busy(_: sqlite3.Connection) -> None:
        connection.set_trace_callback(lambda sql: commits.append(sql) if sql == "commit" else None)
        started.set()
        go_on.wait(10)

    first = asyncio.create_task(writer.write(busy))
    await asyncio.to_thread(started.wait, 10)
    others = [asyncio.create_task(writer.write(lambda _, number=number: number)) for number in range(20)]
    await asyncio.sleep(0)
    go_on.set()

    assert await asyncio.gather(first, *others) == [None, *range(20)]
    assert len(commits) == 2
    await writer.close()


async def test_write_that_fails_is_undone_alone(tmp_path):
    async with opened(tmp_path / "ringflow.db") as store:

        def broken(connection: sqlite3.Connection) -> None:
            connection.execute("insert into notes values ('half', 'done')")
            raise ValueError("a defect")

        results = await asyncio.gather(
            store.put_note("before", "1"),
            store._writer.write(broken),
            store.put_note("after", "1"),
            return_exceptions=True,
        )

        assert [type(result) for result in results] == [type(None), ValueError, type(None)]
        assert [await store.note(name) for name in ("before", "half", "after")] == ["1", None, "1"]


async def test_full_disk_is_one_sentence_and_nothing_is_half_written(tmp_path):
    async with opened(tmp_path / "ringflow.db") as store:
        await store._writer.read(lambda connection: connection.execute("pragma max_page_count = 1").fetchone())
        big = Change(event_id="e1", at=NOW, row=Row(run="anna", ver=1, state="x" * 500_000), ver_before=0)

        with pytest.raises(StoreUnavailable, match="the disk is full; free some space"):
            await store.apply([big])

        await store._writer.read(lambda connection: connection.execute("pragma max_page_count = 10000").fetchone())
        assert await store.apply([big]) == frozenset()


async def test_trying_out_finds_that_there_is_no_room(tmp_path):
    async with opened(tmp_path / "ringflow.db") as store:
        await store._writer.read(lambda connection: connection.execute("pragma max_page_count = 1").fetchone())

        with pytest.raises(StoreUnavailable, match="the disk is full; free some space"):
            await store.try_out()

        assert await store.note("trial") is None


async def test_damaged_database_is_written_no_more(tmp_path):
    async with opened(tmp_path / "ringflow.db") as store:
        await store.put_note("before", "1")

        def damaged(connection: sqlite3.Connection) -> None:
            connection.execute("pragma writable_schema = on")
            connection.execute("update sqlite_master set rootpage = 900000 where name = 'timers'")
            connection.execute("pragma writable_schema = reset")
            connection.execute("select * from timers").fetchall()

        for write in (store._writer.write(damaged), store.put_note("after", "1"), store.try_out()):
            with pytest.raises(StoreDamaged, match="is damaged; restore it from a backup"):
                await write

        assert [await store.note(name) for name in ("before", "after")] == ["1", None]


@pytest.mark.parametrize("is_replaced", [False, True])
async def test_nothing_is_written_into_a_file_that_nobody_will_find_again(tmp_path, is_replaced):
    path, away = tmp_path / "ringflow.db", tmp_path / "away.db"
    async with opened(path) as store:
        await store.put_note("before", "1")
        path.rename(away)
        if is_replaced:
            path.write_bytes(b"")

        with pytest.raises(StoreUnavailable, match="was moved, deleted or replaced; put it back, or restart"):
            await store.put_note("meanwhile", "1")

        away.replace(path)
        await store.put_note("after", "1")
        assert [await store.note(name) for name in ("before", "meanwhile", "after")] == ["1", None, "1"]


async def test_database_held_by_another_program_is_one_sentence(tmp_path):
    path = tmp_path / "ringflow.db"
    async with opened(path) as store:
        await store._writer.read(lambda connection: connection.execute("pragma busy_timeout = 0").fetchone())
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("begin immediate")
            with pytest.raises(StoreUnavailable, match="held by another program"):
                await store.put_note("a", "1")

        await store.put_note("a", "2")
        assert await store.note("a") == "2"


async def test_missing_folder_is_one_sentence(tmp_path):
    with pytest.raises(StoreUnavailable, match="its folder does not exist"):
        await SqliteStore(tmp_path / "nowhere" / "ringflow.db").open()


async def test_file_that_is_no_database_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "ringflow.db"
    path.write_bytes(b"not a database, but somebody's letter " * 100)

    with pytest.raises(StoreUnavailable, match="is not a database"):
        await SqliteStore(path).open()

    assert path.read_bytes().startswith(b"not a database")


async def test_database_of_another_program_is_refused(tmp_path):
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("create table customers (name)")

    with pytest.raises(StoreUnavailable, match="belongs to another program"):
        await SqliteStore(path).open()


async def test_newer_database_is_refused_and_the_lock_let_go(tmp_path):
    path = tmp_path / "ringflow.db"
    connect(path, (*migrations(), Migration(9999, "9999_later.sql", "create table later (x);"))).close()

    for _ in range(2):
        with pytest.raises(StoreTooNew, match="newer version of ringflow"):
            await SqliteStore(path, lock_wait_s=0).open()


def test_changed_migration_is_refused(tmp_path):
    path = tmp_path / "ringflow.db"
    connect(path, [Migration(1, "0001_a.sql", "create table a (x);")]).close()

    with pytest.raises(StoreError, match=r"another 0001_a\.sql"):
        connect(path, [Migration(1, "0001_a.sql", "create table a (x, y);")])


def test_migration_that_fails_leaves_the_older_shape(tmp_path):
    path = tmp_path / "ringflow.db"
    first = Migration(1, "0001_a.sql", "create table a (x);")
    with pytest.raises(StoreUnavailable):
        connect(path, [first, Migration(2, "0002_b.sql", "create table b (x); create table b (x);")])

    with closing(connect(path, [first])) as connection:
        tables = {name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")}

    assert tables == {"a", "migrations"}


async def test_closed_store_says_so(tmp_path):
    async with opened(tmp_path / "ringflow.db") as store:
        pass

    with pytest.raises(StoreUnavailable, match="is not open"):
        await store.note("a")


async def test_value_that_json_does_not_know_does_not_stop_a_commit(tmp_path):
    entry = JournalEntry(run="anna", at=NOW, kind="event", record={"odd": object(), 1: 2})
    async with opened(tmp_path / "ringflow.db") as store:
        assert await store.apply([Change(event_id="e1", at=NOW, row=ROW, journal=(entry,))]) == frozenset()


def test_every_named_statement_is_complete():
    assert all(text.count(";") == 0 for text in queries().values())
    assert [migration.number for migration in migrations()] == list(range(1, len(migrations()) + 1))


async def test_a_command_bears_the_process_that_began_to_send_it(tmp_path):
    store = SqliteStore(tmp_path / "ringflow.db")
    await store.open()
    commands = tuple(
        OutboxRow(command_id=name, run="r", chain="r", seq=0, command=Command(operation="answer"), created_at=1.0)
        for name in ("c1", "c2")
    )
    await store.apply([Change(event_id="e", at=1.0, row=Row(run="r", ver=1, state="{}"), commands=commands)])
    await store.attempt(["c1"], at=2.0)
    await store.close()

    with closing(sqlite3.connect(tmp_path / "ringflow.db")) as database:
        owners = dict(database.execute("select command_id, owner from outbox").fetchall())
    assert owners["c1"]
    assert owners["c2"] is None
