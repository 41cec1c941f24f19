"""
What holds whatever people and programs do, with the switches anywhere.

A machine makes calls, presses keys, waits, and asks for any operation; after every step and at the end it looks at
what must always be so. At the end it does all again and must see the same record.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from random import Random
from typing import Any

import pytest
from event_shapes import misfits
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from random_requests import BUSY, OPERATIONS, a_body
from simulated_line import Line

from engine.simulator.options import Options
from engine.simulator.switches import NAMES, NUMBER, describe_switches, options_from

NAMED = Options(
    unreachable=frozenset({"https://gone.example/b.mp3", "sip:gone@example.com"}), missing_audio=frozenset({"gone"})
)
CHOICES = [switch for switch in describe_switches() if not {NUMBER, NAMES} & set(switch.positions)]
SWITCHES = {switch.name: st.sampled_from(switch.positions) for switch in CHOICES}
# What a leg may be told after its call.hangup.
AFTERWARDS = ("call.recording.", "call.cost", "call.conversation_insights.", "call.analyzed")
PAIRS = [
    ("streaming.started", "streaming.stopped"),
    ("call.fork.started", "call.fork.stopped"),
    ("siprec.started", "siprec.stopped"),
    ("call.conversation.created", "call.conversation.ended"),
    ("conference.created", "conference.ended"),
    ("conference.participant.joined", "conference.participant.left"),
]
DIGITS = ["1", "12#", "4242424242424242#", "0929"]
ACTS = ["hang_up", "hold", "resume", "speak_into", "tell_ai"]
ANSWERS = ["person", "machine", "screening", "refuse"]
WAITS = [0.0, 0.1, 1.0, 7.0, 61.0]
LEGS = st.integers(0, 15)


class Day:
    """A simulated Telnyx that anything happens to, with a log of it, and what must hold."""

    def __init__(self, switches: Mapping[str, str], seed: int) -> None:
        self.switches, self.seed = switches, seed
        self.line = self.new_line()
        self.log: list[tuple[str, tuple[Any, ...]]] = []
        self.last = self.line.now
        legs = [self.do("caller") for _ in range(4)]
        self.do("request", "conference_create", legs[0], {"call_control_id": legs[0], "name": "room"})
        self.do("request", "enqueue", legs[1], {"queue_name": "q", "max_size": 3})

    def new_line(self) -> Line:
        return Line(options_from(self.switches, NAMED), seed=self.seed)

    def do(self, what: str, *args: Any) -> Any:
        self.log.append((what, args))
        return act(self.line, what, *args)

    def leg(self, number: int) -> str:
        legs = self.line.world.legs
        return legs[number % len(legs)].call_control_id

    def asks(self, seed: int) -> None:
        chance = Random(f"{seed} {len(self.log)}")  # else a small seed would ask for the same all the time
        operation = chance.choice([*OPERATIONS, *BUSY, *BUSY])
        legs = [one.call_control_id for one in self.line.world.legs]
        alive = [one for one in legs if self.line.world.look(one).state == "answered"]
        likely = alive if alive and chance.random() < 0.8 else legs
        answer = self.do("request", operation, chance.choice(likely), a_body(chance, operation, likely))
        assert answer.status in (200, 204, 400, 404, 422, 429), answer.body
        assert (answer.status < 300) != bool(answer.code)

    def check_now(self) -> None:
        for leg in self.line.world.legs:
            look = self.line.world.look(leg.call_control_id)
            places = (look.queue, look.room, look.bridged_with)
            assert sum(place is not None for place in places) <= 1, places
            assert look.state == "answered" or places == (None, None, None)
        for row in self.do("request", "queue_list", "", {}).body["data"]:
            places = self.do("request", "queued_call_list", row["name"], {}).body["data"]
            assert [place["queue_position"] for place in places] == list(range(1, len(places) + 1))
            since = [place["enqueued_at"] for place in places]
            assert since == sorted(since)
            assert row["current_size"] == len(places)
        assert self.line.world.now >= self.last
        self.last = self.line.world.now

    def end(self) -> None:
        for leg in [one.call_control_id for one in self.line.world.legs]:
            self.do("hang_up", leg)
        self.do("wait", 20_000.0)
        self.check_the_end()
        again = self.new_line()
        for what, args in self.log:
            act(again, what, *args)
        assert written(again) == written(self.line)

    def check_the_end(self) -> None:
        record = self.line.world.record
        assert [entry.at for entry in record] == sorted(entry.at for entry in record)
        assert [entry for entry in record if entry.kind == "hears" and entry.ended_at is None] == []
        stops = Counter(entry.details["hears"] for entry in record if entry.kind == "stops")
        assert set(stops.values()) <= {1}
        assert [wrong for hook in self.line.webhooks for wrong in misfits(hook)] == []
        count = Counter(hook.event_type for hook in self.line.webhooks)
        self.check_sounds(count)
        self.check_gathers(count)
        for began, ended in PAIRS:
            assert count[began] == count[ended], began
        assert not self.line.world.state()["calls"]
        self.check_hangups()

    def check_sounds(self, count: Counter[str]) -> None:
        for prefix in ("conference", "conference.participant"):
            for kind in ("speak", "playback"):
                assert count[f"{prefix}.{kind}.started"] == count[f"{prefix}.{kind}.ended"]
        # stop_reports may make one kind of the other.
        started = count["call.speak.started"] + count["call.playback.started"]
        assert started == count["call.speak.ended"] + count["call.playback.ended"]

    def check_gathers(self, count: Counter[str]) -> None:
        done = self.done()
        begun = done["gather"] + done["gather_using_speak"] + done["gather_using_audio"]
        if self.switches.get("room_gather") != "silent":
            begun += done["conference_gather_using_audio"]
        assert count["call.gather.ended"] == begun
        assert count["call.payment.completed"] == done["pay"]

    def done(self) -> Counter[str]:
        """Return how often each operation was carried out."""
        asked = [entry for entry in self.line.world.record if entry.kind == "request"]
        return Counter(one.what for one in asked if one.details["status"] < 300 and not one.details["repeated"])

    def check_hangups(self) -> None:
        is_late = self.switches.get("queued_hangup") == "hangup-first"
        allowed = (*AFTERWARDS, "conference.", *(["call.dequeued"] if is_late else []))
        for leg in self.line.world.legs:
            types = self.line.types(leg.call_control_id)
            assert types.count("call.hangup") == 1
            late = types[types.index("call.hangup") + 1 :]
            if self.switches.get("stamp") != "spread":  # there each webhook is late by itself
                assert [name for name in late if not name.startswith(allowed)] == []


class Telephony(RuleBasedStateMachine):
    """Hypothesis lets things happen, and finds the shortest day on which something is wrong."""

    @initialize(switches=st.fixed_dictionaries({}, optional=SWITCHES), seed=st.integers(0, 3))
    def begin(self, switches: dict[str, str], seed: int) -> None:
        self.day = Day(switches, seed)

    @rule()
    def calls(self) -> None:
        if len(self.day.line.world.legs) < 16:
            self.day.do("caller")

    @rule(leg=LEGS, digits=st.sampled_from(DIGITS))
    def presses(self, leg: int, digits: str) -> None:
        self.day.do("press", self.day.leg(leg), digits)

    @rule(leg=LEGS, what=st.sampled_from(ACTS))
    def does(self, leg: int, what: str) -> None:
        self.day.do(what, self.day.leg(leg))

    @rule(what=st.sampled_from(ANSWERS))
    def answers(self, what: str) -> None:
        if self.day.line.world.ringing:
            self.day.do("answers", what)

    @rule(seconds=st.sampled_from(WAITS))
    def waits(self, seconds: float) -> None:
        self.day.do("wait", seconds)

    # Chance is a number here: whole bodies drawn one by one would leave hypothesis little to try.
    @rule(seed=st.integers(0, 2**32))
    def asks(self, seed: int) -> None:
        self.day.asks(seed)

    @invariant()
    def all_is_well(self) -> None:
        if hasattr(self, "day"):
            self.day.check_now()

    def teardown(self) -> None:
        if hasattr(self, "day"):
            self.day.end()


def act(line: Line, what: str, *args: Any) -> Any:
    """Do one thing to the world of *line*; what people cannot do at the moment is left out."""
    world, now = line.world, line.now
    try:
        match what, args:
            case "wait", (seconds,):
                return line.wait(seconds)
            case "caller", ():
                return line.caller()
            case "press", (leg, digits):
                return world.press(leg, digits, now)
            case "hang_up" | "hold" | "resume", (leg,):
                return getattr(world, what)(leg, now)
            case "speak_into", (leg,):
                return world.speak_into(leg, "Hello", now)
            case "tell_ai", (leg,):
                return world.tell_ai(leg, {"name": "Ann"}, now)
            case "answers", ("refuse",):
                return world.refuse(line.far_leg(), now)
            case "answers", (answerer,):
                return world.pick_up(line.far_leg(), now, answerer=answerer)
            case "request", (operation, leg, body):
                return line.do(operation, path_of(line, operation, leg), **body)
    except ValueError:
        return None
    raise AssertionError(what)


def path_of(line: Line, operation: str, leg: str) -> dict[str, str]:
    rooms = line.world.state()["rooms"]
    room = rooms["room"]["id"] if "room" in rooms else "room"
    participants = line.world.request("GET", f"/conferences/{room}/participants", query={}, body={}, now=line.now).body
    person = (participants.get("data") or [{"id": "x"}])[0]["id"]
    queue = leg if operation == "queued_call_list" and leg in line.world.state()["queues"] else "q"
    values = {"call_control_id": leg, "queue_name": queue, "id": room, "conference_id": room, "participant_id": person}
    return {name: values[name] for name in line.catalogue.operations[operation].path_parameters}


def written(line: Line) -> bytes:
    return json.dumps([entry.as_json() for entry in line.world.record]).encode()


TestTelephony = Telephony.TestCase
TestTelephony.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@pytest.mark.parametrize("seed", range(8))
def test_a_long_day_goes_well(seed):
    chance = Random(seed)
    switches = {switch.name: chance.choice(switch.positions) for switch in CHOICES if chance.random() < 0.3}
    day = Day(switches, seed)
    for _ in range(120):
        what = chance.choice(["asks"] * 6 + ["person", "person", "answers", "wait"])
        if what == "asks":
            day.asks(chance.randrange(2**32))
        elif what == "wait":
            day.do("wait", chance.choice(WAITS))
        elif what == "answers" and day.line.world.ringing:
            day.do("answers", chance.choice(ANSWERS))
        elif what == "person":
            act_ = chance.choice([*ACTS, "press", "press", "caller"])
            more = {"press": (day.leg(chance.randrange(16)), chance.choice(DIGITS)), "caller": ()}
            day.do(act_, *more.get(act_, (day.leg(chance.randrange(16)),)))
        day.check_now()
    day.end()
