"""Watches the requests to Telnyx."""

from __future__ import annotations

import time

from engine.core.answer import Answer
from engine.core.command import Command
from engine.errors import CarrierSilent, CarrierUnreached
from engine.ports import Carrier, Meter


class MeteredCarrier:
    """The carrier; *meter* is told how long each request took and how Telnyx refused it."""

    def __init__(self, carrier: Carrier, meter: Meter) -> None:
        self._carrier = carrier
        self._meter = meter

    async def send(self, command: Command, *, command_id: str) -> Answer:
        begun_at = time.perf_counter()
        error: str | None = "failed"
        try:
            answer = await self._carrier.send(command, command_id=command_id)
            error = None if answer.ok else answer.code or f"http_{answer.status}"
        except CarrierUnreached:
            error = "unreached"
            raise
        except CarrierSilent:
            error = "silent"
            raise
        finally:
            self._meter.requested(time.perf_counter() - begun_at, error)
        return answer
