"""Places where a crash test may end the process, or a benchmark look at its watch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from engine.core.answer import Answer
from engine.core.command import Command
from engine.ports import Carrier

# What has happened, told just after, or just before, it does.
# In this order: body_read, committed, answered, first_byte, response_read.
Checkpoint = Callable[[str], None]


def no_checkpoint(name: str) -> None:
    """Do nothing: nobody watches."""


@dataclass(frozen=True, slots=True)
class Watch:
    """
    Who measures how long a webhook takes to become an action; must not raise and not wait.

    *webhook_read* is told the body of each webhook once its last byte was read, *request_begins* the path of Telnyx's
    API just before the first byte of a request with a body is written.
    """

    webhook_read: Callable[[bytes], None]
    request_begins: Callable[[str], None]


class WatchedCarrier:
    """The carrier; ``first_byte`` is told before each attempt, ``response_read`` after its answer."""

    def __init__(self, carrier: Carrier, checkpoint: Checkpoint) -> None:
        self._carrier = carrier
        self._checkpoint = checkpoint

    async def send(self, command: Command, *, command_id: str) -> Answer:
        self._checkpoint("first_byte")
        answer = await self._carrier.send(command, command_id=command_id)
        self._checkpoint("response_read")
        return answer


def answered_middleware(checkpoint: Checkpoint) -> Middleware:
    """Return a middleware that tells ``answered`` once an answer has been written to the connection."""

    @web.middleware
    async def tell(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        await response.prepare(request)
        await response.write_eof()
        checkpoint("answered")
        return response

    return tell
