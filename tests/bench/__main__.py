"""Measure how fast the engine is, on this machine, now. Exit code 1: something is wrong, or slower than promised."""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

import uvloop
from bench_child import ROOT
from bench_crowd import as_if_served_just_now, crowd
from bench_figures import write_into
from bench_latency import GATE_MS, Latency, Pace, latency_table, measure
from bench_stage import NAMES, STORES, Stage, stage
from bench_throughput import AIM, GATE, Burst, Throughput, compare, throughput_table

PAGE = ROOT / "docs" / "speed.md"
PARTS = ("latency", "quick", "crowd", "throughput")
_FAST = 200.0  # events a second


@dataclass(slots=True)
class Findings:
    """What was measured, as text for people and tables for the page; *failures* decide the exit code."""

    tables: dict[str, str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def latency(self, name: str, title: str, found: Sequence[Latency], *, gate_ms: float | None = None) -> None:
        self._show(name, title, latency_table(found))
        for one in found:
            print(one.noise())
            self.failures += [f"{NAMES[one.store]}: {line}" for line in one.wrong]
            if gate_ms is not None:
                promise = f"{NAMES[one.store]}: p99 in the engine below {gate_ms:g} ms"
                print(f"{promise}: {'holds' if one.inside.p99 < gate_ms else 'MISSED'}")
                self.failures += [] if one.inside.p99 < gate_ms else [f"{promise}: missed"]

    def throughput(self, name: str, title: str, found: Throughput) -> None:
        self._show(name, title, throughput_table(found))
        self.failures += found.wrong
        for variant, connections in found.rates:
            if variant == "sqlite":
                ratio = statistics.median(found.ratios(variant, connections))
                verdict = "aim reached" if ratio >= AIM else "gate holds" if ratio >= GATE else "below the gate"
                print(f"SQLite, {connections} connections: {ratio:.2f} (gate {GATE:.2f}, aim {AIM:.2f}): {verdict}")

    def _show(self, name: str, title: str, table: str) -> None:
        self.tables[name] = table
        print(f"\n{title}\n{table}", flush=True)


async def run(options: argparse.Namespace, place: Stage) -> Findings:
    """Measure the parts that *options* name, one after the other."""
    findings = Findings()
    pace = Pace(rate=options.rate, warm_up_s=options.warm_up, seconds=options.seconds)
    what = f"{pace.seconds:g} s after a warm-up of {pace.warm_up_s:g} s"
    if "latency" in options.parts:
        found = [await measure(place, store, pace) for store in options.stores]
        findings.latency("latency", f"From webhook to action, {pace.rate:g} events/s, {what}", found, gate_ms=GATE_MS)
    if "quick" in options.parts:
        fast = Pace(rate=_FAST, warm_up_s=pace.warm_up_s, seconds=pace.seconds)
        found = [await measure(place, store, fast) for store in options.stores]
        findings.latency("quick", f"From webhook to action, {_FAST:g} events/s, {what}", found)
    databases = {}
    if "crowd" in options.parts:
        databases = {store: await crowd(place, store, options.crowd) for store in options.stores}
        found = []
        for store, database in databases.items():
            await as_if_served_just_now(database)
            found.append(await measure(place, store, pace, database=database))
        title = f"From webhook to action, {pace.rate:g} events/s, {options.crowd:,} calls live, {what}"
        findings.latency("crowd", title, found)
    burst = Burst(rounds=options.rounds, calls=options.calls)
    if "throughput" in options.parts:
        empty = {store: await place.database(store) for store in options.stores}
        title = f"Webhooks a second, {burst.rounds} rounds of {burst.calls} calls"
        findings.throughput("throughput", title, await compare(place, empty, burst))
        if databases:
            for database in databases.values():
                await as_if_served_just_now(database)
            title += f", {options.crowd:,} calls live"
            findings.throughput("throughput_crowd", title, await compare(place, databases, burst))
    return findings


def options_of(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all of them unless given")
    parser.add_argument("--stores", default=",".join(STORES), help="of sqlite,postgresql")
    parser.add_argument("--rate", type=float, default=50.0, help="webhooks a second [50]")
    parser.add_argument("--warm-up", type=float, default=30.0, help="seconds [30]")
    parser.add_argument("--seconds", type=float, default=60.0, help="that are measured [60]")
    parser.add_argument("--crowd", type=int, default=100_000, help="calls that are live meanwhile [100000]")
    parser.add_argument("--rounds", type=int, default=5, help="of the throughput [5]")
    parser.add_argument("--calls", type=int, default=400, help="of each round [400]")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/speed.md")
    options = parser.parse_args(arguments)
    options.parts, options.stores = options.parts or list(PARTS), options.stores.split(",")
    for given, known in ((options.parts, PARTS), (options.stores, STORES)):
        if unknown := set(given) - set(known):
            parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    return options


def main(arguments: Sequence[str]) -> int:
    options = options_of(arguments)
    with stage() as place:
        findings = uvloop.run(run(options, place))
    if options.write:
        write_into(PAGE, findings.tables)
    for line in findings.failures:
        print(f"FAILED: {line}")
    return 1 if findings.failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
