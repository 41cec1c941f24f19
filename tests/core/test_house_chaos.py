"""
A whole house (house_flow) under everything at once: people, faults, late and doubled webhooks, refusals, lost answers.

Nothing raises, rows are read back as they were written and stay small, links have two ends, nobody rings or is
connected for somebody who has gone, and every call ends. A failing example prints the seed that makes it happen again.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import orjson
import pytest
from core_chaos import ChaosStage
from core_stage import AGENTS, OFFICE, Phone, version
from house_flow import BOSS, HOUSE, OTHER_NUMBER
from hypothesis import given, settings
from hypothesis import strategies as st
from legs_flow import PROJECT
from test_legs_properties import lasting, orphans, twice_linked

from engine.core.event import Event
from engine.core.intake import route
from engine.core.leg import Leg
from engine.core.names import is_leg
from engine.core.queue import Queue
from engine.core.room_state import Room

SEEDS = st.integers(0, 10**9)
LARGEST_ROW = 20_000  # bytes; a house full of people, eight flows deep
REFUSALS = (
    (422, "90018"), (422, "90019"), (422, "90033"), (422, "90034"), (422, "90038"), (404, "10005"), (422, "10015"),
    (429, "10011"), (500, "10007"),
)  # fmt: skip
OPERATIONS = (
    "answer", "hangup", "dial", "bridge", "speak", "gather_using_speak", "playback_start", "playback_stop", "enqueue",
    "leave_queue", "queued_call_list", "queued_call_retrieve", "conference_create", "conference_join",
    "conference_leave", "conference_list", "conference_speak", "conference_mute", "call_retrieve",
)  # fmt: skip


@dataclass(slots=True, kw_only=True)
class HouseStage(ChaosStage):
    """Looks at every row that is written."""

    def receive(self, event: Event) -> None:
        ChaosStage.receive(self, event)
        where = route(event, install=self.library.install)
        row = self.rows.get(next((self.keys[key] for key in where.keys if key in self.keys), where.run))
        if row is None:
            return
        kind = Leg if is_leg(row.run) else {"room": Room, "queue": Queue}.get(row.run.partition(":")[0])
        assert kind is None or orjson.dumps(kind.decode(row.state)).decode() == row.state
        assert len(row.state) < LARGEST_ROW, row.state


def evening(seed: int, *, refusals: bool) -> Phone:
    chance = random.Random(seed)
    phone = Phone(
        compiled=version(*HOUSE, project=PROJECT),
        stage=HouseStage,
        seed=seed,
        stamp=chance.choice(["at-once", "late"]),
        answer_after_s=None,
        join_from_queue=chance.choice(["allowed", "refused"]),
        audio_overlap=chance.choice(["queue", "replace"]),
    )
    stage = phone.stage
    assert isinstance(stage, HouseStage)
    stage.chance, stage.messages_s = chance, chance.choice([0.0, 0.1, 2.0])
    stage.webhooks_s = chance.choice([0.3, 2.0])
    numbers = [OFFICE, OFFICE, OTHER_NUMBER, AGENTS, BOSS]
    for number in (OFFICE, AGENTS, OFFICE, AGENTS):
        phone.calls(to=number, from_="+15552221000", wait=chance.choice([0.5, 2]))
    for count in range(chance.randint(10, 50)):
        what = chance.random()
        people = [leg for leg in phone.world.legs if phone.world.look(leg.call_control_id).state == "answered"]
        if what < 0.1 or not people:
            phone.calls(to=chance.choice(numbers), from_=f"+155522200{count:02}")
        elif what < 0.75:
            phone.press(
                chance.choice(people).call_control_id, chance.choice("1112222334455667889" + "0" * (count % 2)), 0
            )
        elif what < 0.8:
            phone.world.hang_up(chance.choice(phone.world.legs).call_control_id, phone.now)
        elif refusals:
            status, code = chance.choice(REFUSALS)
            phone.fail(chance.choice(OPERATIONS), code, status=status, times=chance.choice([1, 3]))
        for leg in phone.world.ringing:
            if chance.random() < 0.4:
                answer = phone.world.pick_up if chance.random() < 0.7 else phone.world.refuse
                answer(leg.call_control_id, phone.now)
        phone.wait(chance.choice([0, 0.02, 0.1, 0.3, 1, 3, 10, 25]))
        assert twice_linked(phone) == []
    return phone


@given(seed=SEEDS)
@settings(max_examples=20, deadline=None, derandomize=True)
def test_late_doubled_and_swapped_events_leave_nothing_half_done(seed: int):
    phone = evening(seed, refusals=False)
    phone.wait(130)

    assert lasting(phone) == set()
    assert orphans(phone) == []


@pytest.mark.parametrize("hang_up", [True, False])
@given(seed=SEEDS)
@settings(max_examples=10, deadline=None, derandomize=True)
def test_whatever_telnyx_refuses_every_call_ends(hang_up: bool, seed: int):
    phone = evening(seed, refusals=True)
    phone.wait(30)
    assert orphans(phone) == []
    for leg in phone.world.legs if hang_up else ():
        phone.world.hang_up(leg.call_control_id, phone.now)
    phone.wait(5 * 3600)

    assert phone.left_over() == []
