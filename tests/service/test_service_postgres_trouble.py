"""A service whose PostgreSQL misbehaves: webhooks get 503, readiness is false, and it goes on without a restart."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest
from pgbouncer import PgBouncer
from service_world import place_in, ringflow
from test_service_kill_9 import until
from test_service_oddities import readyz, until_ready
from test_service_postgres import done_twice, heard_in


@pytest.fixture
async def place(tmp_path, postgres_url):
    async with place_in(tmp_path, speed=20.0) as place:
        place.set(database=postgres_url)
        yield place


@asynccontextmanager
async def a_call_during_trouble(place, problem: str):
    """
    Around a trouble: a call before it, one in the middle, one after it; nothing is lost, and nothing done twice.

    Yields a function that waits until webhooks are refused because of *problem*.
    """
    world = place.simulator.world
    async with place.serving() as serving:
        before = place.call()
        await place.log.line("state", state="waiting")
        during: list[str] = []

        async def until_refused() -> None:
            during.append(place.call())
            await until_ready(serving.port, 503)
            place.hang_up(before)
            await place.log.line("webhook_refused", reason="store-unavailable", status=503)
            async with asyncio.timeout(15):
                while not any(problem in row["problem"] for row in told(place, "database_away")):
                    await place.log.news()
            assert await readyz(serving.port) == 503

        yield until_refused
        await until_ready(serving.port, 200)
        await place.log.line("ended", state="waiting", within_s=15)
        await until(place.simulator, lambda: heard_in(world).get(during[0]))
        after = place.call()
        await until(place.simulator, lambda: heard_in(world).get(after))

    assert heard_in(world) == {leg: ["Hello."] for leg in (before, *during, after)}
    assert done_twice(world) == []
    assert told(place, "database_back")
    assert "geheim" not in str(place.log.rows)


def told(place, event: str) -> list[dict[str, str]]:
    return [row for row in place.log.rows if row["event"] == event]


@pytest.mark.parametrize(
    ("trouble", "mend", "problem"),
    [
        ("password 'another'", "password 'geheim'", "refuses the user or the password; mend them in"),
        ("connection limit 0", "connection limit -1", "has no connection left; raise max_connections"),
    ],
)
async def test_user_that_is_refused_for_a_while(place, postgres_server, trouble, mend, problem):
    server, name = postgres_server, place.settings.database.rpartition("/")[2]
    await server.ask("drop role if exists changing")
    await server.ask("create role changing login password 'geheim'")
    await server.ask(f"alter database {name} owner to changing")
    place.set(database=server.url(name, user="changing", password="geheim"))
    try:
        async with a_call_during_trouble(place, problem) as until_refused:
            await server.ask(f"alter role changing {trouble}")
            await server.ask("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'changing'")
            await until_refused()
            await server.ask(f"alter role changing {mend}")
    finally:
        await server.ask("reassign owned by changing to postgres", name)


async def test_database_that_can_only_be_read_for_a_while(place, postgres_server):
    async with a_call_during_trouble(place, "can only be read, as a standby can; name the primary") as until_refused:
        await become_read_only(postgres_server, "on")
        try:
            await until_refused()
        finally:
            await become_read_only(postgres_server, "off")


async def become_read_only(server, value: str) -> None:
    """Change it for connections that are there, too."""
    await server.ask(f"alter system set default_transaction_read_only = {value}")
    await server.ask("select pg_reload_conf()")


async def test_pooler_that_is_put_in_front(place, postgres_server, unused_tcp_port_factory):
    elsewhere = unused_tcp_port_factory()
    async with a_call_during_trouble(place, "is behind a connection pooler; name PostgreSQL itself") as until_refused:
        await asyncio.to_thread(postgres_server.stop)
        try:
            await asyncio.to_thread(postgres_server.start, port=str(elsewhere))
            with PgBouncer(elsewhere, mode="transaction", port=postgres_server.port, drops_settings=True):
                await until_refused()
        finally:
            await asyncio.to_thread(postgres_server.stop)
            await asyncio.to_thread(postgres_server.start)


@pytest.mark.parametrize(
    ("database", "code", "sentence"),
    [
        ("postgresql://anna:geheim@127.0.0.1:{port}/nowhere", 3, "does not exist; create it with createdb, or mend"),
        ("postgresql://anna:geheim@127.0.0.1:1/calls", 3, "cannot be reached; check that PostgreSQL runs, and that"),
        ("postgresql://anna:geheim@127.0.0.1/calls?sslmode=ye", 2, "RINGFLOW_DATABASE has the unknown sslmode 'ye'"),
        (
            "postgresql://127.0.0.1:{port}/postgres?user=with_password&password=geheim",
            3,
            "refuses the user or the pass",
        ),
    ],
)
async def test_start_says_what_to_mend_and_ends(place, postgres_server, database, code, sentence):
    if not await postgres_server.ask("select from pg_roles where rolname = 'anna'"):
        await postgres_server.ask("create role anna login")
    settings = place.settings
    environ = {
        "RINGFLOW_DATABASE": database.format(port=postgres_server.port),
        "RINGFLOW_FLOWS": "flows", "RINGFLOW_LISTEN": "127.0.0.1:0",
        "TELNYX_API_KEY": settings.telnyx_api_key, "TELNYX_PUBLIC_KEY": settings.telnyx_public_key,
        "RINGFLOW_SECRET_TEAM_ROOM_PIN": "1234", "RINGFLOW_PUBLIC_URL": "https://calls.example.com",
    }  # fmt: skip

    found, out, err = await ringflow(place, "serve", **environ)

    assert (found, out) == (code, "")
    assert sentence in err
    assert "geheim" not in err
    assert len([line for line in err.splitlines() if line.startswith("ringflow: ")]) == 1
