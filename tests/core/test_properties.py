"""
Whatever people press, Telnyx refuses and the network delays: nothing raises, nobody is stuck, and all calls end.

Every example is a whole evening on a stage without order: webhooks up to 300 ms late, some twice, messages between
runs shuffled. A failing example prints the seed with which it happens again.
"""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from core_chaos import ChaosStage
from core_stage import AGENTS, CALLER, OFFICE, Phone, folder, version
from desk_flow import DESK
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.event import Event
from engine.core.flow import Version

SEEDS = st.integers(0, 10**9)
HOUSES: dict[str, tuple[Version, list[str]]] = {
    "desk": (version(DESK), [OFFICE, AGENTS]),
    "flows": (folder("flows"), ["+15551230000", "+15551231111", "+15551231112"]),
    "first_flow": (folder("examples/first_flow"), ["+15550000000"]),
}
PEOPLE = ["+15552220001", CALLER, "anonymous"]
REFUSALS = [
    (422, "90018"), (422, "90019"), (422, "90032"), (422, "90033"), (422, "90034"), (422, "90036"), (422, "90038"),
    (422, "10015"), (404, "10005"), (429, "10011"), (500, "10007"),
]  # fmt: skip
OPERATIONS = [
    "answer", "hangup", "speak", "gather_using_speak", "playback_start", "playback_stop", "gather_stop", "record_start",
    "record_stop", "enqueue", "leave_queue", "queued_call_list", "queued_call_retrieve", "queue_retrieve", "transfer",
    "conference_create", "conference_join", "conference_leave", "conference_list",
]  # fmt: skip


def evening(house: str, seed: int, *, refusals: bool) -> Phone:
    """Let people call, press keys, hang up and answer at random, and then let everything settle."""
    chance = random.Random(seed)
    compiled, numbers = HOUSES[house]
    phone = Phone(
        compiled=compiled,
        stage=ChaosStage,
        secrets={"team_room_pin": "4821"},
        seed=seed,
        join_from_queue=chance.choice(["allowed", "refused"]),
        enqueue_from_room=chance.choice(["allowed", "refused"]),
        audio_overlap=chance.choice(["queue", "replace"]),
        stamp=chance.choice(["at-once", "late"]),
        answer_after_s=chance.choice([None, 3.0]),
    )
    stage = phone.stage
    assert isinstance(stage, ChaosStage)
    stage.chance, stage.messages_s = chance, chance.choice([0.0, 0.1, 2.0])
    calls: list[str] = []
    for _ in range(chance.randint(5, 40)):
        what = chance.random()
        if not calls or (what < 0.25 and len(calls) < 7):
            calls.append(phone.calls(to=chance.choice(numbers), from_=chance.choice(PEOPLE)))
        elif what < 0.65:
            phone.press(chance.choice(calls), chance.choice(["1", "2", "4821#", "*", "0000#", "5"]), wait=0)
        elif what < 0.75:
            phone.world.hang_up(chance.choice(calls), phone.now)
        elif what < 0.85 and refusals:
            status, code = chance.choice(REFUSALS)
            phone.fail(chance.choice(OPERATIONS), code, status=status, times=chance.choice([1, 3]))
        for leg in phone.world.ringing:
            if chance.random() < 0.3:
                answer = phone.world.pick_up if chance.random() < 0.6 else phone.world.refuse
                answer(leg.call_control_id, phone.now)
        phone.wait(chance.choice([0, 0.02, 0.1, 0.3, 1, 3, 10, 70]))
    phone.wait(150)
    return phone


def lasting_problems(phone: Phone) -> set[str]:
    """What is wrong and does not pass: an announcement may be under way at any one moment."""
    found = set(phone.problems())
    for seconds in (7.3, 6.1, 5.7):
        phone.wait(seconds)
        found &= set(phone.problems())
    return found


