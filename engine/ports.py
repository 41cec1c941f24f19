"""The seams between the engine and the world outside: clock, carrier, store, outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from engine.core.answer import Answer
from engine.core.change import Change, Row, Timer
from engine.core.command import Command, OutboxRow
from engine.core.mentions import Number

PINNED = "pinned"  # the note that names the version which new calls get; empty: the latest


class Clock(Protocol):
    """Where the shell gets its time. Tests hand in one that stands still."""

    def now(self) -> float:
        """Return the time in epoch seconds, UTC."""
        ...

    async def sleep_until(self, when: float) -> None:
        """Return when ``now() >= when``."""
        ...


class Log(Protocol):
    """The part of structlog's bound logger that the engine uses."""

    def info(self, event: str, /, **fields: Any) -> Any: ...

    def warning(self, event: str, /, **fields: Any) -> Any: ...

    def error(self, event: str, /, **fields: Any) -> Any: ...


class Carrier(Protocol):
    """Telnyx, as the outbox sees it: one attempt, one answer."""

    async def send(self, command: Command, *, command_id: str) -> Answer:
        """
        Ask Telnyx once to do *command* and return what it answered, whatever the status.

        Telnyx ignores a repeated *command_id* for the same call, or the same conference, for 60 seconds; the
        operations that take none may be done twice.

        Raises: CarrierUnreached (no byte left this machine), CarrierSilent (it may have arrived, no answer came).
        """
        ...


class Outside(Protocol):
    """Everything but Telnyx that a flow may reach: ``notify`` and ``http``."""

    async def notify(self, command: Command, *, command_id: str) -> Answer:
        """POST a signed message. Raises as Carrier.send does."""
        ...

    async def http(self, command: Command, *, command_id: str) -> Answer:
        """Ask an address once; the answer's body holds only what the flow takes. Raises as Carrier.send does."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What the store knows about a batch: event ids seen before, runs by key, rows by run."""

    seen: frozenset[str] = frozenset()
    runs: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, Row] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outstanding:
    """What a starting service finds: unsettled commands, oldest first, and the timers of all runs."""

    outbox: Sequence[OutboxRow] = ()
    timers: Sequence[Timer] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """
    What one portion of forgetting a phone number did, and the place where the *next* one begins, "" after the last.

    *calls* went with their history, *mentions* are rows in which the number was masked. *live* are the runs of calls
    under way that hold it, and were left as they are.
    """

    calls: int = 0
    mentions: int = 0
    live: tuple[str, ...] = ()
    next: str = ""


class Store(Protocol):
    """
    The durable memory. One implementation per database, one test suite for all.

    Every method raises StoreUnavailable while the database cannot be read or written.
    """

    async def open(self) -> None:
        """Connect, lock and migrate. Raises StoreLocked, StoreTooNew, StoreUnavailable."""
        ...

    async def close(self) -> None:
        """Let go of the database; committed things stay."""
        ...

    async def load(self, *, event_ids: Sequence[str], keys: Sequence[str], runs: Sequence[str]) -> Loaded:
        """Return which events were seen, which runs bear *keys*, and the rows of those runs and of *runs*."""
        ...

    async def apply(self, changes: Sequence[Change]) -> frozenset[str]:
        """
        Commit *changes*, in order, durably, as one; return the runs that were refused.

        A run is refused when its ver is no longer the *ver_before* of its first change, or an event id of it is
        known already; nothing of a refused run is written, the others are.

        Raises StoreInDoubt: the database went away before it answered; *changes* are committed as a whole or not at
        all. The same ones may be handed in again: the runs that were written are refused then.
        """
        ...

    async def try_out(self) -> None:
        """Write something as large as a batch, and drop it again: returns when that is possible."""
        ...

    async def attempt(self, command_ids: Sequence[str], *, at: float) -> frozenset[str]:
        """
        Note durably, before the first byte, that these are being sent for the first time.

        Return those that are still in the outbox: only these may be sent. A first attempt noted earlier stays.
        """
        ...

    async def outstanding(self) -> Outstanding:
        """Return all unsettled commands and timers: what a restart goes on with."""
        ...

    async def keep_version(self, version: str, files: Mapping[str, bytes]) -> None:
        """Keep the files of a version of the flows for as long as a run is bound to it."""
        ...

    async def versions(self) -> Mapping[str, Mapping[str, bytes]]:
        """Return the kept versions, hash to files."""
        ...

    async def note(self, name: str) -> str | None:
        """Return a small fact kept about this installation, such as its id; None when there is none."""
        ...

    async def put_note(self, name: str, value: str) -> None:
        """Keep a small fact about this installation, in place of an older one of the same name."""
        ...

    async def prune(
        self, *, before: float, failed_before: float | None = None, ids_before: float | None = None, limit: int = 500
    ) -> int:
        """
        Delete calls that ended before *before*, with their keys, commands and journal; return how many rows.

        Calls that failed (``core.change.is_failure``) stay until *failed_before*; ids of events go that came before
        *ids_before*, but for those of calls under way. Both are *before* unless given. At most *limit* calls of either
        kind go at once. Versions that no run is bound to go too, but for the last ten and the one that PINNED names.
        """
        ...

    async def forget(self, number: Number, *, now: float, place: str = "", limit: int = 500) -> Forgotten:
        """
        Delete ended and planned calls from or to *number*, and mask it in all others that have ended.

        This does the portion that begins at *place*, some *limit* calls, as one commit. A call that ended within the
        hour leaves a tombstone without any number for late events. The ids of its events stay, so that none of them
        begins it again.
        """
        ...

    async def compact(self) -> None:
        """Write the database anew where else traces of what was deleted may be left; nothing else is done meanwhile."""
        ...
