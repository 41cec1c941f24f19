"""After a downtime and every hour Telnyx is asked which calls still live (runtime.md, "Events")."""

from __future__ import annotations

import pytest
from runtime_world import running

from engine.core.event import LOOK, Event
from engine.errors import StoreUnavailable
from engine.runtime.roll_call import RollCall
from engine.testing import FakeClock, MemoryStore, settle

NOW = 1_800_000_000.0
CALLS = [f"leg{number:029d}" for number in range(45)]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def roll_call(store: MemoryStore, clock: FakeClock, asked: list[tuple[float, str]]) -> RollCall:
    def post(event: Event) -> None:
        assert event.type == LOOK
        asked.append((clock.now() - NOW, str(event.run)))

    async def runs() -> list[str]:
        return ["room:a", "queue:b", *CALLS]

    async def catch_up(since: float) -> None:
        asked.append((since - NOW, "caught up"))

    return RollCall(store=store, clock=clock, runs=runs, catch_up=catch_up, post=post)


async def test_a_first_start_and_a_quick_restart_ask_nothing(store, clock) -> None:
    asked: list[tuple[float, str]] = []
    first = roll_call(store, clock, asked)
    assert await first.down_since() is None
    assert first.timers_from(45) == 0.0
    async with running(first.run()):
        await clock.advance(30)
    await clock.advance(10)

    second = roll_call(store, clock, asked)

    assert await second.down_since() is None
    assert second.timers_from(45) == 0.0
    assert asked == []


async def test_after_a_slow_restart_what_was_reported_is_heard_out_and_no_timer_waits(store, clock) -> None:
    asked: list[tuple[float, str]] = []
    await store.put_note("seen_at", str(NOW - 20))
    calls = roll_call(store, clock, asked)

    assert await calls.down_since() == NOW - 20
    assert calls.timers_from(45) == 0.0
    async with running(calls.run()):
        await clock.advance(60)

    assert asked == []  # the start has heard it out before


async def test_after_a_downtime_every_call_is_asked_for_at_a_calm_pace_before_timers_fire(store, clock) -> None:
    """'After downtime over 60 s, and hourly: GET each live call, paced (404 = ended) ... before its timers fire.'"""
    asked: list[tuple[float, str]] = []
    await store.put_note("seen_at", str(NOW - 61))
    calls = roll_call(store, clock, asked)

    assert await calls.down_since() == NOW - 61
    not_before = calls.timers_from(45)
    async with running(calls.run()):
        await clock.advance(3)

    assert [run for _, run in asked] == CALLS
    assert [at for at, _ in asked] == [0.0] * 20 + [1.0] * 20 + [2.0] * 5
    assert not_before == NOW + 45 / 20 + 5


async def test_every_hour_all_are_asked_for_again(store, clock) -> None:
    asked: list[tuple[float, str]] = []
    calls = roll_call(store, clock, asked)
    async with running(calls.run()):
        await clock.advance(3599)
        assert asked == []

        await clock.advance(20)
        await settle()

    assert [run for _, run in asked] == CALLS


async def test_a_downtime_is_remembered_by_the_next_start_until_the_service_has_run_for_a_while(store, clock) -> None:
    asked: list[tuple[float, str]] = []
    await store.put_note("seen_at", str(NOW - 61))
    first = roll_call(store, clock, asked)
    await first.down_since()
    async with running(first.run()):
        await clock.advance(4)
        assert await roll_call(store, clock, asked).down_since() == NOW - 61

        await clock.advance(4)
        assert await roll_call(store, clock, asked).down_since() is None


async def test_a_process_that_stood_still_asks_though_it_did_not_restart(store, clock) -> None:
    asked: list[tuple[float, str]] = []
    calls = roll_call(store, clock, asked)
    await calls.down_since()
    async with running(calls.run()):
        await clock.advance(11)
        clock.set_back(-59)  # nobody woke meanwhile
        await clock.advance(13)

    assert asked[0] == (10.0, "caught up")
    assert [run for _, run in asked[1:]] == CALLS


async def test_a_database_that_was_away_too_long_is_a_downtime_too(store, clock) -> None:
    """While it is away webhooks are refused; Telnyx gives them up after 58 seconds."""
    asked: list[tuple[float, str]] = []
    calls = roll_call(store, clock, asked)
    await calls.down_since()
    store.is_away = True
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            async with running(calls.run()):
                await clock.advance(20)
    store.is_away = False
    async with running(calls.run()):
        await clock.advance(14)
        assert asked[0] == (0.0, "caught up")
        assert [run for _, run in asked[1:]] == CALLS

        await clock.advance(60)
        assert len(asked) == 1 + len(CALLS)


async def test_of_several_processes_one_asks(store, clock) -> None:
    asked: list[tuple[float, str]] = []
    first, second = roll_call(store, clock, asked), roll_call(store, clock, asked)
    async with running(first.run(), second.run()):
        await clock.advance(15)
        assert asked == []

        await clock.advance(3600)

    assert [run for _, run in asked] == CALLS
