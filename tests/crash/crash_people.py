"""The people of a laboratory: they call, press keys, work at the desk, and hang up when it pleases them."""

from __future__ import annotations

import asyncio
import random

from engine.simulator.server import SimulatorServer

_AGENTS = "+15551000004"
# Which lines are rung, and how often each; agents are kept there all the time.
_LINES = {
    "+15551000001": 3,
    "+15551000002": 3,
    "+15551000003": 3,
    "+15551000005": 3,
    "+15551000006": 2,
    "+15551000007": 1,
}
_STAYS_S = (20.0, 150.0)  # many calls outlive the 60 seconds for which Telnyx remembers a command
_KEYS = "0123456789*#"


class People:
    """Keeps *crowd* calls open at once, one of them an agent's, until ``go_home``."""

    def __init__(self, simulator: SimulatorServer, *, chance: random.Random, crowd: int) -> None:
        self.calls = 0
        self._simulator = simulator
        self._chance = chance
        self._crowd = crowd
        self._at_home = False

    async def run(self) -> None:
        """Call and call again, until everybody has gone home."""
        async with asyncio.TaskGroup() as tasks:
            for number in range(self._crowd):
                tasks.create_task(self._one_after_another(is_agent=number % 8 == 1))

    def go_home(self) -> None:
        """Nobody calls any more, and everybody hangs up within seconds."""
        self._at_home = True

    def hang_up_all(self) -> None:
        world, now = self._simulator.world, self._simulator.clock()
        for leg in world.legs:
            if world.look(leg.call_control_id).state != "ended":
                world.hang_up(leg.call_control_id, now)
        self._simulator.settle()

    async def _one_after_another(self, *, is_agent: bool) -> None:
        while not self._at_home:
            await asyncio.sleep(self._chance.uniform(0.5, 6.0))
            to = _AGENTS if is_agent else self._chance.choices([*_LINES], [*_LINES.values()])[0]
            await self._call(to)

    async def _call(self, to: str) -> None:
        simulator = self._simulator
        self.calls += 1
        from_ = f"+1555200{self.calls % 10_000:04d}"
        leg = simulator.world.call(from_=from_, to=to, now=simulator.clock()).call_control_id
        simulator.settle()
        leaves_at = simulator.clock() + self._chance.uniform(*_STAYS_S)
        while not self._at_home and simulator.world.look(leg).state != "ended":
            if simulator.clock() > leaves_at:
                break
            await asyncio.sleep(self._chance.uniform(1.0, 6.0))
            if self._chance.random() < 0.5 and simulator.world.look(leg).state == "answered":
                simulator.world.press(leg, self._chance.choice(_KEYS), simulator.clock())
                simulator.settle()
        if self._at_home:
            await asyncio.sleep(self._chance.uniform(0.0, 3.0))
        simulator.world.hang_up(leg, simulator.clock())
        simulator.settle()
