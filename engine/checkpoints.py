"""Places where a crash test may end the process: what has happened is told just after, or just before, it does."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from engine.core.answer import Answer
from engine.core.command import Command
from engine.ports import Carrier

# Told in this order: body_read, committed, answered, first_byte, response_read.
Checkpoint = Callable[[str], None]


def no_checkpoint(name: str) -> None:
    """Do nothing: nobody watches."""


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
