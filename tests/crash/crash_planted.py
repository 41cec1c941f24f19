"""Faults that a laboratory must find: each makes one engine process break one promise, on purpose."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from engine.core import delivery
from engine.core.answer import Answer
from engine.core.command import Command
from engine.core.event import TIMER, Event
from engine.errors import CarrierError
from engine.runtime.inbox import Inbox
from engine.runtime.outbox import Outbox
from engine.telnyx.client import TelnyxClient

_IN_ROOMS = ("conference_mute", "conference_unmute", "conference_hold", "conference_unhold", "conference_send_dtmf")


def _acknowledge_early() -> None:
    """Webhooks are answered before the commit, which comes two seconds later."""
    submit = Inbox.submit
    later: set[asyncio.Task[bool]] = set()

    async def take(inbox: Inbox, event: Event) -> bool:
        async def commit() -> bool:
            await asyncio.sleep(2.0)
            return await submit(inbox, event)

        task = asyncio.create_task(commit())
        later.add(task)
        task.add_done_callback(later.discard)
        return True

    Inbox.submit = take  # type: ignore[method-assign]


def _repeat_for_ever() -> None:
    """Whatever may have been sent is sent again, however long ago that was, and whatever it is."""
    of = delivery.Terms.of
    delivery.Terms.of = lambda operation: replace(of(operation), repeats="always")  # type: ignore[method-assign, assignment]


def _rename() -> None:
    """A command that is sent again has another command_id."""
    attempt = Outbox._attempt

    async def send(outbox: Any, entry: Any, index: int, slots: Any) -> None:
        row = entry.row
        if index or entry.restarted:
            entry.row = replace(row, command_id=f"{row.command_id[:-4]}{index:04d}")
        try:
            await attempt(outbox, entry, index, slots)
        finally:
            entry.row = row

    Outbox._attempt = send  # type: ignore[method-assign]


def _fire_late() -> None:
    """Timers fire a minute late."""
    post = Inbox.post

    def put(inbox: Inbox, event: Event, *, settles: tuple[str, ...] = ()) -> Any:
        if event.type != TIMER:
            return post(inbox, event, settles=settles)

        async def fire() -> None:
            await asyncio.sleep(60.0)
            await post(inbox, event)

        return asyncio.ensure_future(fire())

    Inbox.post = put  # type: ignore[method-assign]


def _send_behind() -> None:
    """What is done in rooms is said to be done at once, and sent later, each for itself."""
    send = TelnyxClient.send
    chance = random.Random(1)
    later: set[asyncio.Task[Any]] = set()

    async def pretend(client: TelnyxClient, command: Command, *, command_id: str) -> Answer:
        if command.operation not in _IN_ROOMS:
            return await send(client, command, command_id=command_id)

        async def do() -> None:
            await asyncio.sleep(chance.uniform(0.0, 3.0))
            with suppress(CarrierError):
                await send(client, command, command_id=command_id)

        task = asyncio.create_task(do())
        later.add(task)
        task.add_done_callback(later.discard)
        return Answer(status=200)

    TelnyxClient.send = pretend  # type: ignore[method-assign]


def _drop_the_rest() -> None:
    """A restart does not go on with what is left."""
    Outbox.start = lambda outbox, rows: None  # type: ignore[method-assign]


FAULTS: dict[str, Callable[[], None]] = {
    "": lambda: None,
    "acknowledge_early": _acknowledge_early,
    "repeat_for_ever": _repeat_for_ever,
    "rename": _rename,
    "fire_late": _fire_late,
    "send_behind": _send_behind,
    "drop_the_rest": _drop_the_rest,
}


def plant(name: str) -> None:
    FAULTS[name]()
