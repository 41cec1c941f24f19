"""
The crash laboratory: engines that are killed, stopped and drained while calls go on, and what came of it.

``python tests/crash/laboratory.py --store sqlite --events 500 --kills 10`` prints a table; ``make crash`` runs the long
form. It exits with 1 when something was found that must never happen. CRASH_SCALE says how fast time runs.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import signal
import sys
import tempfile
import time
from contextlib import AsyncExitStack, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import crash_time

crash_time.quicken()
sys.path.append(str(Path(__file__).resolve().parent.parent))

from count import Witnessed  # noqa: E402
from crash_balancer import Balancer  # noqa: E402
from crash_faults import Faults, plan_of  # noqa: E402
from crash_fleet import Fleet, base_environ  # noqa: E402
from crash_ledger import live_runs, prepare, read_ledger  # noqa: E402
from crash_people import People  # noqa: E402
from crash_report import Report, report_of, table  # noqa: E402
from crash_witness import live_spans, requests_done  # noqa: E402
from postgres_server import PostgresServer, programs  # noqa: E402

from engine.simulator.deliveries import Destination  # noqa: E402
from engine.simulator.options import Options  # noqa: E402
from engine.simulator.server import SimulatorServer  # noqa: E402
from engine.simulator.trouble import CALM, Chaos  # noqa: E402
from engine.simulator.world import World  # noqa: E402
from engine.tables import catalogue  # noqa: E402

_FLOWS = Path(__file__).resolve().parent / "flows"
_QUIET_WITHIN_S = 330.0  # the longest call of the flows, and a minute for Telnyx's last try of a webhook
_LOOK_EVERY_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a laboratory does: at least *events* webhooks and *kills* kill -9, with *crowd* calls at once."""

    store: str
    engines: int
    events: int
    kills: int
    seed: int
    crowd: int
    plant: str = ""
    only: str = ""


async def run(plan: Plan, folder: Path) -> Report:
    """Carry *plan* out in *folder* and return what was counted. SIGTERM ends it, with all that it began."""
    me = asyncio.current_task()
    assert me is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, me.cancel)
    chance = random.Random(plan.seed)
    async with AsyncExitStack() as stack:
        server = None
        address = f"sqlite:///{folder}/ringflow.db"
        if plan.store == "postgres":
            binaries = programs()
            assert binaries is not None, "the laboratory needs PostgreSQL: apt-get install postgresql"
            server = PostgresServer(binaries)
            server.starts_within_s *= crash_time.SCALE  # it works in real time
            stack.callback(server.remove)
            address = await server.new_database()
        await prepare(address)
        world = World(catalogue(), seed=plan.seed, options=Options(), start=time.time())
        world.trouble = trouble(plan.seed)
        simulator = SimulatorServer(world, clock=time.time, answer_after_s=3.0, webhooks=Destination(timeout_s=10.0))
        await stack.enter_async_context(simulator)
        environ = _environ(simulator, address, plan.plant)
        fleet = await stack.enter_async_context(Fleet(slots=plan.engines, folder=folder, environ=environ))
        balancer = await stack.enter_async_context(Balancer(lambda: fleet.ports, chance=random.Random(plan.seed + 1)))
        simulator.webhook_url = balancer.url
        for slot in range(plan.engines):
            await fleet.start(slot)
        faults = Faults(fleet, chance=chance, database=server)
        people = People(simulator, chance=random.Random(plan.seed + 2), crowd=plan.crowd)
        await _live_through(plan, faults, people, simulator, chance)
        await _calm_down(simulator, people, address)
        ledger = await read_ledger(address)
        seen = _witnessed(simulator, balancer, fleet, faults, crowd=plan.crowd)
        return report_of(seen, ledger, plan=asdict(plan), faults=faults, world=world, calls=people.calls)


def trouble(seed: int) -> Chaos:
    """What goes wrong with webhooks and answers all the time."""
    return Chaos(
        duplicate=0.05, twin=0.02, reorder=0.05, delay=0.05, throttle=0.01, error=0.03, slow=0.05, reset=0.02,
        late_s=5.0, slow_s=2.0, seed=seed,
    )  # fmt: skip


