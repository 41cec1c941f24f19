"""Notes first attempts in the store before the first byte leaves; those that come meanwhile share the next note."""

from __future__ import annotations

import asyncio

from engine.ports import Clock, Store


class FirstAttempts:
    """One write for all commands that are about to be sent; *tasks* (handed to ``note``) owns the writing."""

    def __init__(self, *, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._waiting: dict[str, asyncio.Future[float | None]] = {}
        self._is_writing = False

    async def note(self, command_id: str, tasks: asyncio.TaskGroup) -> float | None:
        """
        Return the time that was noted for the first attempt; None when the command has left the outbox.

        Raises:
            StoreUnavailable: it is not noted, and must not be sent.
        """
        noted: asyncio.Future[float | None] = asyncio.get_running_loop().create_future()
        self._waiting[command_id] = noted
        if not self._is_writing:
            self._is_writing = True
            tasks.create_task(self._write())
        return await noted

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, {}
            at = self._clock.now()
            try:
                there = await self._store.attempt(list(batch), at=at)
            except Exception as error:
                for noted in batch.values():
                    if not noted.done():
                        noted.set_exception(error)
                continue
            for command_id, noted in batch.items():
                if not noted.done():
                    noted.set_result(at if command_id in there else None)
        self._is_writing = False
