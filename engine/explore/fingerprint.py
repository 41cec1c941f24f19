"""
When two moments of two calls are the same: the same people in the same states, with the same things still to come.

Left out is only what cannot steer the call any more: calls that are over, what is told about the past, variables that
nothing reads, and the four hours after which Telnyx ends every call and every room (docs/explore.md).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from engine.core.catalogue import Catalogue, Operation
from engine.core.names import is_leg
from engine.core.room import FORMER_FOR_S
from engine.explore.scribe import Clock, Counter, Scribe, count
from engine.scenario.stage import Stage
from engine.simulator import state
from engine.simulator.exchange import Exchange
from engine.simulator.options import Options
from engine.simulator.requests import Request
from engine.simulator.values import Entry

_LEFT_OUT: Mapping[type, frozenset[str]] = {
    state.Call: frozenset({"started_at", "answered_at", "ended_at", "caller_id_name", "limit_alarm"}),
    state.Sound: frozenset({"entries"}),
    state.Gather: frozenset({"tries"}),
    state.Queue: frozenset({"id", "created_at", "updated_at"}),
    state.QueuedCall: frozenset({"enqueued_at"}),
    state.Participant: frozenset({"id", "joined_at", "updated_at"}),
    state.Conference: frozenset(
        {"created_at", "expires_at", "updated_at", "ended_at", "end_reason", "ended_by", "stays", "expiry"}
    ),
    state.Recording: frozenset({"id", "started_at", "heard"}),
    state.Talk: frozenset({"id", "started_at", "messages"}),
    Request: frozenset({"defaults"}),
}
_OF_A_RUN = frozenset({"ver", "gen"})
_OF_A_LEG = frozenset({"due", "spent", "spent_in_all", "started_at", "newest", "last_state"})
_OF_A_ROOM = frozenset({"due", "over"})
# What counts a leg's commands and its steps: only which of two is the later one matters.
_COUNTERS = {"n": "n", "first_n": "n", "stop_n": "n", "serial": "serial"}
_AFTERMATH_S = 10.0  # longer than a recording takes to be saved
_AVERAGES = frozenset({"queue.average_wait", "event.queue_avg_wait_time_secs"})


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """*whole* is the same for moments from which everything goes on alike, *timeless* but for how long things last."""

    whole: bytes
    timeless: bytes


def fingerprint(
    stage: Stage, *, names: Mapping[str, str], silent_since: Mapping[str, float], read: Collection[str], others: Any
) -> Fingerprint:
    """
    Return what tells one moment from another.

    *names* maps legs whose call is not over to who they are, *silent_since* legs to when their silence began; *read*
    are the names that any formula reads, *others* is what else tells the moments apart (who may still call, what Telnyx
    may still refuse).
    """
    scribe = Scribe(now=stage.now, left_out=_LEFT_OUT, short=_short)
    scribe.write(others, *_engine(stage, read, names))
    rows, outbox = {row.command_id for row in stage.outbox.rows}, stage.outbox
    scribe.write(rows and (outbox.rows, outbox.flights), max(outbox.paused_until - stage.now, 0.0))
    scribe.write([fault.operations for fault in outbox.faults], list(outbox.outside.replies.values()))
    _write_world(scribe, stage.world.exchange, names, with_averages=not _AVERAGES.isdisjoint(read))
    scribe.write({leg: silent_since.get(leg) for leg in names})
    return Fingerprint(*scribe.finished())


def _write_world(scribe: Scribe, exchange: Exchange, names: Iterable[str], *, with_averages: bool) -> None:
    calls = [exchange.calls[leg] for leg in names]
    rooms = [(room.name, room, room.present) for room in exchange.open_rooms.values()]
    ends = {id(call.limit_alarm) for call in calls} | {id(room.expiry) for _, room, _ in rooms}
    scribe.write([(call, call.answered_at is not None) for call in calls], rooms)
    scribe.write([Clock(call.gather.tries) for call in calls if call.gather is not None])
    scribe.write([(queue.name, queue.entries, with_averages and queue.waits_s) for queue in exchange.queues.values()])
    scribe.write([alarm for alarm in exchange.agenda if id(alarm) not in ends])


def _short(value: Any) -> str:
    if isinstance(value, Exchange | Options | Catalogue | Entry):
        return type(value).__name__
    if isinstance(value, Operation):
        return value.name
    is_over = (isinstance(value, state.Alarm) and value.is_cancelled) or (
        isinstance(value, state.Call) and value.ended_at is not None
    )
    return "over" if is_over else ""


# -- the engine's runs -----------------------------------------------------------------------------------------


def _engine(stage: Stage, read: Collection[str], names: Mapping[str, str]) -> Iterator[Any]:
    """Yield the runs: legs by the names of their people, as it makes no difference who called first."""
    alive = {row.run for row in stage.rows.values() if row.ended_at is None}
    order = {leg: place for place, leg in enumerate(names)}
    legs: list[dict[str, Any]] = []
    for row in stage.rows.values():
        is_room = row.run.startswith("room:")
        if row.run not in alive and not is_room:
            continue
        run = {name: value for name, value in orjson.loads(row.state).items() if name not in _OF_A_RUN}
        if is_room:
            run = {name: value for name, value in run.items() if name not in _OF_A_ROOM}
            run["former"] = list(_former(run["former"], alive, stage.now))
            if row.run in alive or run["former"]:
                yield _ranked(run)
        elif is_leg(row.run):
            legs.append(_leg(run, read, stage))
        else:
            yield _ranked(run)
    yield from map(_ranked, sorted(legs, key=lambda leg: order.get(leg["call_control_id"], len(order))))


def _former(rows: Any, alive: Collection[str], now: float) -> Iterator[Any]:
    """Those who left a room lately and are still on the line: they hear of its end."""
    for row in rows:
        if row["run"] in alive and row["left_at"] > now - FORMER_FOR_S:
            yield [row["run"], row["conference_id"], row["listens"]]


def _leg(run: dict[str, Any], read: Collection[str], stage: Stage) -> dict[str, Any]:
    leg = {key: value for key, value in run.items() if key not in _OF_A_LEG}
    leg["timers"] = {name: due for name, due in run["timers"].items() if name != "longest"}
    leg["parked"] = [row for row in run["parked"] if row["until"] >= stage.now]
    leg["levels"] = [_of_a_flow(level, read) for level in run["levels"]]
    for part, prefix in (("place", "queue."), ("room_seen", "room."), ("participant_seen", "participant.")):
        leg[part] = {name: value for name, value in run[part].items() if f"{prefix}{name}" in read}
    for place in ("conference_id", "hidden_id"):
        leg[place] = _conference(run[place], stage)
    if not run["queue"] and run["connecting"] is None:
        leg["enqueued"] = {}  # how to put it back in line
    return _of_a_flow(leg, read)


def _conference(conference_id: str, stage: Stage) -> Any:
    """Return what a conference may still mean for a leg that was in it: of one that has ended, until when."""
    found = stage.world.exchange.conferences.get(conference_id)
    if found is None or found.ended_at is None:
        return conference_id
    until = found.ended_at + _AFTERMATH_S
    return [conference_id, until] if until > stage.now else ""


def _of_a_flow(level: dict[str, Any], read: Collection[str]) -> dict[str, Any]:
    """Of a flow's variables only those count that something reads."""
    variables = {name: value for name, value in level["variables"].items() if name in read}
    return {**level, "variables": variables, "digits": level["digits"] if "digits" in read else ""}


def _ranked(value: Any, run: str = "") -> Any:
    """Mark the numbers that only grow, and leave out what is empty."""
    if isinstance(value, list):
        return [_ranked(inner, run) for inner in value]
    if not isinstance(value, dict):
        return value
    run = str(value.get("run") or run)
    return {name: _counted(name, inner, run) for name, inner in value.items() if inner or name == "stay"}


def _counted(name: str, value: Any, run: str) -> Any:
    if name == "stay":
        return Counter(f"stay {run}", value)  # which has no value for none
    if name == "tries":
        return Clock(value)
    if name in _COUNTERS and isinstance(value, int):
        return count(f"{_COUNTERS[name]} {run}", value)
    return value if name in ("variables", "payload", "fields") else _ranked(value, run)
