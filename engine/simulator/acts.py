"""The acts under ``/sim``: what each wants, and what it does to a running world. No HTTP here."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from engine.core.nearest import did_you_mean
from engine.simulator import chaos
from engine.simulator.forms import Field
from engine.simulator.running import RunningWorld
from engine.simulator.trouble import Chaos
from engine.tables import catalogue

LONGEST_WAIT_S = 60
LONGEST_STEP_S = 7 * 24 * 3600

# Gets the world and what was asked for; returns JSON, None for nothing to say, or something to wait for.
Deed = Callable[[RunningWorld, Mapping[str, Any]], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One request under ``/sim``. Its *fields* stand in the body, for GET in the query. Deeds raise ValueError."""

    method: str
    path: str
    about: str
    fields: tuple[Field, ...] = ()
    do: Deed


def _call(running: RunningWorld, want: Mapping[str, Any]) -> dict[str, Any]:
    name = want.get("caller_id_name", "")
    leg = running.world.call(from_=want["from"], to=want["to"], now=running.clock(), caller_id_name=name)
    return leg.as_json()


def _calls(running: RunningWorld, want: Mapping[str, Any]) -> dict[str, Any]:
    looks = [running.world.look(leg.call_control_id) for leg in running.world.legs]
    wanted = [look for look in looks if want.get("state") in (None, look.state)]
    return {"calls": [asdict(look) | {"leg": look.leg.as_json()} for look in wanted]}


def _press(running: RunningWorld, want: Mapping[str, Any]) -> None:
    running.world.press(want["leg"], want["digits"], running.clock(), gap_s=want.get("gap_s", 0.3))


def _speak(running: RunningWorld, want: Mapping[str, Any]) -> None:
    running.world.speak_into(want["leg"], want["text"], running.clock(), seconds=want.get("seconds"))


def _tell_ai(running: RunningWorld, want: Mapping[str, Any]) -> None:
    running.world.tell_ai(want["leg"], want["result"], running.clock())


def _answer(running: RunningWorld, want: Mapping[str, Any]) -> None:
    running.world.pick_up(want["leg"], running.clock(), machine=want.get("machine", False))


def _refuse(running: RunningWorld, want: Mapping[str, Any]) -> None:
    running.world.refuse(want["leg"], running.clock(), want.get("cause", "user_busy"))


def _ignore(running: RunningWorld, want: Mapping[str, Any]) -> None:
    running.world.ignore(want["leg"], running.clock())
    running.people.leave_alone(want["leg"])


def _people(running: RunningWorld, want: Mapping[str, Any]) -> dict[str, Any]:
    people = running.people
    if "number" in want:
        people.answer_after_s_of[want["number"]] = want["answer_after_s"]
    elif want:
        people.answer_after_s = want["answer_after_s"]
    return {"answer_after_s": people.answer_after_s, "numbers": people.answer_after_s_of}


def _chaos(running: RunningWorld, want: Mapping[str, Any]) -> dict[str, Any]:
    now = running.world.trouble
    return asdict(now) if isinstance(now, Chaos) else {}


def _set_chaos(running: RunningWorld, want: Mapping[str, Any]) -> dict[str, Any]:
    running.world.trouble = chaos.chaos_from(want, seed=_chaos(running, {}).get("seed", 0))
    return _chaos(running, {})


def _fail(running: RunningWorld, want: Mapping[str, Any]) -> None:
    _known("operation", want["operation"], catalogue().operations)
    running.world.fail_next(
        want["operation"], want["status"], want["code"], want.get("times", 1), headers=want.get("headers")
    )


def _delay(running: RunningWorld, want: Mapping[str, Any]) -> None:
    _known("event", want["event_type"], catalogue().events)
    running.world.delay(want["event_type"], want["by_s"], want.get("times", 1))


def _send(running: RunningWorld, want: Mapping[str, Any]) -> None:
    fields, now = want.get("fields", {}), running.clock()
    running.world.send(want["event_type"], want.get("call_control_id"), fields, now)


def _known(kind: str, name: str, names: Iterable[str]) -> None:
    if name not in names:
        raise ValueError(f"Telnyx has no {kind} '{name}'{did_you_mean(name, names)}")


def _state(running: RunningWorld, want: Mapping[str, Any]) -> dict[str, Any]:
    running.settle()
    lost = [
        {"id": webhook.id, "event_type": webhook.event_type, "call_control_id": webhook.call_control_id}
        for webhook in running.deliveries.undelivered
    ]
    return running.world.state() | {"undelivered": lost}


async def _record(running: RunningWorld, want: Mapping[str, Any]) -> dict[str, Any]:
    since = want.get("since", 0)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(want.get("wait_s", 0)):
            while len(running.world.record) == since and not running.is_over:
                await running.change()
    record = running.world.record
    return {"entries": [entry.as_json() for entry in record[since:]], "next": len(record)}


async def _time(running: RunningWorld, want: Mapping[str, Any]) -> dict[str, Any]:
    await running.let_pass(want["advance_s"])
    return {"now": running.world.now}


def _overview(running: RunningWorld, want: Mapping[str, Any]) -> dict[str, Any]:
    rows = [
        {
            "request": f"{act.method} {act.path}",
            "about": act.about,
            "fields": {field.name: f"{field.about}; {field.allowed}" for field in act.fields},
        }
        for act in ACTS
    ]
    return {"about": "people, faults and what happened, in a simulated Telnyx", "requests": rows}


