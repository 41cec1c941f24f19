"""The service on PostgreSQL, over real HTTP: killed in the middle of a call, and with its database away for a while."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from breaking_proxy import Break, breaking_proxy
from service_world import place_in, ringflow
from test_service_kill_9 import Program, carried_out, until
from test_service_oddities import until_ready

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
    world = World(catalogue(), seed=1, options=Options(speed=2.0), start=time.time())  # its 60 s outlast the restart
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

    async with place.serving():
        place.hang_up(leg)
        await place.log.line("ended", state="waiting")

    assert heard_in(place.simulator.world) == {leg: ["Hello."]}


async def test_services_side_by_side_take_the_events_of_every_call(place):
    world = place.simulator.world
    async with AsyncExitStack() as stack:
        ports = [(await stack.enter_async_context(side_by_side(place, number))).port for number in range(3)]
        place.simulator.webhook_url = f"{await stack.enter_async_context(balancer(ports))}/webhooks/telnyx"
        callers = [place.call() for _ in range(CALLERS)]
        await until_said(place, "waiting")
        for leg in callers:
            place.hang_up(leg)
        await until_ended(place)

    assert heard_in(world) == {leg: ["Hello."] for leg in callers}
    assert done_twice(world) == []
    assert [row for row in place.log.rows if row.get("level") == "error"] == []


async def test_new_service_comes_up_beside_the_old_one_and_no_caller_notices(place):
    world = place.simulator.world
    async with AsyncExitStack() as stack:
        old_stack = await stack.enter_async_context(AsyncExitStack())
        old = await old_stack.enter_async_context(side_by_side(place, 0))
        ports = [old.port]
        place.simulator.webhook_url = f"{await stack.enter_async_context(balancer(ports))}/webhooks/telnyx"
        callers = [place.call() for _ in range(CALLERS)]
        new = await stack.enter_async_context(side_by_side(place, 1))
        ports.append(new.port)
        callers += [place.call() for _ in range(CALLERS)]
        await old_stack.aclose()
        callers += [place.call() for _ in range(CALLERS)]
        await until_said(place, "waiting", len(callers))
        for leg in callers:
            place.hang_up(leg)
        await until_ended(place, len(callers))

    assert heard_in(world) == {leg: ["Hello."] for leg in callers}
    assert done_twice(world) == []
    assert [row for row in place.log.rows if row.get("level") == "error"] == []


async def test_version_that_one_service_pins_or_brings_is_known_to_the_other(place):
    first, second = (
        dict(place.files),
        {"hello.flow.yaml": place.files["hello.flow.yaml"].replace(b"Hello.", b"Good day.")},
    )
    async with AsyncExitStack() as stack:
        old = await stack.enter_async_context(side_by_side(place, 0))
        place.files = second
        new = await stack.enter_async_context(side_by_side(place, 1))
        place.simulator.webhook_url = f"http://127.0.0.1:{new.port}/webhooks/telnyx"
        leg = place.call()
        await place.log.line("state", state="waiting")
        place.simulator.webhook_url = f"http://127.0.0.1:{old.port}/webhooks/telnyx"
        place.hang_up(leg)
        await place.log.line("ended", state="waiting")
        [version] = {
            row["version"]
            for row in place.log.rows
            if row["event"] == "serving" and row["listen"].endswith(f":{old.port}")
        }
        done, _, told = await ringflow(place, "flows", "use", version[:8])
        assert done == 0, told
        await place.log.line("version_used", version=version, pinned=True)
        place.simulator.webhook_url = f"http://127.0.0.1:{new.port}/webhooks/telnyx"
        await pinned_twice(place, version)
        other = place.call()
        await until(place.simulator, lambda: heard_in(place.simulator.world).get(other))

    assert first != second
    assert heard_in(place.simulator.world) == {leg: ["Good day."], other: ["Hello."]}


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_call_of_two_services_is_listed_shown_replayed_compared_and_forgotten(place):
    flows = place.folder / "flows"
    flows.mkdir()
    (flows / "hello.flow.yaml").write_bytes(place.files["hello.flow.yaml"])
    async with AsyncExitStack() as stack:
        ports = [(await stack.enter_async_context(side_by_side(place, number))).port for number in range(2)]
        place.simulator.webhook_url = f"{await stack.enter_async_context(balancer(ports))}/webhooks/telnyx"
        leg = place.call()
        await until_rows(place, 1, event="state", state="waiting")
        place.hang_up(leg)
        await until_ended(place, 1)
        [name] = {row["call"] for row in place.log.rows if row["event"] == "ended"}
        answers = [
            await ringflow(place, *words.split(), RINGFLOW_FLOWS=str(flows))
            for words in (
                "calls",
                f"show {name}",
                f"replay {name}",
                f"diff {flows} {flows}",
                "forget +34600111222",
                "calls",
            )
        ]

    listed, shown, replayed, compared, forgotten, after = answers
    assert [code for code, _, _ in answers] == [0] * 6, answers
    assert name in listed[1]
    assert "Hello." in shown[1]
    assert "exactly as recorded" in replayed[1]
    assert "nothing" in compared[1].lower()
    assert "1 call" in forgotten[1]
    assert name not in after[1]


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


@asynccontextmanager
async def side_by_side(place, number: int):
    """Serve with an address of its own, beside other services on the same database."""
    place.set(listen="127.0.0.1:0", admin_listen=f"unix:{place.folder}/admin-{number}.sock")
    async with place.serving() as serving:
        yield serving


@asynccontextmanager
async def balancer(ports: list[int]):
    """Hand each request to the next of *ports*, and to the one after it when that does not take it, as balancers do."""
    turns = itertools.count()

    async def pass_on(request: web.Request) -> web.Response:
        body, number = await request.read(), next(turns)
        for port in (ports[(number + step) % len(ports)] for step in range(len(ports))):
            with contextlib.suppress(aiohttp.ClientConnectionError):
                async with session.post(
                    f"http://127.0.0.1:{port}{request.path}", data=body, headers=request.headers
                ) as answer:
                    if answer.status != 503:
                        return web.Response(status=answer.status)
        return web.Response(status=503)

    app = web.Application()
    app.router.add_post("/{path:.*}", pass_on)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        async with aiohttp.ClientSession() as session:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def until_said(place, state: str, number: int = CALLERS) -> None:
    await until_rows(place, number, event="state", state=state)


async def until_ended(place, number: int = CALLERS) -> None:
    await until_rows(place, number, event="ended")


async def until_rows(place, number: int, **fields) -> None:
    """Return when the log has lines with *fields* of that many calls."""
    async with asyncio.timeout(30):
        while len({row["call"] for row in place.log.rows if fields.items() <= row.items()}) < number:
            await place.log.news()


async def pinned_twice(place, version: str) -> None:
    """Return when both services give new calls *version*."""
    async with asyncio.timeout(10):
        while sum(row["event"] == "version_used" and row["version"] == version for row in place.log.rows) < 2:
            await place.log.news()


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
