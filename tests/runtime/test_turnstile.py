"""Turns to send: places, pauses and pace for all together, flow by flow."""

from __future__ import annotations

from contextlib import asynccontextmanager

import pytest
from runtime_world import running

from engine.core.answer import Answer, Rate
from engine.runtime.clock import Alarms
from engine.runtime.turnstile import Turn, Turnstile
from engine.testing import FakeClock

NOW = 1_800_000_000.0
OK = Answer(status=200)


class Door:
    """A turnstile, and who went through when."""

    def __init__(self, *, is_new: bool = False, **options) -> None:
        self.is_new = is_new  # Telnyx has not answered anything yet
        self.clock = FakeClock(NOW - 10)
        self.alarms = Alarms(self.clock)
        self.turnstile = Turnstile(clock=self.clock, alarms=self.alarms, **options)
        self.went: list[tuple[str, float]] = []
        self.turns: dict[str, Turn] = {}

    @asynccontextmanager
    async def alive(self):
        async with running(self.alarms.run()):
            if not self.is_new:
                self.ask("first")
                self.leave("first")
                self.went.clear()
            await self.clock.advance(10)
            yield self

    def ask(self, *names: str, kind="command", flow: str = "", since: float = NOW) -> None:
        for name in names:
            self.turns[name] = self.turnstile.ask(
                kind, flow=flow, since=since, ring=lambda name=name: self.went.append((name, self.clock.now() - NOW))
            )

    def leave(self, *names: str, is_used: bool = True) -> None:
        for name in names:
            self.turnstile.leave(self.turns[name], is_used=is_used)

    def answer(self, status: int = 429, code: str = "10011", *, begun_at: float = NOW, **fields) -> bool:
        return self.turnstile.look_at(Answer(status=status, code=code, **fields), begun_at=begun_at)

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.went]


def names(start: str, count: int) -> list[str]:
    return [f"{start}{number}" for number in range(count)]


# -- places and order ------------------------------------------------------------------------------------------


async def test_who_finds_a_place_goes_at_once():
    async with Door(max_under_way=2).alive() as door:
        door.ask("a", "b", "c")
        assert door.names == ["a", "b"]

        door.leave("a")
        assert door.names == ["a", "b", "c"]


@pytest.mark.parametrize("is_silent", [False, True])
async def test_before_telnyx_has_answered_anything_only_a_few_go(is_silent):
    """A thousand commands may wait at a start, and nobody knows the account's limit."""
    async with Door(is_new=True).alive() as door:
        door.ask(*names("a", 100))
        assert len(door.went) == 10

        if not is_silent:
            door.answer(200, code="", rate=Rate(limit=20, remaining=19, reset_s=1.0))
        door.leave("a0")

    assert len(door.went) == (81 if is_silent else 10)


async def test_flows_take_turns_and_within_a_flow_the_oldest_goes_first():
    async with Door(max_under_way=1).alive() as door:
        door.ask("first")
        door.ask(*names("busy", 3), flow="busy")
        door.ask("older", flow="busy", since=NOW - 10)
        door.ask("quiet", flow="quiet")
        door.ask("third", flow="third")
        while len(door.went) < 7:
            door.leave(door.names[-1])

    assert door.names == ["first", "older", "quiet", "third", "busy0", "busy1", "busy2"]


async def test_hang_ups_and_messages_to_others_have_places_of_their_own():
    async with Door(max_under_way=1).alive() as door:
        door.ask("a", "b")
        door.ask("bye", kind="hangup")
        door.ask("note", kind="outside")

    assert door.names == ["a", "bye", "note"]


async def test_who_left_the_line_is_passed_over():
    async with Door(max_under_way=1).alive() as door:
        door.ask("a", "b", "c")
        door.leave("b", is_used=False)
        door.leave("a")

    assert door.names == ["a", "c"]


async def test_a_turn_that_was_not_used_costs_nobody_anything():
    async with Door().alive() as door:
        door.answer(200, rate=Rate(limit=2, remaining=2, reset_s=1.0))
        for name in names("dropped", 50):
            door.ask(name)
            door.leave(name, is_used=False)

    assert {at for _, at in door.went} == {0.0}
    assert len(door.went) == 50


# -- the rate window -------------------------------------------------------------------------------------------


async def test_what_the_headers_say_is_the_pace():
    async with Door().alive() as door:
        door.answer(200, rate=Rate(limit=20, remaining=20, reset_s=1.0))
        door.ask(*names("a", 100))
        await door.clock.advance(4)
        times = [at for _, at in door.went]

    assert all(later - at > 1.0 for at, later in zip(times, times[20:], strict=False))
    assert len(times) > 65


async def test_when_nothing_is_left_all_wait_until_the_window_begins_anew():
    async with Door().alive() as door:
        assert not door.answer(200, rate=Rate(limit=20, remaining=0, reset_s=2.0))
        door.ask("a")
        door.ask("bye", kind="hangup")
        await door.clock.advance(3)

    assert door.went == [("bye", 0.0), ("a", 2.0)]


