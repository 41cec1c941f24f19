"""The people around the simulated Telnyx, over HTTP: they call, press keys, pick up; and the record to watch."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from aiohttp import web

from engine.simulator.world import World

LONGEST_WAIT_S = 60.0

_Act = Callable[[Mapping[str, Any]], Any]


class Control:
    """The routes under ``/sim``. *settle* is called after each change."""

    def __init__(self, world: World, clock: Callable[[], float], settle: Callable[[], None]) -> None:
        self._world = world
        self._clock = clock
        self._settle = settle
        self._changed = asyncio.Event()
        self._is_closed = False

    def routes(self) -> Iterable[web.RouteDef]:
        """Return the routes; see docs of ``World`` for what each does."""
        acts: dict[str, _Act] = {
            "/sim/calls": self._call,
            "/sim/calls/{leg}/press": self._press,
            "/sim/calls/{leg}/hangup": lambda want: self._world.hang_up(want["leg"], self._clock()),
            "/sim/calls/{leg}/answer": self._answer,
            "/sim/calls/{leg}/refuse": self._refuse,
            "/sim/calls/{leg}/ignore": lambda want: self._world.ignore(want["leg"], self._clock()),
            "/sim/calls/{leg}/speak": self._speak,
            "/sim/calls/{leg}/tell_ai": self._tell_ai,
            "/sim/fail": self._fail,
            "/sim/delay": self._delay,
            "/sim/repeat": lambda want: self._world.repeat_last(self._clock()),
            "/sim/send": self._send,
        }
        reads = [web.get("/sim/record", self._record), web.get("/sim/state", self._state)]
        return [web.post(path, self._route(act)) for path, act in acts.items()] + reads

    def wake(self) -> None:
        """Answer those who wait for the record to grow."""
        self._changed.set()
        self._changed = asyncio.Event()

    def close(self) -> None:
        """Let nobody wait any longer."""
        self._is_closed = True
        self._changed.set()

    def _route(self, act: _Act) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            try:
                want = json.loads(await request.read() or b"{}")
                if not isinstance(want, dict):
                    raise ValueError("the body must be a JSON object")
                result = act(want | dict(request.match_info))
            except KeyError as missing:
                return web.json_response({"error": f"{missing} is missing"}, status=400)
            except (TypeError, ValueError) as error:
                return web.json_response({"error": str(error)}, status=400)
            self._settle()
            return web.json_response(result or {})

        return handle

    def _call(self, want: Mapping[str, Any]) -> dict[str, Any]:
        name = want.get("caller_id_name", "")
        leg = self._world.call(from_=want["from"], to=want["to"], now=self._clock(), caller_id_name=name)
        return leg.as_json()

    def _press(self, want: Mapping[str, Any]) -> None:
        gap_s = float(want.get("gap_s", 0.3))
        self._world.press(want["leg"], str(want["digits"]), self._clock(), gap_s=gap_s)

    def _answer(self, want: Mapping[str, Any]) -> None:
        self._world.pick_up(want["leg"], self._clock(), machine=bool(want.get("machine")))

    def _refuse(self, want: Mapping[str, Any]) -> None:
        self._world.refuse(want["leg"], self._clock(), want.get("cause", "user_busy"))

    def _speak(self, want: Mapping[str, Any]) -> None:
        self._world.speak_into(want["leg"], want["text"], self._clock(), seconds=want.get("seconds"))

    def _tell_ai(self, want: Mapping[str, Any]) -> None:
        result = want["result"]
        if not isinstance(result, dict | None):
            raise ValueError("result must be a JSON object, or null where the AI finds out nothing")
        self._world.tell_ai(want["leg"], result, self._clock())

    def _fail(self, want: Mapping[str, Any]) -> None:
        self._world.fail_next(want["operation"], int(want["status"]), str(want["code"]), int(want.get("times", 1)))

    def _delay(self, want: Mapping[str, Any]) -> None:
        self._world.delay(want["event_type"], float(want["by_s"]), int(want.get("times", 1)))

    def _send(self, want: Mapping[str, Any]) -> None:
        self._world.send(want["event_type"], want.get("call_control_id"), want.get("fields", {}), self._clock())

    async def _record(self, request: web.Request) -> web.Response:
        try:
            since = int(request.query.get("since", "0"))
            wait_s = min(LONGEST_WAIT_S, float(request.query.get("wait_s", "0")))
        except ValueError:
            return web.json_response({"error": "since and wait_s must be numbers"}, status=400)
        try:
            async with asyncio.timeout(wait_s):
                while len(self._world.record) <= since and not self._is_closed:
                    await self._changed.wait()
        except TimeoutError:
            pass
        entries = self._world.record[max(0, since) :]
        return web.json_response({"entries": [entry.as_json() for entry in entries], "next": len(self._world.record)})

    async def _state(self, request: web.Request) -> web.Response:
        self._settle()
        return web.json_response(self._world.state())
