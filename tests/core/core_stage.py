"""A stage with short words for the tests of the core: calls, keys, refusals, and what is wrong when all is quiet."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from engine.core.command import NOTIFY, TELL
from engine.core.event import Event
from engine.core.flow import Version
from engine.core.leg import Leg
from engine.core.program import Library
from engine.language.loader import load_version
from engine.scenario.stage import Stage
from engine.simulator.options import Options
from engine.simulator.world import World
from engine.tables import catalogue

START = 1_800_000_000.0
OFFICE = "+15550000001"
AGENTS = "+15550000002"
CALLER = "+34600111222"
PROJECT = b"""\
audio:
  hold_music: {url: "https://example.com/hold.mp3"}
  tune: {media: tune}
notify:
  inbox: {url: "https://example.com/hooks"}
secrets: [pin]
lists:
  members: ["+34600111222"]
may_call: ["+1555"]
"""
ROOT = Path(__file__).parents[2]


@cache
def version(*flows: str, project: bytes = PROJECT) -> Version:
    """Compile *flows*, given as YAML text, with the project of these tests."""
    files = {f"f{index}.flow.yaml": text.encode() for index, text in enumerate(flows)}
    loaded = load_version({**files, "project.yaml": project})
    assert loaded.version is not None, loaded.problems
    return loaded.version


@cache
def folder(path: str) -> Version:
    """Compile a folder of the repository."""
    files = {found.name: found.read_bytes() for found in (ROOT / path).glob("*.yaml") if ".test." not in found.name}
    loaded = load_version(files)
    assert loaded.version is not None, loaded.problems
    return loaded.version


def flow(states: str, *, name: str = "desk", top: str = "", roles: str = "", number: str = OFFICE) -> str:
    """Return a flow whose *states* are the text below ``states:``; the first one is its start."""
    start = states.strip().split(":")[0]
    head = f'flow: {name}\nstarts_when:\n  calls_to: ["{number}"]\n'
    if "anywhere:" not in top:
        top += "\nanywhere:\n  on_error: broken\n"
    broken = "  broken:\n    do:\n      - speak: Sorry\n    then: hangup\n"
    body = f"{head}{top}\nstart: {start}\nstates:\n{states.rstrip()}\n"
    return body + ("" if "\n  broken:" in states else broken) + roles


class Phone:
    """One engine and one simulated Telnyx in virtual time."""

    def __init__(
        self,
        *flows: str,
        compiled: Version | None = None,
        project: bytes = PROJECT,
        secrets: Mapping[str, str] | None = None,
        seed: int = 1,
        stage: type[Stage] = Stage,
        world: type[World] = World,
        **options: Any,
    ) -> None:
        self.world = world(catalogue(), seed=seed, options=Options(**options), start=START)
        library = Library(
            install="test",
            catalogue=catalogue(),
            current=compiled or version(*flows, project=project),
            secrets=secrets or {},
        )
        self.stage = stage(library=library, world=self.world, now=START)
        self.before: Callable[[Event], None] | None = None

    @property
    def now(self) -> float:
        return self.stage.now

    # -- people --------------------------------------------------------------------------------------------------

    def calls(self, to: str = OFFICE, from_: str = CALLER, wait: float = 0.0) -> str:
        """Somebody calls; returns the call_control_id."""
        leg = self.world.call(from_=from_, to=to, now=self.now)
        self.wait(wait)
        return leg.call_control_id

    def press(self, call: str, digits: str, wait: float = 1.0) -> None:
        self.world.press(call, digits, self.now)
        self.wait(wait)

    def hang_up(self, call: str, wait: float = 1.0) -> None:
        self.world.hang_up(call, self.now)
        self.wait(wait)

    def wait(self, seconds: float = 1.0) -> None:
        self.stage.run_until(self.now + seconds)

    # -- Telnyx --------------------------------------------------------------------------------------------------

    def fail(self, operation: str, code: str, status: int = 422, times: int = 1) -> None:
        self.world.fail_next(operation, status, code, times)

    def webhook(self, event_type: str, call: str, *, n: int | None = None, **fields: Any) -> None:
        """Deliver a webhook by hand; *n* is the count in its client_state (None: none)."""
        leg = next(leg for leg in self.world.legs if leg.call_control_id == call)
        payload = {"call_control_id": call, "call_leg_id": leg.call_leg_id, **fields}
        if n is not None:
            parts = f"rf1|test|{self.stage.run_of(call)}|{n}".encode()
            payload["client_state"] = base64.b64encode(parts).decode()
        self.stage.receive(Event(id=f"by-hand-{len(self.stage.seen)}", type=event_type, payload=payload))

    # -- what one can see ----------------------------------------------------------------------------------------

    def leg(self, call: str) -> Leg:
        leg = self.stage.leg(self.stage.run_of(call))
        assert leg is not None
        return leg

    def state(self, call: str) -> str:
        """The leg's state, or leaving or ended."""
        leg = self.leg(call)
        return leg.state if leg.status == "live" else leg.status

    def states(self, call: str) -> list[str]:
        """All states that the leg entered."""
        run = self.stage.run_of(call)
        return [line.record["state"] for line in self.stage.journal if line.kind == "state" and line.run == run]

    def heard(self, call: str) -> list[str]:
        """What the person heard, tones of ringing and beeps left out."""
        return [
            entry.what
            for entry in self.world.record
            if entry.kind == "hears" and entry.leg == call and entry.details.get("sound") not in ("beep", "ringing")
        ]

    def did(self, call: str = "") -> list[str]:
        """The operations that were sent, about one call or all; reads and messages left out."""
        return [row.command.operation for _, row in self.rows(call)]

    def rows(self, call: str = "", operation: str = "") -> list[Any]:
        reads = {name for name, found in catalogue().operations.items() if found.is_read}
        run = self.stage.run_of(call) if call else ""
        return [
            (at, row)
            for at, row in self.stage.outbox.sent
            if row.command.operation not in reads | {TELL, NOTIFY}
            and (not call or row.run == run)
            and operation in ("", row.command.operation)
        ]

    def parameters(self, operation: str, call: str = "") -> dict[str, Any]:
        """The parameters of the last command of this operation."""
        return dict(self.rows(call, operation)[-1][1].command.parameters)

    def reads(self) -> list[str]:
        return [row.command.operation for _, row in self.stage.outbox.sent if row.command.operation not in self.did()]

    def notified(self) -> list[dict[str, Any]]:
        return [dict(row.command.parameters) for _, row in self.stage.outbox.sent if row.command.operation == NOTIFY]

    def logged(self) -> list[str]:
        return [line.record["text"] for line in self.stage.journal if line.kind == "log"]

    def errors(self) -> list[str]:
        return [line.record["code"] for line in self.stage.journal if line.kind == "error"]

    def room(self, name: str) -> dict[str, Any]:
        return orjson.loads(self.stage.rows[f"room:{name}"].state)

    def queue(self, name: str) -> dict[str, Any]:
        return orjson.loads(self.stage.rows[f"queue:{name}"].state)

    def problems(self) -> list[str]:
        """All that should not be so when the stage is quiet: engine and world disagree, or something hangs."""
        return [*_defects(self), *_leg_problems(self), *_room_problems(self), *_queue_problems(self)]

    def left_over(self) -> list[str]:
        """All that is still there when every call is long over."""
        found = _defects(self)
        found += [f"{run} is live" for run, row in self.stage.rows.items() if row.ended_at is None]
        found += [f"{run} has a timer" for run in self.stage.timers]
        found += [f"{row.command.operation} was never settled" for row in self.stage.outbox.rows]
        return found


