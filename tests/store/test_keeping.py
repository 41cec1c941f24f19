"""Backups and checks of an SQLite database: nothing is harmed, and damage is said to be damage."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from engine.core.change import Change, JournalEntry, Row, Timer
from engine.errors import CommandRefused, StoreDamaged, StoreUnavailable
from engine.store.backup import back_up
from engine.store.looking import Facts, facts_of
from engine.store.sqlite import SqliteStore

NOW = 1_800_000_000.0
PAGE = 4096


@asynccontextmanager
async def opened(path: Path):
    store = SqliteStore(path, lock_wait_s=0)
    await store.open()
    try:
        yield store
    finally:
        await store.close()


def calls(count: int, *, first: int = 0) -> list[Change]:
    return [
        Change(
            event_id=f"e{number}",
            at=NOW,
            row=Row(run=f"run{number}", ver=1, state="x" * 500, version="v1"),
            timer=Timer(f"run{number}", NOW, 1),
            journal=(JournalEntry(run=f"run{number}", at=NOW, kind="event"),),
        )
        for number in range(first, first + count)
    ]


def counts(number: int) -> dict[str, int]:
    return {"calls": number, "commands": 0, "timers": number, "journal": number}


async def damaged(path: Path) -> None:
    """Make a database, and write over the middle of it."""
    async with opened(path) as store:
        await store.apply(calls(200))
    write_over(path)


def write_over(path: Path) -> None:
    pages = path.stat().st_size // PAGE
    with path.open("r+b") as file:
        file.seek(pages // 2 * PAGE)
        file.write(b"x" * PAGE * (pages // 4))


async def test_backup_holds_what_was_committed_and_the_service_goes_on(tmp_path):
    path, copy = tmp_path / "ringflow.db", tmp_path / "copy.db"
    async with opened(path) as store:
        await store.apply(calls(3))

        facts = back_up(path, copy)

        await store.apply(calls(1, first=3))

    assert facts == Facts(schema=3, bytes=copy.stat().st_size, problems=(), counts=counts(3))
    assert (facts_of(copy), facts_of(path).counts) == (facts, counts(4))
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    async with opened(copy) as store:  # a service can start from it
        assert len((await store.outstanding()).timers) == 3


async def test_each_backup_under_load_is_of_one_moment(tmp_path):
    path, copy = tmp_path / "ringflow.db", tmp_path / "copy.db"
    found = []
    async with opened(path) as store:
        await store.apply(calls(10))

        async def write() -> None:
            for first in range(10, 100_000, 10):  # each commit: ten calls with their timers and journal
                await store.apply(calls(10, first=first))

        writing = asyncio.create_task(write())
        for _ in range(10):
            facts = await asyncio.to_thread(back_up, path, copy, may_replace=True)
            found.append(facts.counts)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)

    sizes = [each["calls"] for each in found]
    assert found == [counts(size) for size in sizes]
    assert sizes == sorted(sizes)
    assert sizes[-1] > sizes[0] >= 10


async def test_backup_is_one_file_and_leaves_nothing_beside_it(tmp_path):
    (tmp_path / "backups").mkdir()
    async with opened(tmp_path / "ringflow.db") as store:
        await store.apply(calls(1))

        back_up(tmp_path / "ringflow.db", tmp_path / "backups/copy.db")

    assert [file.name for file in (tmp_path / "backups").iterdir()] == ["copy.db"]


async def test_what_is_there_is_replaced_only_when_asked_to(tmp_path):
    path, copy = tmp_path / "ringflow.db", tmp_path / "copy.db"
    copy.write_text("a letter")
    async with opened(path) as store:
        await store.apply(calls(1))

        with pytest.raises(CommandRefused, match=r"copy.db exists already; choose another name, or add --force"):
            back_up(path, copy)
        before = copy.read_text()
        facts = back_up(path, copy, may_replace=True)

    assert before == "a letter"
    assert (facts.counts, facts_of(copy)) == (counts(1), facts)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("ringflow.db", "is the database itself"),
        ("folder/../ringflow.db", "is the database itself"),
        ("folder/../ringflow.db.lock", "belongs to the database itself"),
        ("ringflow.db-wal", "belongs to the database itself"),
        ("other.db", r"other.db-wal is there, so .*other.db is a database in use"),
        ("folder", "is a folder; name a file in it"),
        ("nowhere/copy.db", "there is no folder .*nowhere; make it first"),
    ],
)
async def test_backup_harms_no_database_and_no_folder(tmp_path, name, sentence):
    (tmp_path / "folder").mkdir()
    async with opened(tmp_path / "ringflow.db") as store, opened(tmp_path / "other.db") as other:
        await store.apply(calls(1))
        await other.apply(calls(2))

        with pytest.raises(CommandRefused, match=sentence):
            back_up(tmp_path / "ringflow.db", tmp_path / name, may_replace=True)

        assert len((await store.outstanding()).timers) == 1
        assert len((await other.outstanding()).timers) == 2


async def test_damaged_database_is_found_and_does_not_replace_an_older_backup(tmp_path):
    path, copy = tmp_path / "ringflow.db", tmp_path / "copy.db"
    copy.write_text("the last good one")
    await damaged(path)

    facts = facts_of(path)
    with pytest.raises(StoreDamaged, match="no backup was written"):
        back_up(path, copy, may_replace=True)

    assert facts.problems
    assert not any("\n" in problem or "***" in problem for problem in facts.problems)
    assert facts.counts == {}
    assert copy.read_text() == "the last good one"
    assert list(tmp_path.glob(".*")) == []


async def test_service_does_not_start_on_a_damaged_database(tmp_path):
    await damaged(tmp_path / "ringflow.db")

    with pytest.raises(StoreDamaged, match="is damaged; restore it from a backup, as docs/operating"):
        await SqliteStore(tmp_path / "ringflow.db").open()


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
async def test_half_a_database_is_refused_and_left_as_it_is(tmp_path, share):
    path = tmp_path / "ringflow.db"
    async with opened(path) as store:
        await store.apply(calls(200))
    os.truncate(path, int(path.stat().st_size * share) // PAGE * PAGE)
    before = path.read_bytes()

    for _ in range(2):
        with pytest.raises(StoreDamaged, match="is damaged; restore it from a backup"):
            await SqliteStore(path, lock_wait_s=0).open()
    assert facts_of(path).problems
    assert path.read_bytes() == before


async def test_look_at_the_start_ends_in_time(tmp_path, monkeypatch):
    async with opened(tmp_path / "ringflow.db") as store:
        await store._writer.write(
            lambda connection: connection.execute(
                "with recursive n (i) as (select 1 union all select i + 1 from n where i < 60000) "
                "insert into keys select 'leg:' || i || hex(zeroblob(100)), 'run' || i from n"
            )
        )
    write_over(tmp_path / "ringflow.db")
    monkeypatch.setattr("engine.store.opening._CHECK_S", 0.0)

    async with opened(tmp_path / "ringflow.db") as store:  # it had no time to find the damage
        assert await store.note("a") is None


def test_file_that_is_no_database_is_damaged_and_a_missing_one_is_not(tmp_path):
    (tmp_path / "letter.db").write_text("not a database " * 100)

    facts = facts_of(tmp_path / "letter.db")

    assert (facts.schema, facts.counts) == (None, {})
    assert "is not a database, or is damaged" in facts.problems[0]
    with pytest.raises(StoreUnavailable, match=r"there is no database .*; set RINGFLOW_DATABASE"):
        facts_of(tmp_path / "nothing.db")


async def test_database_that_is_only_looked_at_stays_as_it_is(tmp_path):
    path = tmp_path / "ringflow.db"
    async with opened(path) as store:
        await store.apply(calls(2))
    before = path.read_bytes()

    facts_of(path)

    assert path.read_bytes() == before
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("select count(*) from runs").fetchone() == (2,)
