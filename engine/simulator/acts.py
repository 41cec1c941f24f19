"""The requests under ``/sim``: what each is for and what it wants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.simulator import deeds
from engine.simulator.chaos import FIELDS as CHAOS
from engine.simulator.forms import Field
from engine.simulator.running import RunningWorld

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
        do=deeds.call,
    ),
    Act(
        method="GET",
        path="/sim/calls",
        about="all legs that ever were, oldest first",
        fields=(Field(name="state", choices=("ringing", "answered", "ended"), about="only those"),),
        do=deeds.calls,
    ),
    Act(
        method="POST",
        path="/sim/calls/{leg}/press",
        about="they press keys",
        fields=(
            Field(name="digits", is_required=True, about='the keys, such as "12#"'),
            Field(name="gap_s", kind="number", least=0, most=60, about="seconds between two keys, 0.3 unless said"),
        ),
        do=deeds.press,
    ),
    Act(
        method="POST",
        path="/sim/calls/{leg}/speak",
        about="they say something; recordings and transcriptions hear it",
        fields=(
            Field(name="text", is_required=True, about="the words"),
            Field(name="seconds", kind="number", least=0, most=3600, about="how long it takes to say them"),
        ),
        do=deeds.speak,
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
        do=deeds.tell_ai,
    ),
    Act(method="POST", path="/sim/calls/{leg}/hangup", about="they hang up", do=deeds.hang_up),
    Act(
        method="POST",
        path="/sim/calls/{leg}/answer",
        about="the far end that rings picks up",
        fields=(Field(name="machine", kind="true or false", about="an answering machine does, not a person"),),
        do=deeds.answer,
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
        do=deeds.refuse,
    ),
    Act(
        method="POST",
        path="/sim/calls/{leg}/ignore",
        about="the far end lets it ring until the dial times out",
        do=deeds.ignore,
    ),
    Act(method="GET", path="/sim/people", about="who picks up by themselves, and after how long", do=deeds.people),
    Act(
        method="POST",
        path="/sim/people",
        about="far ends that begin to ring from now on pick up by themselves, or do not",
        fields=(_ANSWER, Field(name="number", about="only this one, instead of all others")),
        do=deeds.people,
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
        do=deeds.pass_time,
    ),
    Act(
        method="GET",
        path="/sim/state",
        about="who is where at this moment; webhooks that were given up",
        do=deeds.state,
    ),
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
        do=deeds.record,
    ),
    Act(method="GET", path="/sim/chaos", about="the share of webhooks and requests that go wrong", do=deeds.show_chaos),
    Act(
        method="POST",
        path="/sim/chaos",
        about="from now on these shares go wrong, and no others",
        fields=CHAOS,
        do=deeds.set_chaos,
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
        do=deeds.fail,
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
        do=deeds.delay,
    ),
    Act(method="POST", path="/sim/repeat", about="the last webhook comes once more, with the same id", do=deeds.repeat),
    Act(
        method="POST",
        path="/sim/send",
        about="a webhook comes that nothing caused",
        fields=(
            Field(name="event_type", is_required=True, about='the event, such as "call.cost"'),
            Field(name="call_control_id", about="the leg that it is about"),
            Field(name="fields", kind="object", about="fields of its payload"),
        ),
        do=deeds.send,
    ),
    Act(method="POST", path="/sim/reset", about="everything begins anew, with the same seed", do=deeds.reset),
)