def _defects(phone: Phone) -> list[str]:
    return [f"defect: {dict(line.record)}" for line in phone.stage.journal if line.kind == "failed"]


def _leg_problems(phone: Phone) -> list[str]:
    found = []
    for one in phone.world.legs:
        run = phone.stage.run_of(one.call_control_id)
        leg = phone.stage.leg(run)
        if leg is None or leg.run != run or leg.call_control_id != one.call_control_id:
            continue
        look = phone.world.look(one.call_control_id)
        who = f"{leg.role} in '{leg.state or leg.status}'"
        if leg.status == "ended" and _has_let_go(phone, run):
            continue
        if (look.state == "ended") != (leg.status == "ended"):
            found.append(f"{who}: Telnyx says {look.state}")
        if leg.status != "live":
            continue
        if leg.queue != (look.queue or ""):
            found.append(f"{who}: in queue '{leg.queue}', Telnyx says '{look.queue}'")
        if (leg.room if leg.is_in_room else "") != (look.room_name or ""):
            found.append(f"{who}: in room '{leg.room}' ({leg.is_in_room}), Telnyx says '{look.room_name}'")
        if leg.connecting is not None:
            found.append(f"{who}: still connecting {leg.connecting}")
        if leg.running is not None and leg.running.stage == "held":
            found.append(f"{who}: a step is held")
        for role, link in leg.links.items():
            other = phone.stage.leg(link.run)
            if other is None or other.status == "ended" or other.links.get(leg.role) is None:
                found.append(f"{who}: the link to {role} hangs in the air")
        if not phone.stage.timers.get(run):
            found.append(f"{who}: nothing would ever wake it")
    found += [f"{row.run}: {row.command.operation} is not settled" for row in phone.stage.outbox.rows]
    return found


def _has_let_go(phone: Phone, run: str) -> bool:
    """Tell whether the flow has ended by ``end``, which leaves the leg as it is."""
    return any(line.kind == "ended" and line.run == run and line.record["why"] == "end" for line in phone.stage.journal)


def _room_problems(phone: Phone) -> list[str]:
    found = []
    rooms = phone.world.state()["rooms"]
    for run, row in phone.stage.rows.items():
        if not run.startswith("room:"):
            continue
        room = orjson.loads(row.state)
        name = run.removeprefix("room:")
        theirs = {phone.stage.run_of(call) for call in rooms.get(name, {}).get("members", [])}
        if set(room["members"]) != theirs:
            found.append(f"room '{name}' has {sorted(room['members'])}, Telnyx says {sorted(theirs)}")
        if room["sent"]:
            found.append(f"room '{name}' waits for answers: {room['sent']}")
        if not theirs and row.ended_at is None:
            found.append(f"room '{name}' is empty and still there")
    return found


def _queue_problems(phone: Phone) -> list[str]:
    found = []
    queues, rooms = phone.world.state()["queues"], phone.world.state()["rooms"]
    for run, row in phone.stage.rows.items():
        if not run.startswith("queue:"):
            continue
        queue = orjson.loads(row.state)
        name = run.removeprefix("queue:")
        waiting = [call for call in queues.get(name, []) if phone.stage.run_of(call)]
        if sorted(queue["waiting"]) != sorted(waiting):
            found.append(f"queue '{name}': waiting differs from Telnyx's list")
        if queue["claims"]:
            found.append(f"queue '{name}': claims {queue['claims']}")
        if sorted(queue["rooms"]) != sorted(room for room in rooms if room.startswith(f"{name} ")):
            found.append(f"queue '{name}': rooms {queue['rooms']}, Telnyx has {sorted(rooms)}")
        if queue["sent"]:
            found.append(f"queue '{name}' waits for answers")
    return found
