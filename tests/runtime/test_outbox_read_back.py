"""Old commands after a restart: Telnyx is asked whether they were done, and each is done exactly once."""

from __future__ import annotations

import pytest
from test_outbox import ACCEPT, Service

from engine.core.answer import Answer
from engine.core.command import Command, OutboxRow
from engine.core.event import ACCEPTED, IN_DOUBT

JOIN = Command(operation="conference_join", path={"id": "room"}, parameters={"call_control_id": "v3:a"})
ROOM = Answer(status=200, body={"data": [{"call_control_id": "v3:a", "status": "joined"}]})
EMPTY = Answer(status=200, body={"data": []})


def tried_long_ago(command: Command) -> OutboxRow:
    return OutboxRow(
        command_id="c1", run="anna", chain="anna", seq=1, command=command, created_at=-200.0, first_attempt_at=-200.0
    )


@pytest.mark.parametrize(
    ("answers", "sent", "outcome"),
    [
        ({"participant_list": ROOM}, ["participant_list"], ACCEPTED),
        ({"participant_list": EMPTY}, ["participant_list", "conference_join"], ACCEPTED),
        ({"participant_list": Answer(status=503)}, ["participant_list"] * 3, IN_DOUBT),
    ],
)
async def test_a_join_of_long_ago_is_looked_up_before_it_is_sent_again(answers, sent, outcome) -> None:
    asked: list[str] = []

    def reply(command: Command, attempt: int) -> Answer:
        asked.append(command.operation)
        return answers.get(command.operation, ACCEPT)

    service = Service(reply)
    service.outbox.start([tried_long_ago(JOIN)])
    async with service.alive():
        await service.clock.advance(30)

        assert asked == sent
        assert service.outcomes == [("c1", outcome)]
