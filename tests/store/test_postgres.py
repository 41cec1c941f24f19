"""What is PostgreSQL's own: what it says when it cannot be used, and lost connections."""

from __future__ import annotations

import asyncio
import signal
from contextlib import asynccontextmanager
from dataclasses import replace

import asyncpg
import pytest

from engine.core.change import Change, JournalEntry, Row
from engine.errors import DefectError, StoreError, StoreInDoubt, StoreTooNew, StoreUnavailable
from engine.store.postgres import PostgresStore
from engine.store.postgres_errors import explained, named
from engine.store.postgres_opening import MIGRATIONS, connect, hang_up, look_at, migrate, refuse_pooler
from engine.store.sql import Migration, queries

NOW = 1_800_000_000.0


@asynccontextmanager
async def opened(url: str, **options):
    store = PostgresStore(url, **{"lock_wait_s": 0, **options})
    await store.open()
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def connected(url: str):
    connection = await connect(url)
    try:
        yield connection
    finally:
        await hang_up(connection)


def change(run: str, event_id: str, *, ver: int = 1, **fields) -> Change:
    return Change(event_id=event_id, at=NOW, row=Row(run=run, ver=ver, state="{}"), ver_before=ver - 1, **fields)


def at(server, name: str) -> str:
    return f"the PostgreSQL database {name} at 127.0.0.1:{server.port}"


# -- what cannot be opened ------------------------------------------------------------------------------------


async def test_sessions_that_a_pooler_mixes_up_are_refused(postgres_url):
    async with connected(postgres_url) as one, connected(postgres_url) as other:
        await refuse_pooler(one, other, database="the database")

        with pytest.raises(StoreUnavailable, match="behind a pooler that shares connections; name PostgreSQL itself"):
            await refuse_pooler(one, one, database="the database")


async def test_unknown_database_is_one_sentence(postgres_server):
    with pytest.raises(StoreUnavailable) as raised:
        await PostgresStore(postgres_server.url("nowhere")).open()

    assert str(raised.value) == (
        f"{at(postgres_server, 'nowhere')} does not exist; create it with createdb, or mend its name in "
        "RINGFLOW_DATABASE"
    )


async def test_unreachable_server_is_one_sentence_without_the_password(unused_tcp_port):
    url = f"postgresql://anna:geheim@127.0.0.1:{unused_tcp_port}/calls"
    with pytest.raises(StoreUnavailable) as raised:
        await PostgresStore(url).open()

    assert str(raised.value) == (
        f"the PostgreSQL database calls at 127.0.0.1:{unused_tcp_port} cannot be reached; check that PostgreSQL runs, "
        "and that RINGFLOW_DATABASE names it"
    )


async def test_wrong_password_is_one_sentence(postgres_server):
    server = postgres_server
    await server.ask("create role with_password login password 'right'")

    with pytest.raises(StoreUnavailable) as raised:
        await PostgresStore(server.url("postgres", user="with_password", password="wrong")).open()

    assert str(raised.value) == (
        f"{at(server, 'postgres')} refuses the user or the password; mend them in RINGFLOW_DATABASE"
    )


async def test_database_that_can_only_be_read_is_one_sentence(postgres_server, postgres_url):
    name = postgres_url.rpartition("/")[2]
    await postgres_server.ask(f"alter database {name} set default_transaction_read_only = on")

    with pytest.raises(StoreUnavailable, match="can only be read, as a standby can; name the primary server"):
        await PostgresStore(postgres_url).open()


async def test_database_that_becomes_readable_only_is_seen_by_an_empty_commit(postgres_server, postgres_url):
    async with opened(postgres_url) as store:
        async with store._pool.acquire() as connection:
            await connection.execute("set default_transaction_read_only = on")

        with pytest.raises(StoreUnavailable, match="can only be read"):
            await store.apply(())


async def test_user_without_rights_is_one_sentence(postgres_server, postgres_url):
    await postgres_server.ask("create role ben login")

    with pytest.raises(StoreUnavailable, match="make the user the database's owner"):
        await PostgresStore(postgres_url.replace("postgres@", "ben@")).open()


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("postgresql://a:b@db.example.com:5433/calls?sslmode=require", "calls at db.example.com:5433"),
        ("postgresql:///calls?host=/run/postgresql", "calls"),
    ],
)
def test_a_database_is_called_by_its_name_and_server(url, name):
    assert named(url) == f"the PostgreSQL database {name}"


def test_connection_that_ends_between_two_answers_is_one_sentence():
    error = asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress")

    assert str(explained("the PostgreSQL database calls", error)) == (
        "the PostgreSQL database calls has broken off the connection; check that PostgreSQL runs, and that "
        "RINGFLOW_DATABASE names it"
    )


# -- migrations -----------------------------------------------------------------------------------------------


async def test_looking_says_whether_the_tables_are_there_and_makes_none(postgres_url):
    assert not await look_at(postgres_url)
    assert not await look_at(postgres_url)
    async with opened(postgres_url):
        assert await look_at(postgres_url)


async def test_tables_of_other_programs_are_left_alone(postgres_server, postgres_url):
    name = postgres_url.rpartition("/")[2]
    await postgres_server.ask("create table public.runs (customer text)", name)

    async with opened(postgres_url) as store:
        assert await store.apply([change("anna", "e1")]) == frozenset()

    assert await postgres_server.ask("select * from public.runs", name) == []


