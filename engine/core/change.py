"""What one event changes, as a value: the store commits it, the outbox and the timers follow it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.core.command import OutboxRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """
    A run as it is stored: one leg, one room or one queue.

    *ver* rises by one with each event. *state* is JSON text that only the core reads. *version* is the hash of the
    flows folder that the run is bound to ("" for rooms and queues). *ended_at* is set once the run has ended; the row
    is then a tombstone that late events still find.
    """

    run: str
    ver: int
    state: str
    version: str = ""
    ended_at: float | None = None


@dataclass(frozen=True, slots=True)
class Timer:
    """The next thing that is due in a run, in epoch seconds. It counts only while *gen* is the run's current one."""

    run: str
    due: float
    gen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """One line of a run's history. *kind*: event, state, step, command and so on. *record* is JSON, redacted."""

    run: str
    at: float
    kind: str
    record: Mapping[str, Any] = field(default_factory=dict)


_FAILURES = frozenset({"error", "failed", "budget"})
_HAS_ENDED = "90018"  # Telnyx: the call has ended already; no failure, for its hang-up is on its way


def is_failure(entry: JournalEntry) -> bool:
    """Tell whether this line of a call's history makes it one that failed, which is kept for longer."""
    return entry.kind in _FAILURES and entry.record.get("code") != _HAS_ENDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """
    All that one event changes, to be committed as one.

    *row* is the run after the event; None for an event that concerns no run (only its id and journal are kept).
    *ver_before* is the ver that the decision was based on, 0 for a new run.
    *event_id* goes into the inbox; "" where the event needs no remembering (timers, outcomes).
    *keys* are new names under which events find this run ("leg:...", "ccid:...", "conf:...").
    *commands* join the outbox. *withdrawn* ones leave it if they were never tried; *abandoned* and *settled* ones
    leave it in any case (given up; answered or delivered).
    *timer* replaces the run's timer row; None: the run waits for nothing.
    *whereabouts* are the flow and the state that a leg is in from now on (``Leg.whereabouts``), for those who count.
    """

    event_id: str
    at: float
    row: Row | None = None
    ver_before: int = 0
    keys: tuple[str, ...] = ()
    commands: tuple[OutboxRow, ...] = ()
    withdrawn: tuple[str, ...] = ()
    abandoned: tuple[str, ...] = ()
    settled: tuple[str, ...] = ()
    timer: Timer | None = None
    journal: tuple[JournalEntry, ...] = ()
    whereabouts: tuple[str, str] | None = None
