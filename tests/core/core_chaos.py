"""A stage on which nothing keeps its order: webhooks and messages between runs come late, twice, and swapped."""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass, field

import orjson

from engine.core.command import TELL
from engine.core.event import TIMER, Event
from engine.core.intake import decide, route
from engine.scenario.stage import Stage, event_of


@dataclass(slots=True, kw_only=True)
class ChaosStage(Stage):
    """*webhooks_s* and *messages_s* are the longest delays; *twice* is how often a webhook comes twice."""

    chance: random.Random = field(default_factory=lambda: random.Random(0))
    webhooks_s: float = 0.3
    messages_s: float = 0.1
    twice: float = 0.2
    late: list[tuple[float, int, Event]] = field(default_factory=list)
    last: dict[str, float] = field(default_factory=dict)
    count: int = 0

    def next_due(self) -> float | None:
        dues = [due for due in (Stage.next_due(self), self.late[0][0] if self.late else None) if due is not None]
        return min(dues, default=None)

    def tick(self) -> bool:
        self._flush()
        due = self.next_due()
        if due is None:
            return False
        self.now = max(self.now, due)
        while self.late and self.late[0][0] <= self.now:
            self.receive(heapq.heappop(self.late)[2])
        for webhook in self.world.advance(self.now):
            self._later(event_of(webhook), self.chance.uniform(0, self.webhooks_s))
            if self.chance.random() < self.twice:
                self._later(event_of(webhook), self.chance.uniform(0, 2.0))
        self.outbox.tick(self.now, self.receive)
        for timer in sorted(self.timers.values(), key=lambda timer: (timer.due, timer.run)):
            if timer.due <= self.now and self.timers.get(timer.run) == timer:
                del self.timers[timer.run]
                identity = f"timer:{timer.run}:{timer.gen}"
                self.receive(Event(id=identity, type=TIMER, run=timer.run, payload={"gen": timer.gen}))
        self._flush()
        return True

    def receive(self, event: Event) -> None:
        """The same input gives the same output, each time."""
        where = route(event, install=self.library.install)
        run = next((self.keys[key] for key in where.keys if key in self.keys), where.run)
        row = self.rows.get(run)
        once, again = (decide(event, row, self.library, run=run, now=self.now) for _ in range(2))
        assert once == again
        assert once.row is None or orjson.loads(once.row.state) is not None
        Stage.receive(self, event)

    def _flush(self) -> None:
        """Messages wait a while, too; only those of one chain keep their order."""
        while messages := [row for row in self.outbox.rows if row.command.operation == TELL]:
            for row in messages:
                self.outbox.rows.remove(row)
                at = max(self.now + self.chance.uniform(0, self.messages_s), self.last.get(row.chain, 0.0))
                self.last[row.chain] = at
                parameters = row.command.parameters
                event = Event(
                    id=row.command_id,
                    type=parameters["type"],
                    payload=parameters["payload"],
                    run=row.command.path["run"],
                )
                self._later(event, at - self.now)
        self.outbox.flush(self.now, self.receive)

    def _later(self, event: Event, delay_s: float) -> None:
        self.count += 1
        heapq.heappush(self.late, (self.now + delay_s, self.count, event))