async def test_newer_database_is_refused_each_time(postgres_url):
    async with connected(postgres_url) as connection:
        later = Migration(9999, "9999_later.sql", "create table later (x integer);")
        await migrate(connection, (*MIGRATIONS, later), database="it")

    for _ in range(2):
        with pytest.raises(StoreTooNew, match="newer version of ringflow"):
            await PostgresStore(postgres_url, lock_wait_s=0).open()


async def test_changed_migration_is_refused(postgres_url):
    first = Migration(1, "0001_a.sql", "create table a (x integer);")
    async with connected(postgres_url) as connection:
        await migrate(connection, [first], database="it")

        with pytest.raises(StoreError, match=r"it was made with another 0001_a\.sql"):
            await migrate(connection, [replace(first, script="create table a ();")], database="it")


async def test_migration_that_fails_leaves_the_older_shape(postgres_url):
    first = Migration(1, "0001_a.sql", "create table a (x integer);")
    second = Migration(2, "0002_b.sql", "create table b (x integer); create table b (x integer);")
    async with connected(postgres_url) as connection:
        with pytest.raises(Exception, match="already exists"):
            await migrate(connection, [first, second], database="it")

        tables = await connection.fetch("select tablename from pg_tables where schemaname = 'ringflow'")
        assert {name for (name,) in tables} == {"a", "migrations"}


def test_every_named_statement_is_complete():
    assert all(text.count(";") == 0 for text in queries("postgres.sql").values())
    assert [migration.number for migration in MIGRATIONS] == list(range(1, len(MIGRATIONS) + 1))


# -- commits --------------------------------------------------------------------------------------------------


async def test_commits_of_the_same_runs_in_any_order_lose_nothing(postgres_url):
    names = [f"run{number}" for number in range(8)]
    async with opened(postgres_url) as store:
        await store.apply([change(name, f"first-{name}") for name in names])
        batches = [
            [change(name, f"{number}-{name}", ver=2, keys=(f"key:{number % 3}",)) for name in order]
            for number, order in enumerate((names, names[::-1], names[3:] + names[:3], names[5:] + names[:5]))
        ]

        refused = await asyncio.gather(*(store.apply(batch) for batch in batches))

        loaded = await store.load(event_ids=[c.event_id for b in batches for c in b], keys=(), runs=names)
    assert sorted(map(len, refused)) == [0, 8, 8, 8]
    assert len(loaded.seen) == 8
    assert {row.ver for row in loaded.rows.values()} == {2}


async def test_new_run_with_a_known_event_leaves_no_row(postgres_url):
    async with opened(postgres_url) as store:
        await store.apply([change("anna", "e1")])

        refused = await store.apply([change("ben", "e1"), change("clara", "e2")])

        loaded = await store.load(event_ids=(), keys=(), runs=["anna", "ben", "clara"])
    assert refused == {"ben"}
    assert set(loaded.rows) == {"anna", "clara"}


async def test_characters_that_postgresql_does_not_take_in_a_name_are_a_defect(postgres_url):
    async with opened(postgres_url) as store:
        with pytest.raises(DefectError, match="cannot take what was to be written"):
            await store.apply([change("anna", "a\x00b")])

        nul = JournalEntry(run="anna", at=NOW, kind="event", record={"name": "a\x00b"})
        assert await store.apply([change("anna", "e1", journal=(nul,))]) == frozenset()


async def test_commit_whose_answer_is_lost_is_in_doubt(postgres_server, postgres_url):
    async with opened(postgres_url) as store, connected(postgres_url) as other:
        await store.apply([change("anna", "e1")])
        async with other.transaction():
            await other.execute("select from runs for update")
            commit = asyncio.create_task(store.apply([change("anna", "e2", ver=2)]))
            await until_blocked(other)
            await break_connections(postgres_server, postgres_url, where="wait_event_type = 'Lock'")
            with pytest.raises(StoreInDoubt):
                await commit


async def test_server_that_is_away_is_no_doubt_and_comes_back(postgres_server, postgres_url):
    async with opened(postgres_url) as store:
        await store.apply([change("anna", "e1")])
        postgres_server.stop(signal.SIGQUIT)
        try:
            with pytest.raises(StoreUnavailable):
                await store.apply(())
            with pytest.raises(StoreUnavailable, match="cannot be reached") as raised:
                await eventually(lambda: store.apply([change("anna", "e2", ver=2)]), until="cannot be reached")
        finally:
            postgres_server.start()

        assert await eventually(lambda: store.apply([change("anna", "e3", ver=2)])) == frozenset()
        loaded = await store.load(event_ids=["e1", "e2", "e3"], keys=(), runs=())
    assert not isinstance(raised.value, StoreInDoubt)
    assert loaded.seen == {"e1", "e3"}


async def test_closed_store_says_so(postgres_url):
    async with opened(postgres_url) as store:
        pass

    with pytest.raises(StoreUnavailable, match="is not open"):
        await store.note("a")


async def break_connections(server, url: str, *, where: str = "true") -> None:
    """End the sessions of the database at *url*, all or some, as an administrator or a firewall does."""
    name = url.rpartition("/")[2]
    end = f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}' and {where}"
    async with asyncio.timeout(10):
        while await server.ask(end):
            pass


async def until_blocked(connection) -> None:
    """Return when another session waits for a lock."""
    blocked = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    async with asyncio.timeout(10):
        while not await connection.fetchval(f"select pg_stat_clear_snapshot(), ({blocked})", column=1):
            pass


async def eventually(attempt, *, until: str = ""):
    """Try while the database is away: until it works, or fails with a sentence that holds *until*."""
    async with asyncio.timeout(10):
        while True:
            try:
                return await attempt()
            except StoreUnavailable as error:
                if until and until in str(error):
                    raise
