"""
The main job, on this machine and without an account: calls come in over real HTTP, and flows answer them.

Starts the simulated Telnyx and the service as two programs of their own, places calls, presses keys, and prints what
both of them report. Nothing printed about a call is made up here; a flow that does not do its job ends the demo
with exit code 1.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from engine.core.command import run_id

HERE = Path(__file__).resolve().parent
PATIENCE_S = 20.0
SPEED = 3.0  # of the simulated voices
QUIET = {"queued_call_list", "queued_call_retrieve", "queue_retrieve", "call_retrieve"}


class DemoFailed(Exception):
    """Something that the demo waited for did not happen."""


@dataclass(slots=True)
class Stage:
    """The two programs of one act, and everything that they reported so far."""

    sim: httpx.AsyncClient
    started: float
    numbers: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    runs: dict[str, str] = field(default_factory=dict)
    record: list[dict[str, Any]] = field(default_factory=list)
    states: list[tuple[str, str]] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    # -- what people do ------------------------------------------------------------------------------------------

    async def call(self, name: str, *, number: str, to: str) -> str:
        """Somebody calls; return the leg's call_control_id."""
        self.numbers[number] = name
        leg = (await self.sim.post("/sim/calls", json={"from": number, "to": to})).raise_for_status().json()
        self.names[leg["call_control_id"]] = name
        self.runs[run_id(leg["call_leg_id"])[:8]] = name
        return str(leg["call_control_id"])

    async def press(self, leg: str, digits: str) -> None:
        (await self.sim.post(f"/sim/calls/{leg}/press", json={"digits": digits})).raise_for_status()

    async def hang_up(self, leg: str) -> None:
        (await self.sim.post(f"/sim/calls/{leg}/hangup", json={})).raise_for_status()

    # -- what must happen ----------------------------------------------------------------------------------------

    async def hears(self, leg: str, text: str) -> None:
        """Wait until the person on *leg* hears *text*."""
        await self._until(
            f"{self.names[leg]} hears '{text}'",
            lambda: any(row["kind"] == "hears" and row["leg"] == leg and text in row["what"] for row in self.record),
        )

    async def listens(self, leg: str, text: str) -> None:
        """Wait until *text* has been said to its end."""
        await self.hears(leg, text)
        await self._until(
            f"'{text}' ends",
            lambda: any(row["kind"] == "stops" and row["leg"] == leg and text in row["what"] for row in self.record),
        )

    async def does(self, operation: str, leg: str) -> None:
        """Wait until Telnyx has accepted *operation* for *leg*."""
        await self._until(
            f"Telnyx does {operation}",
            lambda: any(
                row["kind"] == "request"
                and row["what"] == operation
                and row["details"]["status"] == 200
                and leg in (row["leg"], row["details"]["target"], row["details"]["parameters"].get("call_control_id"))
                for row in self.record
            ),
        )

    async def is_in(self, leg: str, state: str) -> None:
        """Wait until the service says that the call on *leg* is in *state*."""
        name = self.names[leg]
        await self._until(f"{name} is in '{state}'", lambda: (name, state) in self.states)

    async def happens(self, leg: str, what: str) -> None:
        """Wait for a change of a leg: joined, "hung up", ..."""
        await self._until(
            f"{self.names[leg]} {what}",
            lambda: any(row["kind"] == "state" and row["leg"] == leg and row["what"] == what for row in self.record),
        )

    async def _until(self, what: str, is_so: Any) -> None:
        try:
            async with asyncio.timeout(PATIENCE_S), self.news:
                await self.news.wait_for(is_so)
        except TimeoutError:
            raise DemoFailed(f"waited {PATIENCE_S:.0f} s, but this did not happen: {what}") from None

    # -- what the two programs report ----------------------------------------------------------------------------

    async def follow_record(self) -> None:
        """Print the simulator's record as it grows."""
        since = 0
        while True:
            answer = (await self.sim.get("/sim/record", params={"since": since, "wait_s": 10}, timeout=20)).json()
            since = answer["next"]
            for row in answer["entries"]:
                self.record.append(row)
                self._print(row)
            async with self.news:
                self.news.notify_all()

    async def follow_log(self, lines: asyncio.StreamReader) -> None:
        """Print the states that the service's log tells."""
        while line := await lines.readline():
            try:
                row = json.loads(line)
            except ValueError:
                print(line.decode(errors="replace").rstrip(), file=sys.stderr)
                continue
            name = self.runs.get(row.get("call", ""), "")
            if row.get("event") == "state" and name:
                self.states.append((name, row["state"]))
                self._line(name, f"    is in state '{row['state']}' of {row['flow']}")
            elif row.get("level") in ("warning", "error", "critical"):
                print(line.decode(errors="replace").rstrip(), file=sys.stderr)
            async with self.news:
                self.news.notify_all()

    def _print(self, row: dict[str, Any]) -> None:
        details, what = row["details"], row["what"]
        if what == "calls":
            self.names[row["leg"]] = self.numbers.get(details["from"], "")
        name = self.names.get(row["leg"] or "", "")
        if row["kind"] == "hears":
            self._line(name, f'hears "{what}"' if details["sound"] == "speech" else f"hears {details['sound']}: {what}")
        elif row["kind"] == "presses":
            self._line(name, f"presses {what}")
        elif row["kind"] == "request" and what not in QUIET:
            status = details["status"]
            self._line(name, f"    Telnyx {'does' if status == 200 else f'refuses ({status})'} {what}")
        elif row["kind"] == "state" and what in ("calls", "joined", "left", "enqueued", "dequeued", "hung up"):
            where = details.get("name") or details.get("queue") or details.get("to") or ""
            self._line(name, f"{what} {where}".rstrip())

    def _line(self, name: str, text: str) -> None:
        print(f"  {time.monotonic() - self.started:5.1f}s  {name:7} {text}", flush=True)


