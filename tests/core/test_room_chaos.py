"""
Whatever people do to a room, in whatever order it is reported: nothing raises, nobody is stuck, nothing is left over.

A failing example prints the seed with which it happens again.
"""

from __future__ import annotations

import random

import pytest
from core_chaos import ChaosStage
from core_stage import ROOT, Phone, version
from hypothesis import given, settings
from hypothesis import strategies as st

MEETING = (
    (ROOT / "tests" / "golden" / "ok" / "meeting.flow.yaml")
    .read_text()
    .replace("end_room_on_exit: false", "end_room_on_exit: true")
)
MEMBERS, GUESTS = "+15551230000", "+15551230001"
REFUSALS = [
    (422, "90018"), (422, "90019"), (422, "90032"), (422, "90033"), (404, "90058"), (422, "90015"), (404, "10005"),
    (429, "10011"), (500, "10007"),
]  # fmt: skip
OPERATIONS = [
    f"conference_{word}"
    for word in ("create", "join", "leave", "list", "retrieve", "speak", "play", "stop", "mute", "unmute", "hold",
                 "unhold", "update", "send_dtmf", "record_start", "record_pause", "record_resume", "record_stop",
                 "gather_using_audio", "end")
] + ["participant_list", "participant_update", "participant_retrieve"]  # fmt: skip


def meeting(seed: int, *, refusals: bool) -> Phone:
    """Let people come, press keys and hang up at random."""
    chance = random.Random(seed)
    phone = Phone(compiled=version(MEETING), stage=ChaosStage, seed=seed, stamp=chance.choice(["at-once", "late"]))
    stage = phone.stage
    assert isinstance(stage, ChaosStage)
    stage.chance, stage.messages_s = chance, chance.choice([0.0, 0.1, 2.0])
    calls: list[str] = []
    for _ in range(chance.randint(5, 30)):
        what = chance.random()
        if not calls or (what < 0.3 and len(calls) < 6):
            calls.append(phone.calls(to=chance.choice([MEMBERS, GUESTS]), from_="+15552220001"))
        elif what < 0.7:
            phone.press(chance.choice(calls), chance.choice("1239"), wait=0)
        elif what < 0.8:
            phone.world.hang_up(chance.choice(calls), phone.now)
        elif refusals:
            status, code = chance.choice(REFUSALS)
            phone.fail(chance.choice(OPERATIONS), code, status=status, times=chance.choice([1, 3]))
        phone.wait(chance.choice([0, 0.02, 0.1, 0.3, 1, 3, 10, 70]))
    return phone


@pytest.mark.parametrize("refusals", [False, True])
@given(seed=st.integers(0, 10**9))
@settings(max_examples=5, deadline=None, derandomize=True)
def test_when_all_have_hung_up_nothing_is_left_over(refusals: bool, seed: int):
    phone = meeting(seed, refusals=refusals)

    for leg in phone.world.legs:
        phone.world.hang_up(leg.call_control_id, phone.now)
    phone.wait(5 * 3600)

    assert phone.left_over() == []


@given(seed=st.integers(0, 10**9))
@settings(max_examples=5, deadline=None, derandomize=True)
def test_no_step_of_a_room_waits_for_ever(seed: int):
    phone = meeting(seed, refusals=True)

    phone.wait(5 * 3600)

    assert phone.left_over() == []
