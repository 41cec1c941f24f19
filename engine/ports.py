"""The seams between the engine and the world outside: clock, log, meter, carrier, store, outside."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from engine.core.answer import Answer
from engine.core.change import Change, Row, Timer
from engine.core.command import Command, OutboxRow
from engine.core.event import Event
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


class Meter:
    """What the parts tell about their work. This one forgets it; one that counts raises nothing and does not wait."""

    def webhook(self, event_type: str, result: str) -> None:
        """A webhook was answered: "committed", "failed", or why it was refused; *event_type* is "" when unread."""

    def decided(self, seconds: float) -> None:
        """The core took so long to decide what one event changes."""

    def committed(self, seconds: float) -> None:
        """The store took so long to commit one batch."""

    def settled(self, operation: str, outcome: str) -> None:
        """A command has come to *outcome*, the type of its event ("action.accepted")."""

    def requested(self, seconds: float, error: str | None) -> None:
        """Telnyx answered one request within so long; *error* is the code of its refusal, None for success."""

    def timer_fired(self, late_s: float) -> None:
        """A timer fired so long after it was due."""

    def defect(self, where: str) -> None:
        """ringflow broke one of its own promises in an "event", a "command" or a "webhook"."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class PastPage:
    """Some *events* that Telnyx has reported, *unreadable* more of which it does not tell enough."""

    events: Sequence[Event]
    unreadable: int = 0
    is_last: bool = True


class Past(Protocol):
    """What Telnyx has reported lately, whether or not anybody heard it."""

    async def page(self, number: int, *, since: float) -> PastPage:
        """
        Return page *number*, from 1 on, of the webhooks since *since*, epoch seconds.

        Raises CarrierError: it cannot be read.
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
class Beat:
    """
    What a process learns, once a second, from the others that serve with the same database.

    *at* is the database's time, epoch seconds. *others* is how many there are besides this one, *paused_until* the
    latest time until which one of them was told to send nothing. *is_lost*: others have taken what this process had to
    send. *pinned* is the note PINNED.
    """

    at: float
    others: int = 0
    paused_until: float = 0.0
    is_lost: bool = False
    pinned: str = ""


class Shared(Protocol):
    """
    A store's part for several processes: each has a lease, and sends the commands that are its own (runtime.md,
    "Stores"). Every method raises StoreUnavailable while the database cannot be read or written.
    """

    @property
    def every_s(self) -> float:
        """How often ``beat`` is to be called, in seconds."""
        ...

    @property
    def is_held(self) -> bool:
        """True while this process may send: nobody else can have taken its commands."""
        ...

    def listen(self, heard: Callable[[], None]) -> None:
        """Call *heard* whenever another process has changed what this one has to send."""
        ...

    async def beat(self, *, paused_until: float) -> Beat:
        """Renew the lease, take the commands of processes that are gone, and say what is *paused_until* here."""
        ...

    async def held(self) -> frozenset[str]:
        """Return the ids of all commands that this process has to send."""
        ...

    async def commands(self, command_ids: Collection[str]) -> Sequence[OutboxRow]:
        """Return those of *command_ids* that are this process's own, oldest first."""
        ...

    async def waiting(self) -> Sequence[str]:
        """Return the runs that wait for a time, whoever committed that."""
        ...

    async def late_timers(self, *, before: float) -> Sequence[Timer]:
        """Return timers that were due *before*, and that whoever committed them has not fired."""
        ...


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

    @property
    def shared(self) -> Shared | None:
        """What several processes need that use one database; None where only one can."""
        ...

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

        Return those that are still in the outbox, this process's own and next in their chains: only these may be
        sent. A first attempt noted earlier stays.
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

    async def first_note(self, name: str, value: str) -> str:
        """Return the small fact *name*; where there is none, *value* is kept from now on."""
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