@asynccontextmanager
async def stage(flows: Path, secrets: dict[str, str]) -> AsyncIterator[Stage]:
    """Run the simulated Telnyx and the service on *flows*; both are gone when the block ends."""
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="ringflow-demo-") as folder:
        simulator = await _start(
            "simulate",
            "--format",
            "json",
            "--listen",
            "127.0.0.1:0",
            "--speed",
            str(SPEED),
            "--webhook-url",
            f"http://127.0.0.1:{port}/webhooks/telnyx",
            stdout=asyncio.subprocess.PIPE,
        )
        service = None
        try:
            assert simulator.stdout is not None
            ready = json.loads(await asyncio.wait_for(simulator.stdout.readline(), PATIENCE_S))
            service = await _start(
                "serve",
                stderr=asyncio.subprocess.PIPE,
                environ={
                    "TELNYX_API_KEY": ready["api_key"],
                    "TELNYX_PUBLIC_KEY": ready["public_key"],
                    "TELNYX_API_URL": ready["api_url"],
                    "RINGFLOW_FLOWS": str(flows),
                    "RINGFLOW_DATABASE": f"sqlite:///{folder}/ringflow.db",
                    "RINGFLOW_LISTEN": f"127.0.0.1:{port}",
                    **secrets,
                },
            )
            root = ready["api_url"].removesuffix("/v2")
            async with httpx.AsyncClient(base_url=root, trust_env=False) as client, asyncio.TaskGroup() as tasks:
                assert service.stderr is not None
                told = Stage(client, time.monotonic())
                following = [tasks.create_task(told.follow_log(service.stderr))]
                await _until_ready(f"http://127.0.0.1:{port}/readyz", service)
                told.started = time.monotonic()
                following.append(tasks.create_task(told.follow_record()))
                yield told
                for task in following:
                    task.cancel()
        finally:
            for program in (service, simulator):
                if program is not None and program.returncode is None:
                    program.terminate()
                    await program.wait()


async def _start(*arguments: str, environ: dict[str, str] | None = None, **streams: Any) -> asyncio.subprocess.Process:
    base = {name: value for name, value in os.environ.items() if not name.startswith(("RINGFLOW_", "TELNYX_"))}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "engine", *arguments, cwd=HERE.parent, env=base | (environ or {}), **streams
    )


async def _until_ready(url: str, service: asyncio.subprocess.Process) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        for _ in range(200):
            if service.returncode is not None:
                raise DemoFailed("the service did not start")
            try:
                if (await client.get(url)).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)
    raise DemoFailed("the service is not ready after 20 s")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# -- the three acts ----------------------------------------------------------------------------------------------


async def first_flow() -> None:
    print("\n1. The first flow: on call.enqueued it speaks, on gathered digits it joins a conference")
    async with stage(HERE / "first_flow", {}) as on:
        caller = await on.call("caller", number="+34600111222", to="+15551234567")
        await on.listens(caller, "You are number 1 in line.")
        await on.hears(caller, "Press 1 to join the team room.")
        await on.press(caller, "1")
        await on.happens(caller, "joined")
        await on.is_in(caller, "room")
        await on.hang_up(caller)
        await on.happens(caller, "hung up")


async def front_desk_and_support() -> None:
    async with stage(
        HERE.parent / "flows", {"RINGFLOW_SECRET_TEAM_ROOM_PIN": "4821", "RINGFLOW_SECRET_NOTIFY": "demo"}
    ) as on:
        print("\n2. The front desk: a menu, a PIN, the team room")
        caller = await on.call("caller", number="+34600111222", to="+15551230000")
        await on.listens(caller, "For sales, press 1.")
        await on.press(caller, "2")
        await on.listens(caller, "Please enter your four digit PIN")
        await on.press(caller, "4821#")
        await on.happens(caller, "joined")
        await on.is_in(caller, "team_room")
        await on.hang_up(caller)
        await on.happens(caller, "hung up")

        print("\n3. The support desk: a caller waits in line, an agent takes them")
        waiting = await on.call("ana", number="+34600333444", to="+15551231111")
        await on.listens(waiting, "You are number 1 in line.")
        await on.hears(waiting, "hold")
        agent = await on.call("agent", number="+15552220001", to="+15551231112")
        await on.listens(agent, "Press 1 to take the next call.")
        await on.press(agent, "1")
        await on.is_in(waiting, "talking")
        await on.is_in(agent, "talking")
        await on.hang_up(agent)
        await on.listens(waiting, "How did we do?")
        await on.press(waiting, "5")
        await on.does("hangup", waiting)
        await on.happens(waiting, "hung up")


async def show() -> None:
    """Play all acts."""
    await first_flow()
    await front_desk_and_support()


def main() -> int:
    """Return the exit code: 0 when every flow did its job."""
    began = time.monotonic()
    failures: list[BaseException] = []
    try:
        asyncio.run(show())
    except* DemoFailed as group:
        failures += group.exceptions
    for failure in failures:
        print(f"\nThe demo failed: {failure}", file=sys.stderr)
    if not failures:
        print(f"\nAll three flows did their job in {time.monotonic() - began:.0f} s; everything is stopped again.")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
