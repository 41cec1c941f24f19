"""A call's history as lines that people read: what came, where it led, what was said and done, how it ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from engine.calls.words import Kind, in_words
from engine.core.change import JournalEntry
from engine.core.flow import Flow
from engine.core.leg import Leg
from engine.core.machine import LEAVING
from engine.core.names import is_leg, queue_run, room_run

_SENDS = frozenset({"command", "log"})  # lines that tell what the step before them does
_PLACED = _SENDS | {"state", "lookup_failed"}
_NOWHERE = ("", 0)


@dataclass(frozen=True, slots=True)
class Line:
    """*at* is in epoch seconds. *path* and *line* are the place in the flow, "" and 0 where there is none."""

    at: float
    kind: Kind
    text: str
    path: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Linked:
    """A run that has to do with the call: the *role* of a leg, or ``room`` or ``queue``."""

    role: str
    run: str


def story(journal: Sequence[JournalEntry], flows: Mapping[str, Flow]) -> Iterator[Line]:
    """Yield the lines of one run's history. *flows* are those of its version, none where they are not kept."""
    cause, is_leaving, is_answered = _NOWHERE, False, False
    for entry, following in zip_longest(journal, journal[1:]):
        match entry.kind:
            case "step" | "exit":
                cause = (f"{entry.record['flow']}.flow.yaml", int(entry.record.get("line") or 0))
            case "event":
                cause, is_leaving = _NOWHERE, entry.record.get("at") == LEAVING
                is_answered = is_answered or entry.record.get("type") == "call.answered"
        if entry.kind == "step" and (following is None or following.kind not in _SENDS):
            yield Line(entry.at, "does", str(entry.record["verb"]), *cause)
        elif entry.kind == "ended" and entry.record["why"] == "hangup" and (is_leaving or not is_answered):
            yield Line(entry.at, "ended", "the flow hung up" if is_leaving else "it was never answered")
        elif (told := in_words(entry.kind, entry.record)) is not None:
            place = _place_of_state(entry, flows) if entry.kind == "state" else cause
            yield Line(entry.at, *told, *(place if entry.kind in _PLACED else _NOWHERE))


def _place_of_state(entry: JournalEntry, flows: Mapping[str, Flow]) -> tuple[str, int]:
    name = entry.record["flow"]
    return f"{name}.flow.yaml", _line_of_state(flows.get(name), entry)


def _line_of_state(flow: Flow | None, entry: JournalEntry) -> int:
    role = flow.roles.get(entry.record["role"]) if flow is not None else None
    state = role.states.get(entry.record["state"]) if role is not None else None
    return state.line if state is not None else 0


def linked(leg: Leg, journal: Iterable[JournalEntry], rung: Iterable[Leg]) -> list[Linked]:
    """Return the legs, rooms and queues that a leg had to do with, each once, in the order in which they came."""
    found: dict[str, str] = {}
    if leg.origin is not None and is_leg(leg.origin.run):
        found[leg.origin.run] = leg.origin.role
    for entry in journal:
        payload = entry.record.get("payload")
        payload = payload if isinstance(payload, Mapping) else {}
        run, role = payload.get("run"), payload.get("role")
        if isinstance(run, str) and isinstance(role, str) and is_leg(run):
            found.setdefault(run, role)
        if isinstance(queue := payload.get("queue"), str) and queue:
            found.setdefault(queue_run(queue), "queue")
        if isinstance(room := payload.get("room"), str) and room:
            found.setdefault(room_run(room), "room")
    for other in rung:
        found.setdefault(other.run, other.role)
    found.pop(leg.run, None)
    return [Linked(role, run) for run, role in found.items()]
