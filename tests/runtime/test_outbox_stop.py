"""A process that stood still between its decision to send and its first byte looks again before it sends."""

from __future__ import annotations

import asyncio

from test_outbox import REFUSED, Service, command

from engine.testing import MemoryStore, settle


class SlowStore(MemoryStore):
    """A memory store that notes a first attempt at once and says so only when the gate is open."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()

    async def attempt(self, command_ids, *, at):
        noted = await super().attempt(command_ids, at=at)
        await self.gate.wait()
        return noted


async def test_command_that_became_too_old_while_its_attempt_was_noted_is_not_sent():
    """Telnyx may have been asked meanwhile by another process, and would have forgotten the command_id."""
    async with Service(store=SlowStore()).alive() as service:
        await service.commit(command())
        await service.clock.advance(46)
        service.store.gate.set()
        await settle()

        assert service.sent == []
        assert service.outcomes == [("c1", REFUSED)]


async def test_command_whose_attempt_is_noted_in_time_is_sent():
    async with Service(store=SlowStore()).alive() as service:
        await service.commit(command())
        await service.clock.advance(44)
        service.store.gate.set()
        await settle()

        assert service.sent == [("c1", 44)]
