"""From the last byte of a webhook to the first byte of the action that follows from it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import orjson
from bench_calls import ACTIONS, evenly
from bench_child import Child, child
from bench_figures import Arrivals, Spread, arrivals, problems, table
from bench_sender import Sent, send_on_time
from bench_stage import NAMES, Stage

GATE_MS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """
    How many webhooks come a second, for how long, and how far apart those of one call are; in seconds.

    What has not come *patience_s* after the last answer is missing.
    """

    rate: float = 50.0
    warm_up_s: float = 30.0
    seconds: float = 60.0
    pause_s: float = 1.0
    patience_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Latency:
    """
    What one run showed; *wrong* holds what was not as it should be.

    *inside*: from reading a webhook's last byte to writing its action's first, in the engine. *outside*: from sending
    that byte to the action's arrival at the stand-in. *answers*: from sending it to the 200.
    """

    store: str
    inside: Spread
    outside: Spread
    answers: Spread
    fsync: Spread
    late: Spread
    again: int
    wrong: tuple[str, ...]

    def rows(self) -> Iterable[Sequence[str]]:
        views = {"in the engine": self.inside, "from sender to Telnyx": self.outside, "until the 200": self.answers}
        for view, found in views.items():
            yield (
                NAMES[self.store], view, f"{found.p50:.2f}", f"{found.p95:.2f}", f"{found.p99:.2f}",
                f"{found.most:.2f}", f"{found.count}",
            )  # fmt: skip

    def noise(self) -> str:
        return (
            f"{NAMES[self.store]}, the machine meanwhile: a write of 4 KB to the disk took {self.fsync}; "
            f"who slept woke up late by {self.late}; {self.again} actions sent again"
        )


def latency_table(found: Iterable[Latency]) -> str:
    head = ("store", "milliseconds", "p50", "p95", "p99", "most", "count")
    return table(head, (row for one in found for row in one.rows()))


async def measure(stage: Stage, store: str, pace: Pace, *, database: str = "", loses: str = "-") -> Latency:
    """Run the engine on *store*, or on *database*, under *pace*; *loses* is what the stand-in does not note."""
    webhooks = evenly("call", rate=pace.rate, seconds=pace.warm_up_s + pace.seconds, pause_s=pace.pause_s)
    database = database or await stage.database(store)
    async with (
        child("bench_telnyx.py", loses) as telnyx,
        child("bench_noise.py", str(stage.folder / "noise")) as noise,
        stage.engine(database, telnyx, watches=True) as engine,
    ):
        await noise.ask("forget")
        sent = await send_on_time(engine.port, webhooks)
        await wait_for_actions(telnyx, sum(one.planned.number < len(ACTIONS) for one in sent), pace.patience_s)
        times, requests, meanwhile = await engine.ask("times"), await telnyx.ask("requests"), await noise.ask("noise")
    came, again = arrivals(requests)
    read, begun = {orjson.loads(raw)["data"]["id"]: ns for ns, raw in times["webhooks"]}, _begun(times["requests"])
    counted = [one for one in sent if one.planned.due_s >= pace.warm_up_s]
    return Latency(
        store=store,
        inside=Spread.of(_inside(counted, read, begun)),
        outside=Spread.of(_outside(counted, came)),
        answers=Spread.of((one.answered_ns - one.sent_ns) / 1e6 for one in counted if one.answered_ns),
        fsync=Spread.of(meanwhile["fsync"]),
        late=Spread.of(meanwhile["late"]),
        again=again,
        wrong=(*problems(sent, came), *(() if again else _untold(begun, came))),
    )


async def wait_for_actions(telnyx: Child, number: int, within_s: float = 10.0) -> None:
    """Return when the stand-in has got *number* requests, or *within_s* is over."""
    deadline = time.monotonic() + within_s
    while await telnyx.ask("count") < number and time.monotonic() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0.05)


def _outside(sent: Iterable[Sent], came: Arrivals) -> Iterable[float]:
    for one in sent:
        actions = came.get(one.planned.call, ())
        if one.planned.number < min(len(ACTIONS), len(actions)):
            yield (actions[one.planned.number][0] - one.sent_ns) / 1e6


def _inside(sent: Iterable[Sent], read: Mapping[str, int], begun: Arrivals) -> Iterable[float]:
    """Yield the times in the engine; a call of which something was sent again is left out, for that hides which."""
    for one in sent:
        actions = begun.get(one.planned.call, ())
        is_whole = [action for _, action in actions] == list(ACTIONS[: len(actions)])
        if is_whole and one.planned.number < len(actions):
            yield (actions[one.planned.number][0] - read[one.planned.name]) / 1e6


def _untold(begun: Arrivals, came: Arrivals) -> Iterable[str]:
    """Yield what the engine began to send and the stand-in did not get, or the other way round."""
    for call, actions in came.items():
        got, sent = [[action for _, action in some] for some in (actions, begun.get(call, ()))]
        if got != sent:
            yield f"{call}: the engine began {' '.join(sent)}, and the stand-in got {' '.join(got)}"


def _begun(requests: Iterable[tuple[int, str]]) -> Arrivals:
    """Return the actions of each call as the engine began to send them."""
    begun: dict[str, list[tuple[int, str]]] = {}
    for ns, path in requests:
        _, call, _, action = path.removeprefix("/v2/").split("/")
        begun.setdefault(call, []).append((ns, action))
    return begun