async def test_what_others_have_used_of_the_window_makes_us_careful():
    async with Door().alive() as door:
        door.answer(200, rate=Rate(limit=20, remaining=9, reset_s=1.0))
        door.ask("a", "b")
        await door.clock.advance(0.5)

    assert door.went[0] == ("a", 0.0)
    assert 0.05 < door.went[1][1] < 0.1


@pytest.mark.parametrize("rate", [Rate(limit=0), Rate(remaining=5), Rate(reset_s=1e12)])
async def test_headers_that_say_little_hold_nobody(rate):
    async with Door().alive() as door:
        door.answer(200, rate=rate)
        door.ask(*names("a", 80))

    assert len(door.went) == 80


async def test_processes_share_the_limits():
    async with Door().alive() as door:
        door.turnstile.share = 2
        door.answer(200, rate=Rate(limit=20, remaining=20, reset_s=1.0))
        door.ask(*names("a", 60))
        door.ask(*names("d", 200), kind="dial")
        await door.clock.advance(1.0)
        assert len(door.went) <= 10

        await door.clock.advance(20)
        door.leave(*door.names)

    assert door.turnstile.share == 2


async def test_raising_the_share_back_lets_the_others_go_on():
    async with Door().alive() as door:
        door.turnstile.share = 10
        door.answer(200, rate=Rate(limit=10, remaining=10, reset_s=1.0))
        door.ask("a", "b")
        assert door.names == ["a"]

        door.turnstile.share = 1
        assert door.names == ["a", "b"]


# -- pauses ----------------------------------------------------------------------------------------------------


async def test_a_refusal_holds_commands_and_dials_and_nobody_else():
    async with Door().alive() as door:
        assert door.answer(retry_after_s=3.0)
        door.ask("a")
        door.ask("d", kind="dial")
        door.ask("bye", kind="hangup")
        door.ask("note", kind="outside")
        assert door.names == ["bye", "note"]

        await door.clock.advance(5)

    assert door.names[2:] == ["a", "d"]
    assert door.went[2][1] == 3.0
    assert door.went[3][1] > 3.2  # one by one: all at once would be refused again


async def test_a_refusal_that_does_not_say_how_long_holds_for_a_second():
    async with Door().alive() as door:
        door.answer()
        door.ask("a")
        await door.clock.advance(1)

    assert door.went == [("a", 1.0)]


async def test_a_pause_is_told_once():
    async with Door().alive() as door:
        assert [door.answer(retry_after_s=seconds) for seconds in (3.0, 3.0, 4.0)] == [True, False, False]

        await door.clock.advance(5)
        assert door.answer(retry_after_s=1.0, begun_at=NOW + 5)


async def test_too_many_dials_hold_dials_only():
    async with Door().alive() as door:
        assert not door.answer(429, "90103", retry_after_s=3.0, rate=Rate(limit=1, remaining=0, reset_s=3.0))
        door.ask("a", "b")
        door.ask("d", kind="dial")
        assert door.names == ["a", "b"]
        assert door.turnstile.paused_until == 0.0

        await door.clock.advance(3)
        assert door.names == ["a", "b", "d"]


async def test_dials_have_a_pace_that_holds_no_other_command():
    async with Door(max_under_way=1_000).alive() as door:
        door.ask(*names("d", 400), kind="dial", flow="f")
        door.ask("a", flow="f")
        assert "a" in door.names
        await door.clock.advance(20)
        times = [at for name, at in door.went if name != "a"]

    assert len(times) == 400
    assert all(later - at >= 5 for at, later in zip(times, times[150:], strict=False))


async def test_the_pause_can_be_read_and_raised_from_outside():
    async with Door().alive() as door:
        door.turnstile.paused_until = NOW + 2
        door.turnstile.paused_until = NOW + 1  # what is known already shortens nothing
        door.ask("a")
        assert door.turnstile.paused_until == NOW + 2
        assert door.names == []

        await door.clock.advance(1)
        door.turnstile.paused_until = NOW + 3
        await door.clock.advance(1.5)
        assert door.names == []

        await door.clock.advance(1)

    assert door.went == [("a", 3.0)]


async def test_a_time_that_has_passed_pauses_nothing():
    async with Door().alive() as door:
        door.turnstile.paused_until = NOW - 1
        door.ask(*names("a", 50))

    assert len(door.went) == 50


async def test_hang_ups_of_a_whole_office_keep_the_accounts_pace():
    async with Door().alive() as door:
        door.answer(200, rate=Rate(limit=20, remaining=20, reset_s=1.0))
        door.ask(*names("bye", 100), kind="hangup")
        while len(door.went) < 100:
            await door.clock.advance(0.1)
            for name, _ in door.went:
                if not door.turns[name].is_left:
                    door.leave(name)
                    door.turns[name].is_left = True
        times = [at for _, at in door.went]

    assert all(later - at > 1.0 for at, later in zip(times, times[20:], strict=False))
