"""What is deleted leaves the files of an SQLite database, and its room is given back."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path

from engine.core.change import Change, JournalEntry, Row
from engine.core.command import Command, OutboxRow
from engine.core.leg import Leg
from engine.core.mentions import Number
from engine.store.sqlite import SqliteStore
from engine.store.traces import holds

NOW = 1_800_000_000.0
LONG_AGO = NOW - 9 * 86400
DIGITS = "34600111222"
NUMBER = Number.read(f"+{DIGITS}")


@asynccontextmanager
async def opened(path: Path):
    store = SqliteStore(path)
    await store.open()
    yield store
    await store.close()


async def call(store: SqliteStore, run: str, number: str, rng: random.Random, *, ended_at: float = LONG_AGO) -> None:
    """A call of ten events, whose row grows and shrinks and whose history lies among that of others."""
    for ver in range(1, 11):
        leg = Leg(run=run, ver=ver, status="ended" if ver == 10 else "live", from_=f"+{number}", to="+15551230000")
        leg.variables = {"heard": "x" * rng.randint(100, 1800)}
        row = Row(run=run, ver=ver, state=replace(leg, ended_at=ended_at).encode(), version="v")
        command = Command(operation="tell", path={"run": "r"}, parameters={"number": number})
        sent = OutboxRow(command_id=f"{run}-{ver}", run=run, chain=run, seq=ver, command=command, created_at=NOW)
        said = JournalEntry(
            run=run, at=NOW, kind="event", record={"from": f"+{number}", "more": "y" * rng.randint(1, 500)}
        )
        await store.apply(
            [
                Change(
                    event_id=f"{run}.{ver}",
                    at=NOW,
                    ver_before=ver - 1,
                    row=replace(row, ended_at=ended_at if ver == 10 else None),
                    commands=(sent,),
                    settled=(f"{run}-{ver - 1}",),
                    journal=(said,),
                )
            ]
        )


async def calls(store: SqliteStore, count: int, *, seed: int = 1) -> None:
    """Calls of many people at once; every fourth is from the number."""
    rng = random.Random(seed)
    names = [f"{rng.getrandbits(60):x}" for _ in range(count)]
    for some in (names[start : start + 20] for start in range(0, count, 20)):
        numbers = [DIGITS if rng.random() < 0.25 else f"346{rng.randint(10**7, 10**8 - 1)}" for _ in some]
        await asyncio.gather(*(call(store, name, number, rng) for name, number in zip(some, numbers, strict=True)))


async def forget(store: SqliteStore) -> int:
    done = await store.forget(NUMBER, now=NOW)
    count = done.calls
    while done.next:
        done = await store.forget(NUMBER, now=NOW, place=done.next)
        count += done.calls
    return count


async def test_no_byte_of_a_forgotten_number_is_left_among_the_calls_of_others(tmp_path):
    path = tmp_path / "ringflow.db"
    async with opened(path) as store:
        await calls(store, 200)
    before = holds(path, DIGITS)
    async with opened(path) as store:
        forgotten = await forget(store)
    after = holds(path, DIGITS)

    assert before
    assert forgotten > 20
    assert not after


async def test_the_wal_is_emptied_once_the_last_portion_is_done(tmp_path):
    path = tmp_path / "ringflow.db"
    async with opened(path) as store:
        await calls(store, 20)
        before = path.with_name("ringflow.db-wal").stat().st_size
        await forget(store)
        after = path.with_name("ringflow.db-wal").stat().st_size

    assert before > 0
    assert after == 0


async def test_who_reads_meanwhile_keeps_nobody_waiting(tmp_path):
    path = tmp_path / "ringflow.db"
    async with opened(path) as store:
        await calls(store, 20)
        with closing(sqlite3.connect(path, isolation_level=None)) as reader:
            reader.execute("begin")
            reader.execute("select count(*) from runs").fetchone()
            await forget(store)
            during = path.with_name("ringflow.db-wal").stat().st_size
            reader.execute("rollback")
        await store.prune(before=0)
        after = path.with_name("ringflow.db-wal").stat().st_size

    assert during > 0
    assert after == 0


async def test_the_file_becomes_smaller_when_many_calls_are_deleted(tmp_path):
    path = tmp_path / "ringflow.db"
    async with opened(path) as store:
        await calls(store, 100)
        await store.prune(before=0)
        full = path.stat().st_size
        while await store.prune(before=NOW):
            pass
        empty = path.stat().st_size

    assert empty < full / 2


async def test_compacting_leaves_every_call_as_it_is(tmp_path):
    path = tmp_path / "ringflow.db"
    async with opened(path) as store:
        await calls(store, 20)
        with closing(sqlite3.connect(path)) as reader:
            before = reader.execute("select * from runs").fetchall(), reader.execute("select * from journal").fetchall()
        await store.compact()
        with closing(sqlite3.connect(path)) as reader:
            after = reader.execute("select * from runs").fetchall(), reader.execute("select * from journal").fetchall()

    assert after == before
