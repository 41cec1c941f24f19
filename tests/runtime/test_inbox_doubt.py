"""Commits whose answer never came: done or not, each is followed once and none is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from runtime_world import CountingCore, ListLog, running

from engine.core.change import Change, Row
from engine.core.event import Event
from engine.errors import StoreInDoubt
from engine.runtime.doubt import standing_runs
from engine.runtime.inbox import Inbox
from engine.testing import FakeClock, MemoryStore, settle


class BreakingStore(MemoryStore):
    """A store whose connection breaks at the commits of *breaks*: True, after the commit; False, before it."""

    def __init__(self, *breaks: bool) -> None:
        super().__init__()
        self.breaks = list(breaks)

    async def apply(self, changes: Sequence[Change]) -> frozenset[str]:
        if not changes or not self.breaks:
            return await super().apply(changes)
        if self.breaks.pop(0):
            await super().apply(changes)
        raise StoreInDoubt("the connection broke")


class Setup:
    def __init__(self, *breaks: bool) -> None:
        self.clock = FakeClock()
        self.store = BreakingStore(*breaks)
        self.core = CountingCore()
        self.followed: list[Change] = []
        self.inbox = Inbox(
            store=self.store, clock=self.clock, core=self.core, follow=self.followed.append, log=ListLog()
        )

    def submit(self, *events: Event) -> list[asyncio.Task[bool]]:
        return [asyncio.create_task(self.inbox.submit(event)) for event in events]

    @property
    def followed_ids(self) -> list[str]:
        return [change.event_id for change in self.followed]


def webhook(identity: str, leg: str = "1") -> Event:
    return Event(id=identity, type="call.answered", payload={"leg": leg})


@pytest.mark.parametrize("breaks", [(True,), (False,), (False, True), (True, False), (False, False, False)])
async def test_commit_without_an_answer_is_done_and_followed_once(breaks):
    one = Setup(*breaks)
    async with running(one.inbox.run()):
        answers = one.submit(webhook("e1"), webhook("e2"), webhook("e3", leg="2"))
        await one.clock.advance(5)

        assert await asyncio.gather(*answers) == [True, True, True]
    assert one.followed_ids == ["e1", "e2", "e3"]
    assert {run: row.ver for run, row in one.store.rows.items()} == {"run-1": 2, "run-2": 1}
    assert (one.inbox.trouble, one.inbox.is_idle) == (None, True)


@pytest.mark.parametrize("is_done", [True, False])
async def test_our_own_event_in_doubt_counts_once(is_done):
    one = Setup(is_done)
    async with running(one.inbox.run()):
        done = one.inbox.post(Event(id="outcome", type="action.accepted", run="anna", payload={}))
        await settle()
        await one.clock.advance(5)

        await done
    assert one.store.rows["anna"].ver == 1
    assert len(one.followed) == 1


async def test_single_broken_connection_keeps_nobody_waiting():
    one = Setup(True)
    async with running(one.inbox.run()):
        [answer] = one.submit(webhook("e1"))
        await settle()

        assert (answer.done(), one.inbox.trouble, one.followed_ids) == (True, None, ["e1"])


async def test_run_that_went_on_meanwhile_is_decided_again():
    one = Setup(False, False)
    async with running(one.inbox.run()):
        answers = one.submit(webhook("e1"))
        await settle()
        await one.store.apply([Change(event_id="other", at=0, row=Row(run="run-1", ver=1, state="{}"))])

        await one.clock.advance(5)

        assert await asyncio.gather(*answers) == [True]
    assert one.core.decided == [("e1", 0), ("e1", 1)]
    assert one.followed_ids == ["e1"]


async def test_what_waits_behind_a_doubt_comes_after_it():
    one = Setup(False, False)
    async with running(one.inbox.run()):
        first = one.inbox.post(Event(id="t1", type="action.accepted", run="anna", payload={}))
        await settle()
        second = one.inbox.post(Event(id="t2", type="action.accepted", run="anna", payload={}))
        await one.clock.advance(5)
        await asyncio.gather(first, second)

    assert one.core.decided == [("t1", 0), ("t2", 1)]


@pytest.mark.parametrize("state", ["{}", "other"])
@pytest.mark.parametrize("event_id", ["e1", "e2"])
async def test_only_the_very_same_row_with_its_events_is_ours(state, event_id):
    store = MemoryStore()
    await store.apply([Change(event_id="e1", at=0, row=Row(run="anna", ver=1, state="{}"))])
    loaded = await store.load(event_ids=["e1", "e2"], keys=(), runs=["anna"])

    standing = standing_runs([Change(event_id=event_id, at=0, row=Row(run="anna", ver=1, state=state))], loaded)

    assert standing == ({"anna"} if (state, event_id) == ("{}", "e1") else frozenset())
