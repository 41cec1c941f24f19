"""People who call, one after another, and what each of them hears."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from dataclasses import dataclass, field
from typing import Any

import httpx

SENTENCES = ("Welcome.", "Three services look after you.", "Press 1 to go on.", "Goodbye.")
ASKS = "Press 1 to go on."
THINKS_S = 0.5
LONGEST_CALL_S = 120.0


@dataclass(slots=True)
class Call:
    """What one caller went through. Instants are seconds since 1970."""

    began_at: float
    heard: list[str] = field(default_factory=list)
    silences: list[tuple[float, float]] = field(default_factory=list)  # from, to
    silent_since: float | None = None
    ended_at: float | None = None

    @property
    def is_right(self) -> bool:
        """True when they heard everything once, in order, and were hung up."""
        return self.ended_at is not None and self.heard == list(SENTENCES)

    def longest_silence_after(self, at: float) -> float:
        """Return the longest time without a sentence that ended after the instant *at*, in seconds."""
        return max((to - since for since, to in self.silences if to > at), default=0.0)

    def break_silence(self, at: float) -> None:
        if self.silent_since is not None:
            self.silences.append((self.silent_since, at))
            self.silent_since = None


class Callers:
    """They call through the simulated Telnyx, and press a key when they are asked to."""

    def __init__(self, simulator: httpx.AsyncClient) -> None:
        self.calls: dict[str, Call] = {}
        self.made = 0
        self._simulator = simulator
        self._news = asyncio.Condition()

    async def call(self, number: int, seconds: float, until: asyncio.Event) -> None:
        """Let *number* people call, evenly over *seconds*, and then more of them, as often, until *until*."""
        clock = asyncio.get_running_loop()
        began = clock.time()
        for turn in itertools.count():
            await asyncio.sleep(began + seconds * turn / number - clock.time())
            if turn >= number and until.is_set():
                return
            people = {"from": f"+34600{turn:06}", "to": "+15551230000"}
            (await self._simulator.post("/sim/calls", json=people)).raise_for_status()
            self.made += 1

    async def all_served(self) -> None:
        """Return when all calls are over, or cannot be hoped for any more."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_CALL_S), self._news:
                await self._news.wait_for(lambda: self._over == self.made)

    async def follow(self) -> None:
        """Take in the record of the simulated Telnyx, and press the keys, for ever."""
        since = 0
        async with asyncio.TaskGroup() as keys:
            while True:
                answer = await self._simulator.get("/sim/record", params={"since": since, "wait_s": 10})
                told = answer.raise_for_status().json()
                since = told["next"]
                for entry in told["entries"]:
                    self._note(entry)
                    if entry["kind"] == "hears" and entry["what"] == ASKS:
                        keys.create_task(self._press(entry["leg"]))
                async with self._news:
                    self._news.notify_all()

    @property
    def _over(self) -> int:
        return sum(call.ended_at is not None for call in self.calls.values())

    async def _press(self, leg: str) -> None:
        await asyncio.sleep(THINKS_S)
        await self._simulator.post(f"/sim/calls/{leg}/press", json={"digits": "1"})  # refused when they hung up

    def _note(self, entry: dict[str, Any]) -> None:
        kind, what, at = entry["kind"], entry["what"], entry["at"]
        if kind == "state" and what == "calls":
            self.calls[entry["leg"]] = Call(began_at=at, silent_since=at)
        call = self.calls.get(entry["leg"] or "")
        if call is None:
            return
        if kind == "hears":
            call.heard.append(what)
            call.break_silence(at)
        elif kind == "stops":
            call.silent_since = at
        elif kind == "state" and what == "hung up":
            call.break_silence(at)
            call.ended_at = at
