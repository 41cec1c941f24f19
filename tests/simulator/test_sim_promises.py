"""What holds for every trace: the same seed gives the same trace, and webhooks look as the catalogue says."""

from __future__ import annotations

import ast
import pathlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simulated_line import Line

import engine.simulator.world
from engine.simulator.options import Options
from engine.tables import catalogue

FORBIDDEN = {"asyncio", "os", "time", "random", "uuid", "httpx", "aiohttp", "sqlite3", "nacl"}
IMPURE = {"server.py", "control.py", "deeds.py", "running.py", "deliveries.py", "main.py", "signing.py"}

OPERATIONS = sorted(catalogue().operations)
# What changes most comes up most.
LIKELY = [
    name for name in OPERATIONS if name.startswith(("conference_", "speak", "playback", "gather", "enqueue", "bridge"))
]
VALUES = {
    "payload": "Hello there", "voice": "v", "media_name": "m", "audio_url": None, "format": "mp3", "channels": "single",
    "queue_name": "q", "queue": "q", "name": "room", "cause": "USER_BUSY", "to": "+15550001111", "connection_id": "1",
    "from": "+15552223333", "digits": "12#", "max_size": 5, "supervisor_role": "none", "client_state": "b25l",
    "max_wait_time_secs": 3, "play_beep": True, "transcription": True, "timeout_secs": 9, "keep_after_hangup": None,
}  # fmt: skip
STEPS = st.lists(
    st.tuples(
        st.sampled_from([*OPERATIONS, *LIKELY, *LIKELY, "calls", "presses", "hangs up", "picks up", "talks", "waits"]),
        st.integers(0, 9),
        st.sampled_from([0.0, 0.1, 1.0, 7.0]),
    ),
    max_size=40,
)


def run(steps, *, seed=1, **options):
    """Play *steps* to a world, whatever makes sense of them."""
    line = Line(Options(**options), seed=seed)
    line.caller()
    for what, choice, seconds in steps:
        legs = [leg.call_control_id for leg in line.world.legs]
        leg = legs[choice % len(legs)]
        if what in OPERATIONS:
            _request(line, what, leg, legs)
        elif what == "calls":
            line.caller()
        elif what == "presses":
            line.world.press(leg, "12#", line.now)
        elif what == "hangs up":
            line.world.hang_up(leg, line.now)
        elif what == "talks":
            line.world.speak_into(leg, "Hello", line.now)
        elif what == "picks up" and line.world.ringing:
            line.world.pick_up(line.far_leg(), line.now, machine=choice % 2 == 0)
        line.wait(seconds)
    line.wait(60)
    return line


def _request(line, operation, leg, legs):
    row = line.catalogue.operations[operation]
    rooms = line.world.state()["rooms"]
    room = rooms["room"]["id"] if "room" in rooms else "none"
    values = {"call_control_id": leg, "queue_name": "q", "id": room, "conference_id": room, "participant_id": "x"}
    body = {name: VALUES[name] for name in row.parameters if VALUES.get(name) is not None}
    if operation == "bridge" or ("call_control_id" in row.parameters and len(legs) % 2):
        body |= {"call_control_id": legs[0]}
    if operation == "bridge" and len(legs) % 2:
        del body["queue"]
    elif operation == "bridge":
        del body["call_control_id"]
    elif "call_control_id" in row.parameters:
        body["call_control_id"] = leg
    response = line.do(operation, {name: values[name] for name in row.path_parameters}, **body)
    assert response.status in (200, 204, 400, 404, 422), response.body


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_every_webhook_has_only_fields_of_the_catalogue(steps):
    for hook in run(steps).webhooks:
        row = catalogue().events[hook.event_type]
        envelope = hook.body["data"] if row.wrapped_in_data else hook.body
        assert hook.payload.keys() <= row.fields.keys()
        assert ("occurred_at" in envelope) == (row.occurred_at == "envelope")
        assert ("occurred_at" in hook.payload) == (row.occurred_at == "payload")
        assert (envelope["id"], envelope["record_type"]) == (hook.id, "event")
        for name, value in hook.payload.items():
            assert value in row.fields[name].get("enum", [value]) or value == "ended_via_api"


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_the_same_seed_gives_the_same_trace(steps):
    one, two = run(steps), run(steps)

    assert [entry.as_json() for entry in one.world.record] == [entry.as_json() for entry in two.world.record]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_nothing_is_left_of_a_call_that_is_over(steps):
    line = run(steps, stamp="late")
    for leg in line.world.legs:
        line.world.hang_up(leg.call_control_id, line.now)
    line.wait(10)

    looks = [line.world.look(leg.call_control_id) for leg in line.world.legs]
    assert all(look.state == "ended" and not (look.hears or look.gathering or look.recording) for look in looks)
    assert not any(look.queue or look.room or look.bridged_with for look in looks)
    assert line.types().count("call.hangup") == len(looks)
    assert line.types().count("conference.created") == line.types().count("conference.ended")
    open_lines = [entry for entry in line.world.record if entry.kind == "hears" and entry.ended_at is None]
    assert open_lines == []


def test_another_seed_gives_other_ids():
    assert run([], seed=1).world.legs != run([], seed=2).world.legs


def test_a_clock_that_goes_backwards_stands_still(line):
    line.caller()
    before = line.world.now
    line.world.advance(0.0)

    assert line.world.now == before


def test_next_due_says_when_to_come_back(line):
    line.ok("speak", line.caller(), payload="x" * 100, voice="v")
    line.wait()

    due = line.world.next_due()
    line.world.advance(due)
    line.now = due

    assert line.wait(0.05) == ["call.speak.ended"]


def test_ids_look_like_telnyxs(line):
    leg = line.world.call(from_="+1", to="+2", now=line.now)

    assert leg.call_control_id.startswith("v3:")
    assert "=" not in leg.call_control_id
    assert [len(part) for part in leg.call_leg_id.split("-")] == [8, 4, 4, 4, 12]


def test_an_unknown_leg_is_an_error_of_the_caller(line):
    for act in (line.world.hang_up, line.world.pick_up):
        with pytest.raises(ValueError, match="there is no call"):
            act("v3:none", line.now)


def test_the_world_touches_nothing_outside():
    folder = pathlib.Path(engine.simulator.world.__file__).parent
    for path in folder.glob("*.py"):
        tree = ast.parse(path.read_text())
        names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
        names += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        touched = {name.split(".")[0] for name in names} & FORBIDDEN
        assert not touched or path.name in IMPURE, f"{path.name} imports {touched}"
