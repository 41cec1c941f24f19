"""A pooler in front of PostgreSQL: it is refused, and nothing is left in the database."""

from __future__ import annotations

import asyncpg
import pytest
from pgbouncer import PgBouncer

from engine.errors import StoreUnavailable
from engine.store.choosing import history_at
from engine.store.postgres import PostgresStore
from engine.store.postgres_opening import open_pool


@pytest.mark.parametrize("drops_settings", [False, True])
@pytest.mark.parametrize("mode", ["transaction", "session", "statement"])
async def test_pgbouncer_is_refused(postgres_server, postgres_url, unused_tcp_port, mode, drops_settings):
    name = postgres_url.rpartition("/")[2]
    url = f"postgresql://127.0.0.1:{unused_tcp_port}/{name}"
    with PgBouncer(postgres_server.port, mode=mode, port=unused_tcp_port, drops_settings=drops_settings):
        direct = await asyncpg.connect(url, user="postgres", statement_cache_size=0)  # it is there, and it works
        await direct.close()
        with pytest.raises(StoreUnavailable) as raised:
            await PostgresStore(url, lock_wait_s=0).open()

    assert str(raised.value) == (
        f"the PostgreSQL database {name} at 127.0.0.1:{unused_tcp_port} is behind a connection pooler; name PostgreSQL "
        "itself in RINGFLOW_DATABASE"
    )
    tables = "select count(*) from pg_tables where schemaname not in ('pg_catalog', 'information_schema')"
    assert await postgres_server.ask(tables, name) == [(0,)]


def test_pgbouncer_is_refused_for_reading_too(postgres_server, unused_tcp_port):
    url = f"postgresql://127.0.0.1:{unused_tcp_port}/postgres"
    with (
        PgBouncer(postgres_server.port, mode="transaction", port=unused_tcp_port, drops_settings=True),
        pytest.raises(StoreUnavailable, match="is behind a connection pooler"),
        history_at(url),
    ):
        pass


async def test_connection_that_is_made_later_is_refused_too(postgres_server, postgres_url, unused_tcp_port):
    pool = await open_pool(f"postgresql://127.0.0.1:{unused_tcp_port}/postgres", size=1)
    with PgBouncer(postgres_server.port, mode="session", port=unused_tcp_port, drops_settings=True):
        with pytest.raises(StoreUnavailable, match="is behind a connection pooler"):
            await pool.fetchval("select 1")
        await pool.close()
