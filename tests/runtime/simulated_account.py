"""A simulated Telnyx account as a carrier, in the time of a FakeClock: several outboxes may use one."""

from __future__ import annotations

import orjson

from engine.core.answer import Answer, answer_from
from engine.core.command import Command
from engine.simulator.options import Options
from engine.simulator.world import World
from engine.tables import catalogue
from engine.testing import FakeClock, Sending


class Account:
    """Answers as Telnyx does with *options*; *sent* are all attempts, *refused* those that were throttled."""

    def __init__(self, clock: FakeClock, **options) -> None:
        self.clock = clock
        self.world = World(catalogue(), options=Options(**options), start=clock.now())
        self.sent: list[Sending] = []
        self.refused: list[Sending] = []

    def call(self) -> str:
        """Somebody calls in."""
        return self.world.call(from_="+34600111222", to="+15551230000", now=self.clock.now()).call_control_id

    def requests_of(self, leg: str) -> list[Sending]:
        """Return the attempts that were about the call *leg*, in order."""
        return [sending for sending in self.sent if sending.command.path.get("call_control_id") == leg]

    async def send(self, command: Command, *, command_id: str) -> Answer:
        operation = catalogue().operations[command.operation]
        body = {**command.parameters, "command_id": command_id}
        now = self.clock.now()
        response = self.world.request(
            operation.method, operation.url_path(command.path), query=command.query, body=body, now=now
        )
        self.sent.append(Sending(command, command_id, now))
        if response.status == 429:
            self.refused.append(self.sent[-1])
        headers = {name.lower(): text for name, text in response.headers.items()}
        return answer_from(response.status, headers, orjson.dumps(response.body), now=now)

    notify = http = send  # nothing goes anywhere else in these tests
