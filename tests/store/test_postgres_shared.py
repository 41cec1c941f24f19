"""Several processes on one PostgreSQL database: whose commands are whose, and what becomes of those of the gone."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from engine.core.change import Change, Row, Timer
from engine.core.command import Command, OutboxRow
from engine.errors import StoreLocked, StoreUnavailable
from engine.ports import PINNED
from engine.store.postgres import PostgresStore
from engine.store.postgres_lease import LeaseTerms
from engine.store.postgres_opening import connect, hang_up

NOW = 1_800_000_000.0
BRIEF = LeaseTerms(beat_s=0.05, lease_s=0.6, rest_s=0.3)
LONG = LeaseTerms(beat_s=0.05, lease_s=600.0, rest_s=0.3)
OLDER_LOCK = "hashtextextended('ringflow service', 0)"


@asynccontextmanager
async def processes(url: str, number: int, terms: LeaseTerms = BRIEF):
    async with AsyncExitStack() as stack:
        stores = [PostgresStore(url, lock_wait_s=0, terms=terms) for _ in range(number)]
        for store in stores:
            stack.push_async_callback(store.close)
        await asyncio.gather(*(store.open() for store in stores))
        yield stores


def command(name: str, run: str, seq: int, *, urgent: bool = False) -> OutboxRow:
    return OutboxRow(
        command_id=name, run=run, chain=run, seq=seq, command=Command(operation="speak"), created_at=NOW, urgent=urgent
    )


def change(run: str, ver: int, *names: str, urgent: bool = False, **fields) -> Change:
    rows = tuple(command(name, run, ver * 1000 + number, urgent=urgent) for number, name in enumerate(names))
    row = Row(run=run, ver=ver, state="{}")
    return Change(event_id=f"{run}-{ver}", at=NOW, row=row, ver_before=ver - 1, commands=rows, **fields)


async def beaten(store, until):
    """Let *store* beat until *until* is true of what it holds; return its last beat."""
    async with asyncio.timeout(20):
        while True:
            beat = await store.shared.beat(paused_until=0.0)
            if await until(store):
                return beat


async def holds(store, *names: str) -> bool:
    return await store.shared.held() == frozenset(names)


async def cut(store) -> None:
    """End the session of the lease, as a firewall or a crash does."""
    store._lease._connection.terminate()


# -- whose commands -------------------------------------------------------------------------------------------


async def test_new_commands_go_to_whoever_has_some_of_the_run_to_send(postgres_url):
    async with processes(postgres_url, 2) as (one, other):
        await one.apply([change("anna", 1, "a1")])
        await other.apply([change("ben", 1, "b1")])
        await other.apply([change("anna", 2, "a2"), change("ben", 2, "b2")])

        assert await holds(one, "a1", "a2")
        assert await holds(other, "b1", "b2")
        assert [row.command_id for row in await one.shared.commands(["a2", "b2", "a1"])] == ["a1", "a2"]
        assert await other.attempt(["a1", "a2", "b1"], at=NOW) == {"b1"}


async def test_a_run_whose_commands_are_done_belongs_to_whoever_comes_next(postgres_url):
    async with processes(postgres_url, 2) as (one, other):
        await one.apply([change("anna", 1, "a1")])
        await other.apply([change("anna", 2, "a2", settled=("a1",))])

        assert await holds(one)
        assert await holds(other, "a2")


async def test_hang_up_is_sent_by_whoever_decides_on_it(postgres_url):
    async with processes(postgres_url, 2) as (one, other):
        await one.apply([change("anna", 1, "a1")])
        await other.apply([change("anna", 2, "bye", urgent=True)])

        assert await holds(other, "bye")
        assert await other.attempt(["bye"], at=NOW) == {"bye"}


async def test_commands_of_a_refused_change_stay_whose_they_were(postgres_url):
    async with processes(postgres_url, 2) as (one, other):
        await one.apply([change("anna", 1, "a1")])

        assert await other.apply([change("anna", 1, "a1")]) == {"anna"}

        assert await holds(one, "a1")


async def test_nothing_is_sent_before_what_another_process_put_in_front_of_it(postgres_url):
    async with processes(postgres_url, 2) as (one, other):
        await one.apply([change("anna", 1, "a1")])
        await other.apply([change("anna", 2, "a2")])
        await one.apply([change("anna", 3, "a3")])
        await one.attempt(["a1"], at=NOW)

        assert await one.attempt(["a3"], at=NOW) == frozenset()
        assert await one.attempt(["a2"], at=NOW) == {"a2"}
        assert await one.attempt(["a3"], at=NOW) == {"a3"}


async def test_whoever_sends_is_told_of_what_others_change(postgres_url):
    async with processes(postgres_url, 3) as (one, other, third):
        heard = {name: asyncio.Event() for name in ("one", "other", "third")}
        for name, store in (("one", one), ("other", other), ("third", third)):
            store.shared.listen(heard[name].set)
        await one.apply([change("anna", 1, "a1")])
        await other.apply([change("anna", 2, withdrawn=("a1",))])

        await asyncio.wait_for(heard["one"].wait(), 10)
        assert not heard["other"].is_set()
        assert not heard["third"].is_set()


# -- those who go ---------------------------------------------------------------------------------------------


async def test_a_process_that_stops_leaves_its_commands_to_the_next_beat(postgres_url):
    async with processes(postgres_url, 2, LONG) as (one, other):
        await one.apply([change("anna", 1, "a1", "a2")])
        await one.attempt(["a1"], at=NOW)
        await one.close()

        await other.shared.beat(paused_until=0.0)

        assert await holds(other, "a1", "a2")
        [first, second] = await other.shared.commands(["a1", "a2"])
        assert (first.first_attempt_at, second.first_attempt_at) == (NOW, None)


async def test_what_joins_the_commands_of_a_process_that_stopped_is_taken_with_them(postgres_url):
    async with processes(postgres_url, 3, LONG) as (one, other, third):
        await one.apply([change("anna", 1, "a1")])
        await one.close()
        await other.apply([change("anna", 2, "a2")])
        assert await holds(other)

        await third.shared.beat(paused_until=0.0)

        assert await holds(third, "a1", "a2")


async def test_killed_process_is_followed_when_its_last_request_must_be_over(postgres_url):
    async with processes(postgres_url, 2, LONG) as (one, other):
        await one.apply([change("anna", 1, "a1")])
        await cut(one)
        loop = asyncio.get_running_loop()
        begun = loop.time()

        await beaten(other, lambda store: holds(store, "a1"))

        assert loop.time() - begun >= LONG.rest_s


async def test_process_that_hangs_is_followed_after_its_lease_and_finds_out(postgres_url):
    async with processes(postgres_url, 2) as (one, other):
        await one.apply([change("anna", 1, "a1")])
        await one.shared.beat(paused_until=0.0)
        loop = asyncio.get_running_loop()
        begun = loop.time()
        assert one.shared.is_held

        await beaten(other, lambda store: holds(store, "a1"))

        assert loop.time() - begun >= BRIEF.lease_s
        assert not one.shared.is_held
        assert (await one.shared.beat(paused_until=0.0)).is_lost
        assert one.shared.is_held
        assert await holds(one)
        assert not (await one.shared.beat(paused_until=0.0)).is_lost


async def test_process_whose_connection_breaks_keeps_its_commands(postgres_url):
    async with processes(postgres_url, 2, LONG) as (one, other):
        await one.apply([change("anna", 1, "a1")])
        await cut(one)
        assert not one.shared.is_held

        beat = await one.shared.beat(paused_until=0.0)

        assert not beat.is_lost
        assert one.shared.is_held
        assert await holds(one, "a1")
        heard = asyncio.Event()
        one.shared.listen(heard.set)
        await other.apply([change("anna", 2, "a2")])
        await asyncio.wait_for(heard.wait(), 10)
        assert await holds(one, "a1", "a2")


async def test_process_that_was_buried_while_cut_off_has_lost_its_commands(postgres_url):
    async with processes(postgres_url, 2, LONG) as (one, other):
        await one.apply([change("anna", 1, "a1")])
        await cut(one)
        await beaten(other, lambda store: holds(store, "a1"))

        assert (await one.shared.beat(paused_until=0.0)).is_lost
        assert await holds(one)


async def test_two_who_claim_at_once_share_no_run(postgres_url):
    names = [f"run{number}" for number in range(40)]
    async with processes(postgres_url, 3, LONG) as (one, other, third):
        await one.apply([change(name, 1, f"{name}-1", f"{name}-2") for name in names])
        await one.close()

        await asyncio.gather(*(store.shared.beat(paused_until=0.0) for store in (other, third)))
        await beaten(other, lambda store: _all_held(postgres_url))

        mine, others = await other.shared.held(), await third.shared.held()
        assert not {name.partition("-")[0] for name in mine} & {name.partition("-")[0] for name in others}
        assert len(mine | others) == 80


async def _all_held(url: str) -> bool:
    connection = await connect(url)
    try:
        return not await connection.fetchval("select count(*) from outbox where owner is null")
    finally:
        await hang_up(connection)


# -- what a beat tells ----------------------------------------------------------------------------------------


async def test_a_beat_tells_how_many_there_are_and_until_when_one_of_them_sends_nothing(postgres_url):
    async with processes(postgres_url, 3) as (one, other, third):
        await other.put_note(PINNED, "v1")
        await other.shared.beat(paused_until=NOW + 5)
        await third.shared.beat(paused_until=NOW + 3)

        beat = await one.shared.beat(paused_until=NOW + 9)

        assert (beat.others, beat.paused_until, beat.pinned, beat.is_lost) == (2, NOW + 5, "v1", False)


async def test_timers_are_for_the_first_process_and_late_ones_for_all(postgres_url):
    timers = {name: Timer(name, NOW + at, 1) for name, at in (("anna", 1.0), ("ben", 2.0))}
    async with processes(postgres_url, 1, LONG) as (one,):
        await one.apply([change(name, 1, timer=timer) for name, timer in timers.items()])
        assert set((await one.outstanding()).timers) == set(timers.values())
        async with processes(postgres_url, 1, LONG) as (other,):
            assert (await other.outstanding()).timers == ()
            assert await other.shared.late_timers(before=NOW + 1.5) == (timers["anna"],)
            assert await other.shared.waiting() == ("anna", "ben")


# -- opening --------------------------------------------------------------------------------------------------


async def test_processes_that_start_together_make_the_tables_once_and_agree_on_a_note(postgres_url):
    async with processes(postgres_url, 5) as stores:
        names = await asyncio.gather(*(store.first_note("install", str(number)) for number, store in enumerate(stores)))

    assert len(set(names)) == 1


async def test_service_of_an_older_version_is_waited_for(postgres_url):
    connection = await connect(postgres_url)
    assert await connection.fetchval(f"select pg_try_advisory_lock({OLDER_LOCK})")
    with pytest.raises(StoreLocked, match="a service of an older version of ringflow uses the PostgreSQL database"):
        await PostgresStore(postgres_url, lock_wait_s=0).open()
    waiting = PostgresStore(postgres_url, lock_wait_s=20)
    opening = asyncio.create_task(waiting.open())
    await hang_up(connection)

    await opening
    await waiting.close()


async def test_lease_is_not_held_while_postgresql_is_away_for_long_and_is_renewed(postgres_server, postgres_url):
    async with processes(postgres_url, 1) as (one,):
        await one.apply([change("anna", 1, "a1")])
        await asyncio.to_thread(postgres_server.stop)
        try:
            with pytest.raises(StoreUnavailable):
                await one.shared.beat(paused_until=0.0)
            assert not one.shared.is_held
        finally:
            await asyncio.to_thread(postgres_server.start)

        beat = await one.shared.beat(paused_until=0.0)

        assert (beat.is_lost, beat.others) == (False, 0)
        assert await holds(one, "a1")
