"""The service on PostgreSQL, over real HTTP: killed in the middle of a call, and with its database away for a while."""

from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from breaking_proxy import Break, breaking_proxy
from service_world import place_in
from test_service_kill_9 import Program, carried_out, until
from test_service_oddities import until_ready

from engine.errors import StoreLocked
from engine.simulator.options import Options
from engine.simulator.server import SimulatorServer
from engine.simulator.world import World
from engine.tables import catalogue

CALLERS = 12


@pytest.fixture
async def place(tmp_path, postgres_url):
    async with place_in(tmp_path, speed=20.0) as place:
        place.set(database=postgres_url)
        yield place


@pytest.mark.parametrize(("checkpoint", "count"), [("committed", 2), ("first_byte", 2)])
async def test_call_goes_on_after_kill_9_and_nothing_is_said_twice(tmp_path, postgres_url, checkpoint, count):
    world = World(catalogue(), seed=1, options=Options(speed=20.0), start=time.time())
    async with SimulatorServer(world) as simulator:
        program = Program(tmp_path, simulator, database=postgres_url)
        async with program.running(checkpoint, count) as process:
            leg = world.call(from_="+34600111222", to="+15551230000", now=time.time()).call_control_id
            simulator.settle()
            assert await asyncio.wait_for(process.wait(), 20) == -9
        async with program.running():
            await until(simulator, lambda: world.look(leg).state == "ended")

    assert heard_in(world) == {leg: ["First.", "Second.", "Third."]}
    assert done_twice(world) == []


async def test_call_goes_on_with_the_next_service(place):
    async with place.serving():
        leg = place.call()
        await place.log.line("state", state="waiting")
        with pytest.raises(StoreLocked):
            async with place.serving():
                pass

    async with place.serving():
        place.hang_up(leg)
        await place.log.line("ended", state="waiting")

    assert heard_in(place.simulator.world) == {leg: ["Hello."]}


@pytest.mark.parametrize("way", [signal.SIGINT, signal.SIGQUIT], ids=["shut down", "crashed"])
async def test_calls_go_on_when_postgresql_comes_back(place, postgres_server, way):
    world = place.simulator.world
    async with place.serving() as serving:
        before = place.call()
        await place.log.line("state", state="waiting")
        await asyncio.to_thread(postgres_server.stop, way)
        try:
            during = place.call()
            await until_ready(serving.port, 503)
            place.hang_up(before)
            await place.log.line("webhook_refused", reason="store-unavailable", status=503)
        finally:
            await asyncio.to_thread(postgres_server.start)
        await until_ready(serving.port, 200)
        await place.log.line("ended", state="waiting", within_s=15)
        await until(place.simulator, lambda: heard_in(world).get(during))
        after = place.call()
        await until(place.simulator, lambda: heard_in(world).get(after))

    away = [row["problem"] for row in place.log.rows if row["event"] == "database_away"]
    assert "geheim" not in str(away)
    assert any("check that PostgreSQL runs" in problem for problem in away)
    assert heard_in(world) == {before: ["Hello."], during: ["Hello."], after: ["Hello."]}
    assert done_twice(world) == []


async def test_commits_that_break_off_are_done_once_whether_they_were_done_or_not(place, postgres_server):
    breaks: Iterator[Break] = iter(("after", "before", "", "after", "before"))
    async with breaking_proxy(postgres_server.port, breaks) as proxy:
        place.set(database=place.settings.database.replace(f":{postgres_server.port}/", f":{proxy.port}/"))
        async with place.serving():
            callers = [place.call() for _ in range(CALLERS)]
            await until(place.simulator, lambda: len(heard_in(place.simulator.world)) == CALLERS)
            async with asyncio.timeout(20):
                while (
                    sum(row["event"] == "state" and row.get("state") == "waiting" for row in place.log.rows) < CALLERS
                ):
                    await place.log.news()

    away = [row for row in place.log.rows if row["event"] == "database_away"]
    assert away
    assert heard_in(place.simulator.world) == {leg: ["Hello."] for leg in callers}
    assert done_twice(place.simulator.world) == []


def heard_in(world: World) -> dict[str, list[str]]:
    """Return what each leg has heard, in order."""
    heard: dict[str, list[str]] = {}
    for entry in world.record:
        if entry.kind == "hears":
            heard.setdefault(entry.leg, []).append(entry.what)
    return heard


def done_twice(world: World) -> list[str]:
    """Return the commands that Telnyx has carried out more than once."""
    done = [entry for entry in world.record if entry.kind == "request" and carried_out(entry)]
    return [
        name
        for name, number in Counter(entry.details["parameters"]["command_id"] for entry in done).items()
        if number > 1
    ]