_TIMES = Field(name="times", kind="whole number", least=1, about="how many of them, 1 unless said")
_ANSWER = Field(
    name="answer_after_s",
    kind="number",
    least=0,
    is_nullable=True,
    is_required=True,
    about="seconds until they pick up; null: they let it ring",
)
ACTS = (
    Act(method="GET", path="/sim", about="lists these requests", do=_overview),
    Act(
        method="POST",
        path="/sim/calls",
        about="somebody calls; the answer is the new leg with its ids",
        fields=(
            Field(name="from", is_required=True, about='the number that calls, such as "+34600111222"'),
            Field(name="to", is_required=True, about='the number that is called, such as "+15551230000"'),
            Field(name="caller_id_name", about="the caller's name"),
        ),
        do=_call,
    ),
    Act(
        method="GET",
        path="/sim/calls",
        about="all legs that ever were, oldest first",
        fields=(Field(name="state", choices=("ringing", "answered", "ended"), about="only those"),),
        do=_calls,
    ),
    Act(
        method="POST",
        path="/sim/calls/{leg}/press",
        about="they press keys",
        fields=(
            Field(name="digits", is_required=True, about='the keys, such as "12#"'),
            Field(name="gap_s", kind="number", least=0, most=60, about="seconds between two keys, 0.3 unless said"),
        ),
        do=_press,
    ),
    Act(
        method="POST",
        path="/sim/calls/{leg}/speak",
        about="they say something; recordings and transcriptions hear it",
        fields=(
            Field(name="text", is_required=True, about="the words"),
            Field(name="seconds", kind="number", least=0, most=3600, about="how long it takes to say them"),
        ),
        do=_speak,
    ),
    Act(
        method="POST",
        path="/sim/calls/{leg}/tell_ai",
        about="they tell an AI gather what it asks for",
        fields=(
            Field(
                name="result",
                kind="object",
                is_required=True,
                is_nullable=True,
                about="what the AI finds out; null: nothing",
            ),
        ),
        do=_tell_ai,
    ),
    Act(
        method="POST",
        path="/sim/calls/{leg}/hangup",
        about="they hang up",
        do=lambda running, want: running.world.hang_up(want["leg"], running.clock()),
    ),
    Act(
        method="POST",
        path="/sim/calls/{leg}/answer",
        about="the far end that rings picks up",
        fields=(Field(name="machine", kind="true or false", about="an answering machine does, not a person"),),
        do=_answer,
    ),
    Act(
        method="POST",
        path="/sim/calls/{leg}/refuse",
        about="the far end that rings does not take the call",
        fields=(
            Field(
                name="cause",
                choices=("user_busy", "call_rejected", "no_answer", "not_found", "unspecified"),
                about="the hangup_cause, user_busy unless said",
            ),
        ),
        do=_refuse,
    ),
    Act(
        method="POST",
        path="/sim/calls/{leg}/ignore",
        about="the far end lets it ring until the dial times out",
        do=_ignore,
    ),
    Act(method="GET", path="/sim/people", about="who picks up by themselves, and after how long", do=_people),
    Act(
        method="POST",
        path="/sim/people",
        about="far ends that begin to ring from now on pick up by themselves, or do not",
        fields=(_ANSWER, Field(name="number", about="only this one, instead of all others")),
        do=_people,
    ),
    Act(
        method="POST",
        path="/sim/time",
        about="time passes, and everybody stays silent; for --clock manual",
        fields=(
            Field(
                name="advance_s",
                kind="number",
                is_required=True,
                least=0,
                most=LONGEST_STEP_S,
                about="how many seconds pass",
            ),
        ),
        do=_time,
    ),
    Act(method="GET", path="/sim/state", about="who is where at this moment; webhooks that were given up", do=_state),
    Act(
        method="GET",
        path="/sim/record",
        about="all that happened, oldest first",
        fields=(
            Field(name="since", kind="whole number", least=0, about="leave out so many entries"),
            Field(
                name="wait_s", kind="number", least=0, most=LONGEST_WAIT_S, about="wait so long for one more to come"
            ),
        ),
        do=_record,
    ),
    Act(method="GET", path="/sim/chaos", about="the share of webhooks and requests that go wrong", do=_chaos),
    Act(
        method="POST",
        path="/sim/chaos",
        about="from now on these shares go wrong, and no others",
        fields=chaos.FIELDS,
        do=_set_chaos,
    ),
    Act(
        method="POST",
        path="/sim/fail",
        about="the next requests for an operation are refused",
        fields=(
            Field(name="operation", is_required=True, about='the operation, such as "speak"'),
            Field(name="status", kind="whole number", is_required=True, least=400, most=599, about="the HTTP status"),
            Field(name="code", is_required=True, about='Telnyx\'s error code, such as "90034"'),
            Field(name="headers", kind="object", about="more headers of the answer"),
            _TIMES,
        ),
        do=_fail,
    ),
    Act(
        method="POST",
        path="/sim/delay",
        about="the next webhooks of a type come later",
        fields=(
            Field(name="event_type", is_required=True, about='the event, such as "call.gather.ended"'),
            Field(name="by_s", kind="number", is_required=True, least=0, most=3600, about="seconds"),
            _TIMES,
        ),
        do=_delay,
    ),
    Act(
        method="POST",
        path="/sim/repeat",
        about="the last webhook comes once more, with the same id",
        do=lambda running, want: running.world.repeat_last(running.clock()),
    ),
    Act(
        method="POST",
        path="/sim/send",
        about="a webhook comes that nothing caused",
        fields=(
            Field(name="event_type", is_required=True, about='the event, such as "call.cost"'),
            Field(name="call_control_id", about="the leg that it is about"),
            Field(name="fields", kind="object", about="fields of its payload"),
        ),
        do=_send,
    ),
    Act(
        method="POST",
        path="/sim/reset",
        about="everything begins anew, with the same seed",
        do=lambda running, want: running.reset(),
    ),
)
