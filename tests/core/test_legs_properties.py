"""
Legs that ring, bridge and talk, while webhooks and messages come late, twice and in any order.

Two runs are never linked twice, a link has two ends, nobody rings for a caller who has gone, and all calls end.
"""

from __future__ import annotations

import random
from collections import Counter

import pytest
from core_chaos import ChaosStage
from core_stage import AGENTS, OFFICE, Phone, version
from hypothesis import given, settings
from hypothesis import strategies as st
from legs_flow import CALLER_STATES, PROJECT, ROLE, TOP, flow
from test_legs_links import BRIDGE_STATES, READS, ROOM, queue_flow
from test_legs_planned import CALLBACK, booking

SEEDS = st.integers(0, 10**9)
SHORT = CALLER_STATES.replace("40s: nobody", "9s: nobody")
HOUSES = {
    "dial": (flow(SHORT, top=READS + TOP, roles=ROLE),),
    "bridge": (flow(BRIDGE_STATES, top=TOP, roles=ROLE),),
    "queue": (queue_flow("bridge"),),
    "connect": (queue_flow("connect"),),
    "room": (ROOM,),
    "later": (booking("in: 30s"), CALLBACK.replace("wait_between: 20m", "wait_between: 1m")),
}
REFUSALS = ((422, "90018"), (422, "10015"), (429, "10011"), (500, "10007"), (422, "90034"))
OPERATIONS = ("dial", "bridge", "hangup", "speak", "answer", "enqueue", "conference_join")


def evening(house: str, seed: int, *, refusals: bool) -> Phone:
    """Let people call, answer, press keys and hang up at random."""
    chance = random.Random(seed)
    phone = Phone(
        compiled=version(*HOUSES[house], project=PROJECT),
        stage=ChaosStage,
        seed=seed,
        stamp=chance.choice(["at-once", "late"]),
        answer_after_s=None,
    )
    stage = phone.stage
    assert isinstance(stage, ChaosStage)
    stage.chance, stage.messages_s = chance, chance.choice([0.0, 0.1, 2.0])
    stage.webhooks_s = chance.choice([0.3, 2.0])
    calls: list[str] = []
    for _ in range(chance.randint(5, 30)):
        what = chance.random()
        if not calls or (what < 0.3 and len(calls) < 7):
            to = chance.choice([OFFICE, AGENTS] if house in ("queue", "connect", "room") else [OFFICE])
            calls.append(phone.calls(to=to, from_=f"+1555222000{len(calls)}"))
        elif what < 0.5:
            phone.press(chance.choice([leg.call_control_id for leg in phone.world.legs]), chance.choice("1259"), wait=0)
        elif what < 0.7:
            phone.world.hang_up(chance.choice([leg.call_control_id for leg in phone.world.legs]), phone.now)
        elif what < 0.8 and refusals:
            status, code = chance.choice(REFUSALS)
            phone.fail(chance.choice(OPERATIONS), code, status=status, times=chance.choice([1, 3]))
        for leg in phone.world.ringing:
            if chance.random() < 0.4:
                answer = phone.world.pick_up if chance.random() < 0.7 else phone.world.refuse
                answer(leg.call_control_id, phone.now)
        phone.wait(chance.choice([0, 0.02, 0.1, 0.3, 1, 3, 10, 25]))
        assert twice_linked(phone) == []
    return phone


def twice_linked(phone: Phone) -> list[str]:
    """Legs that are linked with one other leg under two names."""
    found = []
    for run in phone.stage.rows:
        if run.startswith(("room:", "queue:", "plan:")):
            continue
        leg = phone.stage.leg(run)
        runs = Counter(link.run for link in leg.links.values()) if leg is not None else Counter()
        found += [f"{run} is linked with {other} twice" for other, times in runs.items() if times > 1]
    return found


def begun_and_ended(phone: Phone, word: str, run: str) -> int:
    """How often a leg was told that a link began or ended."""
    return sum(
        line.record["text"].endswith(word) for line in phone.stage.journal if line.kind == "log" and line.run == run
    )


def lasting(phone: Phone) -> set[str]:
    found = set(phone.problems())
    for seconds in (7.3, 6.1):
        phone.wait(seconds)
        found &= set(phone.problems())
    return found


def orphans(phone: Phone) -> list[str]:
    """Legs that ring although the leg that rang them is over."""
    found = []
    for run in list(phone.stage.rows):
        leg = phone.stage.leg(run) if not run.startswith(("room:", "queue:", "plan:")) else None
        if leg is None or leg.origin is None or leg.origin.run.startswith("plan:"):
            continue
        above = phone.stage.leg(leg.origin.run)
        is_over = above is None or above.status == "ended"
        if is_over and leg.call_control_id in {one.call_control_id for one in phone.world.ringing}:
            found.append(f"{run} rings for nobody")
    return found


@pytest.mark.parametrize("house", HOUSES)
@given(seed=SEEDS)
@settings(max_examples=6, deadline=None, derandomize=True)
def test_late_doubled_and_swapped_events_leave_no_link_half_made(house: str, seed: int):
    phone = evening(house, seed, refusals=False)
    phone.wait(100)

    assert lasting(phone) == set()
    assert orphans(phone) == []


@pytest.mark.parametrize("house", HOUSES)
@given(seed=SEEDS)
@settings(max_examples=6, deadline=None, derandomize=True)
def test_whatever_telnyx_refuses_every_call_ends(house: str, seed: int):
    phone = evening(house, seed, refusals=True)
    phone.wait(20)
    assert orphans(phone) == []
    for leg in phone.world.legs:
        phone.world.hang_up(leg.call_control_id, phone.now)
    phone.wait(5 * 3600)

    assert phone.left_over() == []
