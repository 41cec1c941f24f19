"""How many webhooks a second: the engine beside a bare handler that verifies the signature and answers 200."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from bench_calls import ACTIONS, STEPS, in_turn
from bench_child import Child, child
from bench_figures import arrivals, problems, table
from bench_latency import wait_for_actions
from bench_sender import send_all
from bench_stage import NAMES, Stage, two_processors

from engine.simulator.signing import Signer

GATE = 0.40  # of the bare handler's, on SQLite
AIM = 0.60
BARE = "bare"


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """How much is sent at once: *calls* whole calls over each number of connections, in each of *rounds*."""

    rounds: int = 5
    calls: int = 400
    connections: Sequence[int] = (2, 8, 64)


@dataclass(frozen=True, slots=True)
class Rate:
    """What one burst showed: webhooks a second, and microseconds of CPU that the server spent on each."""

    per_second: float
    cpu_us: float


@dataclass(slots=True)
class Throughput:
    """Of each variant and number of connections: one Rate for each round; *wrong* is what was not as it should be."""

    rates: dict[tuple[str, int], list[Rate]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def ratios(self, variant: str, connections: int) -> list[float]:
        """Return how fast *variant* was beside the bare handler, of each round."""
        pairs = zip(self.rates[variant, connections], self.rates[BARE, connections], strict=True)
        return [engine.per_second / bare.per_second for engine, bare in pairs]

    def rows(self) -> Iterable[Sequence[str]]:
        for (variant, connections), rates in self.rates.items():
            if variant == BARE:
                continue
            ratios, bare = self.ratios(variant, connections), self.rates[BARE, connections]
            yield (
                NAMES[variant], f"{connections}", f"{_median(rates):.0f}", f"{_median(bare):.0f}",
                f"{statistics.median(ratios):.2f}", f"{min(ratios):.2f} to {max(ratios):.2f}",
                f"{_cpu(rates):.0f}", f"{_cpu(bare):.0f}",
            )  # fmt: skip


def throughput_table(found: Throughput) -> str:
    head = ("store", "connections", "a second", "bare", "ratio", "range", "CPU us each", "bare")
    return table(head, found.rows())


async def compare(stage: Stage, databases: Mapping[str, str], burst: Burst) -> Throughput:
    """Measure the bare handler and an engine on each of *databases* (store to address), in turn in each round."""
    found = Throughput()
    server, other = two_processors()
    async with AsyncExitStack() as stack:
        telnyx = await stack.enter_async_context(child("bench_telnyx.py", cpu=other))
        servers = {BARE: await stack.enter_async_context(child("bench_bare.py", Signer().public_key, cpu=server))}
        for store, database in databases.items():
            servers[store] = await stack.enter_async_context(stage.engine(database, telnyx, cpu=server))
        for number in range(burst.rounds):
            for connections in burst.connections:
                for variant in servers:
                    name = f"{variant}-{number}-{connections}"
                    rate, wrong = await _burst(servers[variant], telnyx, name, burst.calls, connections)
                    found.rates.setdefault((variant, connections), []).append(rate)
                    found.wrong += wrong
    return found


async def _burst(server: Child, telnyx: Child, name: str, calls: int, connections: int) -> tuple[Rate, list[str]]:
    """Send *calls* calls; the engine is done when the last action has come."""
    webhooks = list(in_turn(name, calls=calls))
    is_bare = name.startswith(BARE)
    await telnyx.ask("forget")
    cpu_s = await server.ask("cpu")
    sent = await send_all(server.port, webhooks, lines=connections)
    requests = []
    if not is_bare:
        await wait_for_actions(telnyx, calls * len(ACTIONS))
        requests = await telnyx.ask("requests")
    cpu_us = (await server.ask("cpu") - cpu_s) * 1e6 / len(sent)
    came, _ = arrivals(requests)
    wrong = [one for one in sent if one.status != 200] if is_bare else problems(sent, came)
    end_ns = max(*(one.answered_ns for one in sent), *(at_ns for at_ns, *_ in requests), 0)
    seconds = (end_ns - sent[0].sent_ns) / 1e9
    return Rate(calls * len(STEPS) / seconds, cpu_us), [f"{name}: {line}" for line in wrong]


def _median(rates: Iterable[Rate]) -> float:
    return statistics.median(rate.per_second for rate in rates)


def _cpu(rates: Iterable[Rate]) -> float:
    return statistics.median(rate.cpu_us for rate in rates)
