"""Requests to Telnyx, watched."""

from __future__ import annotations

import pytest

from engine.core.answer import Answer
from engine.core.command import Command
from engine.errors import CarrierError, CarrierSilent, CarrierUnreached
from engine.metrics.carrier import MeteredCarrier
from engine.ports import Meter
from engine.testing import ACCEPT, RecordingCarrier

SPEAK = Command(operation="speak", path={"call_control_id": "v3:a"})


class Errors(Meter):
    def __init__(self) -> None:
        self.told: list[str | None] = []

    def requested(self, seconds: float, error: str | None) -> None:
        assert seconds >= 0
        self.told.append(error)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (ACCEPT, None),
        (Answer(status=422, code="90018"), "90018"),
        (Answer(status=503), "http_503"),
        (CarrierUnreached("no way"), "unreached"),
        (CarrierSilent("no answer"), "silent"),
    ],
)
async def test_each_request_is_told_with_its_error_and_passed_on(answer, error):
    errors = Errors()
    carrier = MeteredCarrier(RecordingCarrier(lambda command, attempt: answer), errors)

    if isinstance(answer, CarrierError):
        with pytest.raises(type(answer)):
            await carrier.send(SPEAK, command_id="c1")
    else:
        assert await carrier.send(SPEAK, command_id="c1") is answer

    assert errors.told == [error]
