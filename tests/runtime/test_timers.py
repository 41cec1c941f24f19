"""Clock, alarms and the timers of runs."""

from __future__ import annotations

import asyncio
import time

import pytest
from runtime_world import ListMeter, running

from engine.core.change import Change, Row, Timer
from engine.core.event import TIMER, Event
from engine.runtime.clock import Alarms, SystemClock
from engine.runtime.timers import Timers
from engine.testing import FakeClock, settle


@pytest.fixture
def clock():
    return FakeClock(100.0)


@pytest.fixture
async def alarms(clock):
    alarms = Alarms(clock)
    async with running(alarms.run()):
        await settle()
        yield alarms


@pytest.fixture
def fired():
    return []


@pytest.fixture
async def timers(clock, alarms, fired):
    def post(event: Event) -> asyncio.Future[None]:
        fired.append((clock.now(), event))
        return committed

    committed = asyncio.get_running_loop().create_future()
    return Timers(clock=clock, alarms=alarms, post=post)


def change(timer: Timer | None, run: str = "anna", ver: int = 1) -> Change:
    return Change(event_id="", at=0, row=Row(run=run, ver=ver, state="{}"), timer=timer)


def event(run: str, gen: int) -> Event:
    return Event(id=f"timer:{run}:{gen}", type=TIMER, run=run, payload={"gen": gen})


async def test_alarms_ring_in_order_at_their_times(clock, alarms):
    rung = []
    for due in (103.0, 101.0, 102.0, 101.0):
        alarms.set(due, lambda due=due: rung.append((due, clock.now())))
    alarms.set(102.5, lambda: rung.append("cancelled")).cancel()

    await clock.advance(2.5)

    assert rung == [(101.0, 101.0), (101.0, 101.0), (102.0, 102.0)]
    await clock.advance(10)
    assert rung[3:] == [(103.0, 103.0)]


async def test_alarm_that_is_set_while_a_later_one_waits_rings_first(clock, alarms):
    rung = []
    alarms.set(150.0, lambda: rung.append("late"))
    await settle()
    alarms.set(101.0, lambda: rung.append("early"))
    await clock.advance(1)
    assert rung == ["early"]


async def test_alarm_of_the_past_rings_at_once(alarms):
    rung = []
    alarms.set(1.0, lambda: rung.append(1))
    await settle()
    assert rung == [1]


async def test_timer_is_one_event_at_its_time(clock, timers, fired):
    timers.follow(change(Timer("anna", 105.0, 3)))

    await clock.advance(60)

    assert fired == [(105.0, event("anna", 3))]
    assert timers.waiting == 0


async def test_each_change_replaces_the_timer_of_its_run_only(clock, timers, fired):
    timers.follow(change(Timer("anna", 105.0, 1)))
    timers.follow(change(Timer("ben", 106.0, 1), run="ben"))
    timers.follow(change(Timer("anna", 110.0, 2), ver=2))
    timers.follow(change(None, run="ben", ver=2))
    timers.follow(Change(event_id="stray", at=0))

    await clock.advance(60)

    assert fired == [(110.0, event("anna", 2))]


async def test_timers_of_the_store_go_on_and_late_ones_fire_at_once(clock, timers, fired):
    timers.start([Timer("anna", 50.0, 1), Timer("ben", 130.0, 4)])

    await clock.advance(30)

    assert fired == [(100.0, event("anna", 1)), (130.0, event("ben", 4))]


async def test_timer_that_its_own_event_leaves_in_place_comes_again_later(clock, timers, fired):
    timers.follow(change(Timer("anna", 101.0, 1)))
    await clock.advance(1)

    timers.follow(change(Timer("anna", 101.0, 1), ver=2))
    await clock.advance(0.5)
    assert len(fired) == 1

    await clock.advance(0.5)
    assert len(fired) == 2


async def test_run_whose_timer_meant_nothing_has_gone_on_elsewhere(clock, alarms):
    committed, lost = asyncio.get_running_loop().create_future(), []
    timers = Timers(clock=clock, alarms=alarms, post=lambda event: committed, lost=lost.append)
    timers.follow(change(Timer("anna", 101.0, 1)))
    timers.follow(change(Timer("ben", 101.0, 1), run="ben"))
    await clock.advance(1)
    timers.follow(change(Timer("ben", 200.0, 2), run="ben", ver=2))

    committed.set_result(None)
    await settle()

    assert lost == ["anna"]
    assert timers.runs == ("ben",)


async def test_late_timers_of_others_fire_unless_they_are_in_hand_here(clock, timers, fired):
    timers.start([Timer("anna", 90.0, 1)], not_before=150.0)
    timers.follow(change(Timer("ben", 99.0, 1), run="ben"))
    await settle()
    timers.follow(change(Timer("carl", 300.0, 1), run="carl"))

    timers.fire_late([Timer("anna", 90.0, 1), Timer("ben", 99.0, 1), Timer("carl", 98.0, 2), Timer("dora", 97.0, 5)])
    await settle()

    assert [entry for _, entry in fired] == [event("ben", 1), event("dora", 5), event("carl", 2)]


async def test_system_clock_goes_by_another_one_unless_it_is_near_enough():
    clock = SystemClock()
    clock.follow(clock.now() + 0.01)
    assert abs(clock.now() - time.time()) < 0.005

    clock.follow(time.time() - 3600.0)
    assert abs(clock.now() - time.time() + 3600.0) < 0.5


async def test_system_clock_tells_the_wall_clocks_time_and_sleeps():
    clock = SystemClock()
    assert abs(clock.now() - time.time()) < 1

    begun = clock.now()
    await asyncio.wait_for(clock.sleep_until(begun + 0.01), 5)

    assert clock.now() >= begun + 0.01
    await clock.sleep_until(begun)


async def test_how_late_a_timer_fires_is_told(clock, alarms):
    meter = ListMeter()
    timers = Timers(clock=clock, alarms=alarms, post=lambda event: asyncio.Future(), meter=meter)
    timers.start([Timer("anna", 100.5, 1), Timer("bert", 90.0, 1), Timer("carl", 95.0, 1)], not_before=101.0)

    await clock.advance(2)

    assert sorted(meter.told) == [("timer_fired", 0.5), ("timer_fired", 6.0), ("timer_fired", 11.0)]
