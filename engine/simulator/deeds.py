"""What the requests under ``/sim`` do to a running world, and answer; ``acts.py`` explains each. No HTTP here."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from engine.core.nearest import did_you_mean
from engine.simulator.chaos import chaos_from
from engine.simulator.running import RunningWorld
from engine.simulator.trouble import Chaos
from engine.tables import catalogue


def call(running: RunningWorld, want: Mapping[str, Any]) -> dict[str, Any]:
    name = want.get("caller_id_name", "")
    leg = running.world.call(from_=want["from"], to=want["to"], now=running.clock(), caller_id_name=name)
    return leg.as_json()


def calls(running: RunningWorld, want: Mapping[str, Any]) -> dict[str, Any]:
    looks = [running.world.look(leg.call_control_id) for leg in running.world.legs]
    wanted = [look for look in looks if want.get("state") in (None, look.state)]
    return {"calls": [asdict(look) | {"leg": look.leg.as_json()} for look in wanted]}


def press(running: RunningWorld, want: Mapping[str, Any]) -> None:
    running.world.press(want["leg"], want["digits"], running.clock(), gap_s=want.get("gap_s", 0.3))


def speak(running: RunningWorld, want: Mapping[str, Any]) -> None:
    running.world.speak_into(want["leg"], want["text"], running.clock(), seconds=want.get("seconds"))


def tell_ai(running: RunningWorld, want: Mapping[str, Any]) -> None:
    running.world.tell_ai(want["leg"], want["result"], running.clock())


def answer(running: RunningWorld, want: Mapping[str, Any]) -> None:
    running.world.pick_up(want["leg"], running.clock(), machine=want.get("machine", False))


def refuse(running: RunningWorld, want: Mapping[str, Any]) -> None:
    running.world.refuse(want["leg"], running.clock(), want.get("cause", "user_busy"))


def hang_up(running: RunningWorld, want: Mapping[str, Any]) -> None:
    running.world.hang_up(want["leg"], running.clock())


def ignore(running: RunningWorld, want: Mapping[str, Any]) -> None:
    running.world.ignore(want["leg"], running.clock())
    running.people.leave_alone(want["leg"])


def people(running: RunningWorld, want: Mapping[str, Any]) -> dict[str, Any]:
    people = running.people
    if "number" in want:
        people.answer_after_s_of[want["number"]] = want["answer_after_s"]
    elif want:
        people.answer_after_s = want["answer_after_s"]
    return {"answer_after_s": people.answer_after_s, "numbers": people.answer_after_s_of}


def show_chaos(running: RunningWorld, want: Mapping[str, Any]) -> dict[str, Any]:
    now = running.world.trouble
    return asdict(now) if isinstance(now, Chaos) else {}


def set_chaos(running: RunningWorld, want: Mapping[str, Any]) -> dict[str, Any]:
    running.world.trouble = chaos_from(want, seed=show_chaos(running, {}).get("seed", 0))
    return show_chaos(running, {})


def fail(running: RunningWorld, want: Mapping[str, Any]) -> None:
    _known("operation", want["operation"], catalogue().operations)
    running.world.fail_next(
        want["operation"], want["status"], want["code"], want.get("times", 1), headers=want.get("headers")
    )


def delay(running: RunningWorld, want: Mapping[str, Any]) -> None:
    _known("event", want["event_type"], catalogue().events)
    running.world.delay(want["event_type"], want["by_s"], want.get("times", 1))


def repeat(running: RunningWorld, want: Mapping[str, Any]) -> None:
    running.world.repeat_last(running.clock())


def send(running: RunningWorld, want: Mapping[str, Any]) -> None:
    fields, now = want.get("fields", {}), running.clock()
    running.world.send(want["event_type"], want.get("call_control_id"), fields, now)


def _known(kind: str, name: str, names: Iterable[str]) -> None:
    if name not in names:
        raise ValueError(f"Telnyx has no {kind} '{name}'{did_you_mean(name, names)}")


def state(running: RunningWorld, want: Mapping[str, Any]) -> dict[str, Any]:
    running.settle()
    lost = [
        {"id": webhook.id, "event_type": webhook.event_type, "call_control_id": webhook.call_control_id}
        for webhook in running.deliveries.undelivered
    ]
    return running.world.state() | {"undelivered": lost}


async def record(running: RunningWorld, want: Mapping[str, Any]) -> dict[str, Any]:
    since = want.get("since", 0)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(want.get("wait_s", 0)):
            while len(running.world.record) == since and not running.is_over:
                await running.change()
    entries = running.world.record
    return {"entries": [entry.as_json() for entry in entries[since:]], "next": len(entries)}


async def pass_time(running: RunningWorld, want: Mapping[str, Any]) -> dict[str, Any]:
    await running.let_pass(want["advance_s"])
    return {"now": running.world.now}


def reset(running: RunningWorld, want: Mapping[str, Any]) -> None:
    running.reset()
