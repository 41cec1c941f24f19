"""Commands on their way, in the chains in which they go one after another."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

from engine.core.command import HTTP, NOTIFY, OutboxRow
from engine.core.delivery import Attempt
from engine.runtime.clock import Alarm
from engine.runtime.turnstile import Kind


@dataclass(eq=False, slots=True)
class Entry:
    """A command on its way. *restarted*: an earlier process tried it. *is_trying*: it can no longer be withdrawn."""

    row: OutboxRow
    since: float
    restarted: bool = False
    attempts: list[Attempt] = field(default_factory=list)
    questions: list[Attempt] = field(default_factory=list)
    is_trying: bool = False
    is_dropped: bool = False
    waker: asyncio.Future[None] | None = None

    @property
    def rests(self) -> bool:
        """True while none of its attempts is under way."""
        return all(attempt.ended_at is not None for attempt in self.attempts)

    @property
    def kind(self) -> Kind:
        """What its turns are for."""
        operation = self.row.command.operation
        if self.row.urgent:
            return "hangup"
        return "outside" if operation in (NOTIFY, HTTP) else "dial" if operation == "dial" else "command"

    def wake(self) -> None:
        if self.waker is not None and not self.waker.done():
            self.waker.set_result(None)


@dataclass(eq=False, slots=True)
class Chain:
    """Commands that go one after another; the first one is being worked on, since *head_since*."""

    name: str
    entries: deque[Entry] = field(default_factory=deque)
    is_worked: bool = False
    head_since: float = 0.0
    alarm: Alarm | None = None


def chain_name(row: OutboxRow) -> str:
    """Return the chain to work in: hang-ups overtake theirs."""
    return f"{row.chain}!" if row.urgent else row.chain
