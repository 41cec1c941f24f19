"""Reading a database while a service writes into it, and when it cannot be read: SQLite and PostgreSQL alike."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import dataclass

import pytest
from postgres_server import PostgresServer, programs

from engine.core.change import Change, JournalEntry, Row
from engine.errors import StoreError, StoreTooNew, StoreUnavailable
from engine.ports import PINNED, Store
from engine.store.choosing import facts_at, history_at, name_of, store_at
from engine.store.looking import Facts
from engine.store.sql import migrations

ROW = Row(run="abc2efgh", ver=1, state='{"run": "abc2efgh"}', version="v1")
OTHER = Row(run="abc3efgh", ver=1, state='{"run": "abc3efgh", "origin": {"run": "abc2efgh"}}', version="v1")
PLAN = Row(run="plan:abd2efgh", ver=1, state="{}", version="v1")
LINE = JournalEntry(run="abc2efgh", at=5.0, kind="log", record={"text": "a"})


@dataclass
class Place:
    """A database with a service on it."""

    address: str
    store: Store

    async def read(self, ask):
        """Return what *ask* gets of the history; as in a command, no event loop runs where it is read."""

        def reading():
            with history_at(self.address) as history:
                return ask(history)

        return await asyncio.to_thread(reading)


@pytest.fixture(params=["sqlite", "postgres"])
async def address(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ringflow.db"
    return await request.getfixturevalue("postgres_server").new_database()


@pytest.fixture
async def place(address):
    store = store_at(address, lock_wait_s=0, on_commit=lambda: None)
    await store.open()
    first = Change(event_id="1", at=5.0, row=ROW, keys=("ccid:v3:one",), journal=(LINE,))
    rest = [Change(event_id=row.run, at=6.0, row=row) for row in (OTHER, PLAN, Row(run="room:a", ver=1, state="{}"))]
    await store.apply([first])
    for change in rest:
        await store.apply([change])
    yield Place(address, store)
    await store.close()


async def test_calls_are_read_newest_first_while_a_service_has_the_database(place):
    assert await place.read(lambda history: list(history.calls())) == [PLAN, OTHER, ROW]
    assert await place.read(lambda history: history.journal("abc2efgh", limit=9)) == (LINE,)
    assert await place.read(lambda history: history.rung_by("abc2efgh", limit=9)) == (OTHER,)


async def test_calls_that_began_in_one_commit_are_read_too_and_a_call_keeps_its_place(place):
    rows = [Row(run=f"many{number}", ver=1, state="{}") for number in range(500)]
    await place.store.apply([Change(event_id=row.run, at=7.0, row=row) for row in rows])
    later = Row(run="abc2efgh", ver=2, state="{}", version="v1")
    await place.store.apply([Change(event_id="2", at=8.0, row=later, ver_before=1)])

    found = await place.read(lambda history: list(history.calls()))

    assert {row.run for row in found[:500]} == {row.run for row in rows}
    assert found[500:] == [PLAN, OTHER, later]


async def test_a_reading_sees_one_moment(place):
    loop = asyncio.get_running_loop()
    later = Change(event_id="2", at=7.0, row=ROW, ver_before=1, journal=(LINE,))

    def lines_around_a_commit(history):
        before = len(history.journal("abc2efgh", limit=9))
        asyncio.run_coroutine_threadsafe(place.store.apply([later]), loop).result(10)
        return before, len(history.journal("abc2efgh", limit=9))

    assert await place.read(lines_around_a_commit) == (1, 1)
    assert await place.read(lambda history: len(history.journal("abc2efgh", limit=9))) == 2


@pytest.mark.parametrize(
    ("name", "runs"),
    [
        ("abc", ("abc2efgh", "abc3efgh")),
        ("ab", ("abc2efgh", "abc3efgh", "plan:abd2efgh")),
        ("abc2", ("abc2efgh",)),
        ("abd2", ("plan:abd2efgh",)),
        ("v3:one", ("abc2efgh",)),
        ("room:a", ("room:a",)),
        ("%", ()),
        ("", ()),
    ],
)
async def test_a_call_is_found_by_its_beginning_or_its_call_control_id(place, name, runs):
    assert await place.read(lambda history: history.named(name, limit=9)) == runs


async def test_versions_are_read_the_latest_first_with_their_calls(place):
    for version in ("v1", "v2", "v1"):  # taken up again: it becomes the latest, and stays as old as it is
        await place.store.keep_version(version, {"a.flow.yaml": version.encode()})
    await place.store.put_note(PINNED, "v2")

    found = await place.read(lambda history: history.versions())

    assert [(kept.version, kept.calls, kept.is_latest, kept.is_pinned) for kept in found] == [
        ("v1", 3, True, False), ("v2", 0, False, True),
    ]  # fmt: skip
    assert found[0].since <= found[1].since
    assert await place.read(lambda history: history.files("v2")) == {"a.flow.yaml": b"v2"}
    assert await place.read(lambda history: history.files("v3")) is None


async def test_what_it_holds_is_counted(place):
    facts = await asyncio.to_thread(facts_at, place.address)

    newest = migrations("migrations" if place.address.startswith("sqlite") else "postgres_migrations")[-1].number
    assert facts == Facts(
        schema=newest, bytes=facts.bytes, problems=(), counts={"calls": 3, "commands": 0, "timers": 0, "journal": 1}
    )
    assert facts.bytes > 0


async def test_nothing_can_be_written(place):
    with pytest.raises(StoreUnavailable, match=r"cannot be written|can only be read"):
        await place.read(lambda history: list(history._select("put_note", "a", "b")))

    assert await place.store.note("a") is None


async def test_a_character_of_the_value_nought_hinders_nobody(place):
    row = Row(run="nought", ver=1, state=r'{"name": "a\u0000b", "origin": {"run": "abc2efgh"}}')
    await place.store.apply([Change(event_id="3", at=7.0, row=row)])

    assert await place.read(lambda history: history.rung_by("abc2efgh", limit=9)) == (OTHER, row)


async def test_a_database_without_our_tables_is_said_in_words(address, tmp_path):
    if address.startswith("sqlite"):
        (tmp_path / "ringflow.db").touch()

    with pytest.raises(StoreUnavailable) as raised:
        await Place(address, None).read(list)

    what = f"the database {name_of(address)}" if address.startswith("sqlite") else name_of(address)
    assert str(raised.value) == f"{what} is empty; set RINGFLOW_DATABASE as the service has it"


async def test_a_newer_and_an_older_database_are_said_in_words(place):
    await change_migrations(place, "insert into migrations (number, name, checksum) values (9999, 'later', 'x')")
    with pytest.raises(StoreTooNew, match="newer version of ringflow"):
        await place.read(list)

    await change_migrations(place, "delete from migrations where number > 1")
    with pytest.raises(StoreError, match="is of an older version of ringflow; start ringflow serve once"):
        await place.read(list)


async def change_migrations(place: Place, statement: str) -> None:
    if place.address.startswith("sqlite"):
        with closing(sqlite3.connect(place.address.removeprefix("sqlite:///"))) as database:
            database.execute(statement)
            database.commit()
        return
    async with place.store._pool.acquire() as connection:
        await connection.execute(statement)


def test_a_file_that_is_no_database_of_ours_is_said_in_words(tmp_path):
    (tmp_path / "text.db").write_text("hello " * 1000)
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("create table theirs (a)")

    for name, words in (
        ("text.db", "is not a database"),
        ("other.db", "belongs to another program"),
        ("none.db", "there is no database"),
    ):
        with pytest.raises(StoreUnavailable, match=words), history_at(f"sqlite:///{tmp_path}/{name}"):
            pass


async def test_a_user_who_may_only_read_can_read(postgres_server, postgres_url):
    store = store_at(postgres_url, lock_wait_s=0, on_commit=lambda: None)
    await store.open()
    await store.apply([Change(event_id="1", at=5.0, row=ROW)])
    await postgres_server.ask("create role reader login")
    name = postgres_url.rpartition("/")[2]
    await postgres_server.ask("grant usage on schema ringflow to reader", name)
    await postgres_server.ask("grant select on all tables in schema ringflow to reader", name)
    address = postgres_url.replace("postgres@", "reader@")

    assert await Place(address, store).read(lambda history: list(history.calls())) == [ROW]
    assert (await asyncio.to_thread(facts_at, address)).counts["calls"] == 1
    with pytest.raises(StoreUnavailable, match="refuses its tables to this user"):
        await store_at(address, lock_wait_s=0, on_commit=lambda: None).open()
    await store.close()


@pytest.mark.slow
async def test_a_standby_is_read_and_not_written(postgres_server, postgres_url):
    if not (programs() / "pg_basebackup").exists():
        pytest.skip("SKIPPED: a standby is made with pg_basebackup, which this PostgreSQL lacks")
    primary = store_at(postgres_url, lock_wait_s=0, on_commit=lambda: None)
    await primary.open()
    await primary.apply([Change(event_id="1", at=5.0, row=ROW, journal=(LINE,))])
    await primary.close()
    standby = await asyncio.to_thread(PostgresServer, programs(), primary=postgres_server)
    try:
        address = standby.url(postgres_url.rpartition("/")[2])

        assert await Place(address, primary).read(lambda history: list(history.calls())) == [ROW]
        assert (await asyncio.to_thread(facts_at, address)).counts["journal"] == 1
        with pytest.raises(StoreUnavailable, match="can only be read, as a standby can; name the primary server"):
            await store_at(address, lock_wait_s=0, on_commit=lambda: None).open()
    finally:
        standby.remove()
