"""What was reported while nobody listened: in order, once, ours only, and never for long."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from runtime_world import ListLog

from engine.core.change import Change, Row
from engine.core.event import Event
from engine.errors import CarrierError
from engine.ports import PastPage
from engine.runtime.catch_up import CatchUp
from engine.testing import FakeClock, MemoryStore

NOW = 1_800_000_000.0


class Telnyx:
    """A past of *pages*; an error among them is raised. *asked* is what was asked for, and when."""

    def __init__(self, clock: FakeClock, *pages: PastPage | CarrierError) -> None:
        self.clock = clock
        self.pages = pages
        self.asked: list[tuple[int, float, float]] = []

    async def page(self, number: int, *, since: float) -> PastPage:
        self.asked.append((number, since, self.clock.now()))
        page = self.pages[min(number, len(self.pages)) - 1]
        if isinstance(page, CarrierError):
            raise page
        return page


def event(identity: str, leg: str = "known", *, at: float | None = NOW, event_type: str = "call.hangup") -> Event:
    return Event(id=identity, type=event_type, payload={"leg": leg}, occurred_at=at)


class Start:
    """A start after a downtime: *posted* is what came into the inbox."""

    def __init__(self, *pages: PastPage | CarrierError) -> None:
        self.clock = FakeClock(NOW)
        self.telnyx = Telnyx(self.clock, *pages)
        self.store = MemoryStore()
        self.log = ListLog()
        self.posted: list[str] = []
        self.catch_up = CatchUp(
            store=self.store,
            clock=self.clock,
            past=self.telnyx,
            keys=lambda event: [f"leg:{event.payload['leg']}"],
            is_ours=lambda event: event.type == "call.initiated",
            post=lambda event: self.posted.append(event.id),
            log=self.log,
        )

    async def run(self, seconds: float = 60.0) -> None:
        row = Row(run="run-1", ver=1, state="{}")
        await self.store.apply([Change(event_id="heard", at=NOW, row=row, keys=("leg:known",))])
        task = asyncio.ensure_future(self.catch_up.run(since=NOW - 100))
        await self.clock.advance(seconds)
        await task


async def test_webhooks_are_posted_in_the_order_of_their_times():
    start = Start(
        PastPage(events=[event("third", at=NOW + 3), event("first", at=NOW + 1)], is_last=False),
        PastPage(events=[event("none", at=None), event("second", at=NOW + 2)]),
    )
    await start.run()

    assert start.posted == ["first", "second", "third", "none"]
    assert [(number, since) for number, since, _ in start.telnyx.asked] == [(1, NOW - 160), (2, NOW - 160)]
    told = {"events": 4, "heard": 0, "others": 0, "unreadable": 0, "is_complete": True}
    assert start.log.lines == [("info", "caught_up", told)]


async def test_what_was_heard_already_and_what_is_of_others_is_left_out():
    events = [
        event("heard"),
        event("theirs", "theirs", at=NOW - 1),
        event("new 1", "new", event_type="call.initiated", at=NOW),
        event("new 2", "new", at=NOW + 1),
        event("ours"),
    ]
    start = Start(PastPage(events=events, unreadable=2))
    await start.run()

    assert start.posted == ["new 1", "ours", "new 2"]
    assert start.log.lines[0][2] == {"events": 3, "heard": 1, "others": 1, "unreadable": 2, "is_complete": True}


async def test_a_webhook_that_is_listed_for_each_attempt_is_posted_once():
    start = Start(
        PastPage(events=[event("one"), event("two"), event("one")], is_last=False), PastPage(events=[event("one")])
    )
    await start.run()

    assert start.posted == ["one", "two"]


async def test_pages_are_asked_for_calmly_and_not_for_ever():
    start = Start(PastPage(events=[], is_last=False))
    await start.run()

    times = [at - NOW for _, _, at in start.telnyx.asked]
    assert len(times) == 40
    assert all(later - at >= 0.19 for at, later in pairwise(times))
    assert start.log.lines[0][2]["is_complete"] is False


async def test_a_slow_telnyx_is_given_up_after_a_while():
    class Slow(Telnyx):
        async def page(self, number: int, *, since: float) -> PastPage:
            await self.clock.sleep_until(self.clock.now() + 4)
            return await super().page(number, since=since)

    start = Start()
    start.catch_up._past = slow = Slow(start.clock, PastPage(events=[event("one")], is_last=False))
    await start.run()

    assert len(slow.asked) == 3
    assert start.posted[0] == "one"


@pytest.mark.parametrize("pages_before", [0, 1])
async def test_where_telnyx_does_not_say_the_start_goes_on_with_what_it_has(pages_before):
    before = [PastPage(events=[event("one")], is_last=False)] * pages_before
    start = Start(*before, CarrierError("Telnyx answered 403 to GET /call_events"))
    await start.run()

    assert start.posted == ["one"] * pages_before
    assert start.log.lines[0][:2] == ("warning", "not_caught_up")
    assert start.log.lines[0][2]["problem"] == "Telnyx answered 403 to GET /call_events"
