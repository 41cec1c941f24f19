"""What the store does with changes that are wrong in themselves: the database is well, and others go on."""

from __future__ import annotations

import asyncio
import errno
import fcntl

import pytest

from engine.core.change import Change, Row, Timer
from engine.core.command import Command, OutboxRow
from engine.errors import DefectError, StoreUnavailable
from engine.ports import Store
from engine.store.opening import take_lock
from engine.store.postgres import PostgresStore
from engine.store.sqlite import SqliteStore


@pytest.fixture(params=["sqlite", "postgres"])
async def store(request, tmp_path):
    opened: Store
    if request.param == "sqlite":
        opened = SqliteStore(tmp_path / "ringflow.db", lock_wait_s=0)
    else:
        opened = PostgresStore(await request.getfixturevalue("postgres_server").new_database(), lock_wait_s=0)
    await opened.open()
    yield opened
    await opened.close()


def change(run: str, *, command_id: str = "", due: float = 1.0, value: object = 1) -> Change:
    command = Command(operation="speak", path={"call_control_id": run}, parameters={"payload": value})
    rows = (OutboxRow(command_id=command_id, run=run, chain=run, seq=1, command=command, created_at=1.0),)
    row = Row(run=run, ver=1, state="{}")
    timer = Timer(run, due, 1)
    return Change(event_id=f"e-{run}", at=1.0, row=row, commands=rows if command_id else (), timer=timer)


@pytest.mark.parametrize(
    "wrong", [change("b", command_id="c1"), change("b", due=float("nan"))], ids=["an id twice", "no number"]
)
async def test_change_that_no_database_could_take_is_a_defect_and_not_an_outage(store, wrong):
    await store.apply([change("a", command_id="c1")])

    results = await asyncio.gather(store.apply([wrong]), store.apply([change("c")]), return_exceptions=True)

    assert isinstance(results[0], DefectError)
    assert results[1] == frozenset()
    assert set((await store.load(event_ids=(), keys=(), runs=["a", "b", "c"])).rows) == {"a", "c"}


@pytest.mark.parametrize("value", [2**70, "\ud800"], ids=["a huge number", "half a character"])
async def test_value_that_cannot_be_written_is_no_outage(store, value):
    with pytest.raises(TypeError):
        await store.apply([change("a", command_id="c1", value=value)])

    assert await store.apply([change("b")]) == frozenset()


def test_file_system_without_locks_is_one_sentence(tmp_path, monkeypatch):
    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)

    with pytest.raises(StoreUnavailable, match="cannot be locked"):
        take_lock(tmp_path / "ringflow.db", wait_s=0)