def _environ(simulator: SimulatorServer, address: str, fault: str) -> dict[str, str]:
    return base_environ() | {
        "TELNYX_API_KEY": simulator.api_key,
        "TELNYX_PUBLIC_KEY": simulator.public_key,
        "TELNYX_API_URL": simulator.url,
        "RINGFLOW_FLOWS": str(_FLOWS),
        "RINGFLOW_DATABASE": address,
        "RINGFLOW_LOG_LEVEL": "warning",
        "CRASH_PLANT": fault,
    }


async def _live_through(
    plan: Plan, faults: Faults, people: People, simulator: SimulatorServer, chance: random.Random
) -> None:
    """Let people call until all faults are done and enough webhooks have been sent."""
    deeds = plan_of(kills=plan.kills, engines=plan.engines, on_postgres=plan.store == "postgres", chance=chance)
    if plan.only:
        deeds = [plan.only] * plan.kills
    sent = Webhooks(simulator)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(people.run())
        await faults.run(deeds, pause_s=(0.5, 6.0), reached=lambda share: sent.reach(plan.events * share))
        await sent.reach(plan.events)
        people.go_home()


async def _calm_down(simulator: SimulatorServer, people: People, address: str) -> None:
    """Let everybody hang up and nothing go wrong any more, and wait until the engine believes it, but not for ever."""
    print(f"{time.time():.1f} everybody hangs up", file=sys.stderr)
    simulator.world.trouble = CALM
    people.hang_up_all()
    with suppress(TimeoutError):
        async with asyncio.timeout(_QUIET_WITHIN_S):
            await simulator.drain()
            while await live_runs(address) != (0, 0):  # noqa: ASYNC110 (what another process writes tells nobody)
                await asyncio.sleep(_LOOK_EVERY_S)


def _witnessed(
    simulator: SimulatorServer, balancer: Balancer, fleet: Fleet, faults: Faults, *, crowd: int
) -> Witnessed:
    world = simulator.world
    return Witnessed(
        acknowledged=frozenset(balancer.acknowledged),
        done=requests_done(world.record, catalogue()),
        open=[leg.call_control_id for leg in world.legs if world.look(leg.call_control_id).state != "ended"],
        over={e.leg: e.at for e in world.record if e.kind == "state" and e.what == "hung up" and e.leg is not None},
        live=live_spans(fleet.all, faults.down, crowd=crowd),
        take_overs=faults.take_overs,
        frozen=faults.frozen,
    )


class Webhooks:
    """Counts the webhooks that were sent."""

    def __init__(self, simulator: SimulatorServer) -> None:
        self._simulator = simulator
        self._seen = self._number = 0

    async def reach(self, number: float) -> None:
        """Return when there were *number* webhooks."""
        record = self._simulator.world.record
        while True:
            self._number += sum(entry.kind == "webhook" for entry in record[self._seen :])
            self._seen = len(record)
            if self._number >= number:
                return
            await self._simulator.change()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--store", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--engines", type=int, default=1, help="engines on one database; more than one on PostgreSQL")
    parser.add_argument("--events", type=int, default=500, help="webhooks, at least")
    parser.add_argument("--kills", type=int, default=10, help="how often an engine is killed")
    parser.add_argument("--crowd", type=int, default=10, help="calls at once")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--plant", default="", help="a fault of crash_planted.py that is to be found")
    parser.add_argument("--only", default="", help="the one thing to do, --kills times, such as 'stop'")
    parser.add_argument("--keep", default="", help="a new folder for the database and the logs, to look at afterwards")
    parser.add_argument("--json", action="store_true", help="print the counts as JSON")
    given = vars(parser.parse_args())
    as_json, keep = given.pop("json"), given.pop("keep")
    plan = Plan(**given)
    print(f"seed {plan.seed}, time runs {crash_time.SCALE:g} times as fast", file=sys.stderr, flush=True)
    began = crash_time.REAL_MONOTONIC()
    with tempfile.TemporaryDirectory(prefix="ringflow-crash-") as passing:
        folder = Path(keep or passing)
        folder.mkdir(exist_ok=True)
        report = crash_time.run(run(plan, folder))
    took_s = crash_time.REAL_MONOTONIC() - began
    print(json.dumps(asdict(report)) if as_json else table([report]))
    print(f"took {took_s:.0f} s", file=sys.stderr)
    return 1 if report.broken else 0


if __name__ == "__main__":
    sys.exit(main())