def silent(phone: Phone) -> list[str]:
    """Live legs that neither hear anything nor have anything that would end the silence within ten minutes."""
    found = []
    for leg in phone.world.legs:
        session = phone.stage.leg(phone.stage.run_of(leg.call_control_id))
        if session is None or session.status != "live" or session.call_control_id != leg.call_control_id:
            continue
        look = phone.world.look(leg.call_control_id)
        ends = [at for name, at in session.timers.items() if name != "longest"]
        is_limited = bool(ends or session.queue or session.sent or look.bridged_with)
        if not (is_limited or look.hears or look.gathering):
            found.append(f"{session.role} in '{session.state}' waits for nothing")
    return found


@pytest.mark.parametrize("house", HOUSES)
@given(seed=SEEDS)
@settings(max_examples=5, deadline=None, derandomize=True)
def test_late_doubled_and_swapped_events_leave_nobody_stuck(house: str, seed: int):
    phone = evening(house, seed, refusals=False)

    assert lasting_problems(phone) == set()
    assert silent(phone) == []


@pytest.mark.parametrize("house", HOUSES)
@given(seed=SEEDS)
@settings(max_examples=5, deadline=None, derandomize=True)
def test_whatever_telnyx_refuses_nothing_raises_and_every_call_ends(house: str, seed: int):
    """After every call has hung up and five hours: no live rows, no timers, no outbox."""
    phone = evening(house, seed, refusals=True)
    assert silent(phone) == []

    for leg in phone.world.legs:
        phone.world.hang_up(leg.call_control_id, phone.now)
    phone.wait(5 * 3600)

    assert phone.left_over() == []


@pytest.mark.parametrize("house", HOUSES)
@given(seed=SEEDS)
@settings(max_examples=4, deadline=None, derandomize=True)
def test_a_call_that_nobody_hangs_up_ends_by_itself(house: str, seed: int):
    """longest_call is at most four hours"""
    phone = evening(house, seed, refusals=True)

    phone.wait(5 * 3600)

    assert phone.left_over() == []


@given(seed=SEEDS, delay_s=st.floats(0.0, 5.0))
@settings(max_examples=5, deadline=None, derandomize=True)
def test_an_ended_that_comes_again_under_another_id_moves_nobody(seed: int, delay_s: float):
    """runtime.md, Stale (a), (c): what answers an earlier command changes nothing, even where its id is new."""

    def play(*, again: bool) -> list[str]:
        chance = random.Random(seed)
        phone = Phone(compiled=HOUSES["flows"][0], secrets={"team_room_pin": "4821"}, stage=ChaosStage)
        stage = phone.stage
        assert isinstance(stage, ChaosStage)
        stage.webhooks_s = stage.messages_s = stage.twice = 0.0
        call = phone.calls(to="+15551230000", wait=1)
        known = 0
        for _ in range(60):
            if chance.random() < 0.15:
                phone.press(call, chance.choice(["1", "2", "4821#", "0000#"]), wait=0)
            phone.wait(0.5)
            endings = [e for e in phone.world.record if e.kind == "webhook" and e.what.endswith(".ended")]
            for entry in endings[known:] if again else ():
                event = event_again(entry.what, entry.details["payload"], f"again-{entry.index}")
                stage._later(event, delay_s)
            known = len(endings)
        return [*phone.states(call), *phone.did(call)]

    assert play(again=True) == play(again=False)


def event_again(event_type: str, payload, identity: str) -> Event:
    return Event(id=identity, type=event_type, payload=payload)


@given(seed=SEEDS)
@settings(max_examples=4, deadline=None, derandomize=True)
def test_versions_rise_by_one_with_each_event(seed: int):
    """'ver +1 for each event' (runtime.md, Path of a webhook)"""
    phone = evening("desk", seed, refusals=True)

    commands = [row for _, row in phone.stage.outbox.sent]
    ids = {row.command_id for row in commands}
    assert len({(row.run, row.seq) for row in commands}) == len(ids)
    for run in phone.stage.rows:
        entries = [line for line in phone.stage.journal if line.run == run and line.kind == "event"]
        assert all(one.at <= other.at for one, other in pairwise(entries))
        assert phone.stage.rows[run].ver <= len(entries) + 1
