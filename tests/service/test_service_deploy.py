"""A deploy under load: a new service takes the place of the old one, and no call is lost or hears anything twice."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter

import pytest
from deploying import Release, front, release
from language_world import until
from service_world import CALLER, OFFICE
from test_service_kill_9 import FLOW, carried_out

from engine.simulator.options import Options
from engine.simulator.server import SimulatorServer
from engine.simulator.world import World
from engine.tables import catalogue

BETWEEN_CALLS_S = 0.1
CALLS = 30  # before the deploy, and again after it
# True: both serve for a while, and the new one is up before the old one stops. Else the new one waits for the lock.
OVERLAPS = {"sqlite": False, "postgresql": True}


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
async def test_no_call_is_lost_while_a_new_service_takes_over(store, tmp_path, request, record_property):
    database = f"sqlite:///{tmp_path}/ringflow.db"
    if store == "postgresql":
        server = request.getfixturevalue("postgres_server")
        database = await server.new_database()
    (tmp_path / "hello.flow.yaml").write_text(FLOW)
    world = World(catalogue(), seed=1, options=Options(speed=5.0), start=time.time())
    async with SimulatorServer(world) as simulator, front() as (balancer, simulator.webhook_url):
        environ = {
            "TELNYX_API_KEY": simulator.api_key,
            "TELNYX_PUBLIC_KEY": simulator.public_key,
            "TELNYX_API_URL": simulator.url,
            "RINGFLOW_FLOWS": str(tmp_path),
            "RINGFLOW_DATABASE": database,
        }
        async with release(environ | {"RINGFLOW_ADMIN_LISTEN": f"unix:{tmp_path}/old.sock"}) as old:
            await old.serves()
            balancer.ports = [old.port]
            calling = asyncio.create_task(call_steadily(simulator))
            await until(simulator, lambda: len(world.legs) >= CALLS)
            async with release(environ | {"RINGFLOW_ADMIN_LISTEN": f"unix:{tmp_path}/new.sock"}) as new:
                balancer.ports = [new.port, old.port]
                if OVERLAPS[store]:
                    await new.serves()
                else:
                    await waits_for_lock(new, store, request)
                began = time.monotonic()
                assert await old.stop() == 0
                await new.serves()
                during = len(world.legs)
                await until(simulator, lambda: len(world.legs) >= during + CALLS)
                calling.cancel()
                async with asyncio.timeout(90):  # the last retries of Telnyx come after 58 seconds
                    while any(world.look(leg.call_control_id).state != "ended" for leg in world.legs):
                        await simulator.change()
                gap_s = balancer.longest_gap_s(began)

    told = f"{len(world.legs)} calls, {balancer.refused} webhooks refused, {gap_s:.2f} s without a 200 at the most"
    record_property("table", f"{store}: {told}")
    heard: dict[str, list[str]] = {leg.call_control_id: [] for leg in world.legs}
    for entry in world.record:
        if entry.kind == "hears":
            heard[entry.leg].append(entry.what)
    assert [texts for texts in heard.values() if texts != ["First.", "Second.", "Third."]] == []
    done = [entry for entry in world.record if entry.kind == "request" and carried_out(entry)]
    assert Counter(entry.what for entry in done) == {
        "answer": len(heard), "speak": 3 * len(heard), "hangup": len(heard),
    }  # fmt: skip
    assert simulator.undelivered == []
    assert [line for line in old.log + new.log if line["level"] == "error"] == []
    assert OVERLAPS[store] or balancer.refused > 0
    assert gap_s < (3 if OVERLAPS[store] else 12), "the old service has 10 seconds to stop"


async def call_steadily(simulator: SimulatorServer) -> None:
    while True:
        simulator.world.call(from_=CALLER, to=OFFICE, now=simulator.clock())
        simulator.settle()
        await asyncio.sleep(BETWEEN_CALLS_S)


async def waits_for_lock(new: Release, store: str, request: pytest.FixtureRequest) -> None:
    """Return when *new* has come so far that only the lock of the old service keeps it from serving."""

    async def is_there() -> bool:
        if store == "postgresql":
            server = request.getfixturevalue("postgres_server")
            waiting = await server.ask(
                "select from pg_stat_activity where query like '%pg_try_advisory_lock%' and state = 'idle'"
                " and query_start > now() - interval '1 second'"
            )
            return bool(waiting)
        files = f"/proc/{new.pid}/fd"
        return any(os.readlink(f"{files}/{name}").endswith(".lock") for name in os.listdir(files))

    async with asyncio.timeout(30):
        while not await is_there():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
