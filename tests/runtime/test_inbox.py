"""Events on their way into the store: batches, duplicates, defects, a database that is away."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace

import pytest
from runtime_world import CountingCore, GatedStore, ListLog, ListMeter, running

from engine.core.change import Change, Row
from engine.core.command import Command, OutboxRow
from engine.core.event import TIMER, Event
from engine.errors import StoreUnavailable
from engine.runtime.inbox import Inbox
from engine.testing import FakeClock, settle


class Setup:
    def __init__(self, **options) -> None:
        self.clock = FakeClock()
        self.store = GatedStore()
        self.core = CountingCore()
        self.log = ListLog()
        self.meter = ListMeter()
        self.followed: list[Change] = []
        self.inbox = Inbox(
            store=self.store,
            clock=self.clock,
            core=self.core,
            follow=self.followed.append,
            log=self.log,
            meter=self.meter,
            **options,
        )

    def submit(self, *events: Event) -> list[asyncio.Task[bool]]:
        return [asyncio.create_task(self.inbox.submit(event)) for event in events]


def webhook(identity: str, leg: str = "1", **payload) -> Event:
    return Event(id=identity, type=payload.pop("type", "call.answered"), payload={"leg": leg, **payload})


async def test_event_is_acknowledged_after_its_commit_and_not_before():
    one = Setup()
    one.store.gate.clear()
    async with running(one.inbox.run()):
        [answer] = one.submit(webhook("e1"))
        await settle()
        assert (answer.done(), one.followed) == (False, [])

        one.store.gate.set()

        assert await answer is True
    assert one.store.rows == {"run-1": Row(run="run-1", ver=1, state="{}", version="v1")}
    assert [change.event_id for change in one.followed] == ["e1"]


async def test_what_queues_while_a_commit_runs_is_the_next_batch_in_order():
    one = Setup()
    one.store.gate.clear()
    async with running(one.inbox.run()):
        answers = one.submit(webhook("e0"))
        await settle()
        answers += one.submit(*(webhook(f"e{number}") for number in range(1, 100)))
        await settle()
        one.store.gate.set()
        assert await asyncio.gather(*answers) == [True] * 100

    assert one.store.batches == [1, 64, 35]
    assert one.core.decided == [(f"e{number}", number) for number in range(100)]


async def test_run_is_found_by_a_key_that_came_up_in_the_same_batch():
    one = Setup()
    async with running(one.inbox.run()):
        await asyncio.gather(*one.submit(webhook("e1", run="anna"), webhook("e2", run="somebody-else")))

    assert {run: row.ver for run, row in one.store.rows.items()} == {"anna": 2}


async def test_duplicate_in_flight_waits_for_the_first_copy():
    one = Setup()
    one.store.gate.clear()
    async with running(one.inbox.run()):
        answers = one.submit(webhook("e1"), webhook("e1"))
        await settle()
        answers += one.submit(webhook("e1"))
        await settle()
        assert not any(answer.done() for answer in answers)

        one.store.gate.set()

        assert await asyncio.gather(*answers) == [True, True, True]
    assert one.core.decided == [("e1", 0)]


async def test_duplicate_of_a_committed_event_changes_nothing():
    one = Setup()
    async with running(one.inbox.run()):
        await one.inbox.submit(webhook("e1"))
        assert await one.inbox.submit(webhook("e1")) is True

    assert one.core.decided == [("e1", 0)]
    assert one.store.rows["run-1"].ver == 1


async def test_parallel_copies_of_many_events_are_decided_once_each():
    one = Setup()
    async with running(one.inbox.run()):
        events = [webhook(f"e{number % 50}", leg=str(number % 7)) for number in range(300)]
        assert all(await asyncio.gather(*one.submit(*events)))

    assert sorted(event for event, _ in one.core.decided) == sorted({event.id for event in events})


async def test_defect_harms_only_its_event_and_its_run_goes_to_the_error_exit():
    one = Setup()
    async with running(one.inbox.run()):
        answers = one.submit(webhook("e1", leg="1"), webhook("e2", leg="2", boom="broken"), webhook("e3", leg="3"))
        assert await asyncio.gather(*answers) == [True, True, True]

    assert {run: row.state for run, row in one.store.rows.items()} == {
        "run-1": "{}",
        "run-2": '"failed"',
        "run-3": "{}",
    }
    [told] = one.core.defects
    assert re.fullmatch(r"ValueError in runtime/runtime_world.py:\d+", told)  # not its message, which may hold a PIN
    assert one.meter.about("defect") == [("defect", "event")]
    assert [(level, name) for level, name, _ in one.log.lines] == [("error", "event_failed")]


async def test_defect_in_the_handling_of_a_defect_is_kept_in_the_journal():
    one = Setup()
    async with running(one.inbox.run()):
        assert await one.inbox.submit(webhook("e1", boom="twice")) is True
        assert await one.inbox.submit(webhook("e1", boom="twice")) is True

    assert one.store.rows == {}
    [entry] = one.store.journal
    assert (entry.kind, entry.record["error"].partition(" in ")[0]) == ("failed", "ValueError")


async def test_event_that_cannot_be_committed_does_not_take_its_batch_along():
    one = Setup()
    apply = one.store.apply

    async def picky(changes):
        if any(change.event_id == "e2" for change in changes):
            raise TypeError("cannot be written")
        return await apply(changes)

    one.store.apply = picky
    async with running(one.inbox.run()):
        answers = one.submit(webhook("e1"), webhook("e2"), webhook("e3"))
        results = await asyncio.gather(*answers, return_exceptions=True)

    assert [type(result) for result in results] == [bool, TypeError, bool]
    assert set(one.store.inbox) == {"e1", "e3"}


async def test_run_that_changed_meanwhile_is_read_again():
    one = Setup()
    apply, rivals = one.store.apply, [3]

    async def raced(changes):
        if rivals and changes:
            rival = Row(run="run-1", ver=rivals.pop(), state='"rival"', version="v1")
            one.store.rows["run-1"] = rival
        return await apply(changes)

    one.store.apply = raced
    async with running(one.inbox.run()):
        answers = one.submit(webhook("e1"), webhook("e2", leg="2"))
        assert await asyncio.gather(*answers) == [True, True]

    assert one.core.decided == [("e1", 0), ("e2", 0), ("e1", 3)]
    assert one.store.rows["run-1"].ver == 4
    assert [change.event_id for change in one.followed] == ["e2", "e1"]


async def test_run_that_never_fits_is_a_defect_and_its_event_stored_as_failed():
    one = Setup()
    decide, after_defect = one.core.decide, one.core.after_defect
    one.core.decide = lambda *args, **kwargs: replace(decide(*args, **kwargs), ver_before=7)
    one.core.after_defect = lambda *args, **kwargs: replace(after_defect(*args, **kwargs), ver_before=7)
    async with running(one.inbox.run()):
        assert await one.inbox.submit(webhook("e1")) is True

    assert one.store.rows == {}
    assert [entry.kind for entry in one.store.journal] == ["failed"]
    assert one.meter.about("defect") == [("defect", "event")] * 2


async def test_database_away_is_told_to_the_sender_and_comes_back():
    one = Setup()
    one.store.is_away = True
    async with running(one.inbox.run()):
        with pytest.raises(StoreUnavailable):
            await one.inbox.submit(webhook("e1"))
        assert one.inbox.trouble == "the database is away"
        with pytest.raises(StoreUnavailable):
            await one.inbox.submit(webhook("e2"))
        await one.clock.advance(10)
        assert one.inbox.trouble is not None

        one.store.is_away = False
        await one.clock.advance(2)

        assert one.inbox.trouble is None
        assert await one.inbox.submit(webhook("e1")) is True
    assert one.log.lines == [
        ("error", "database_away", {"problem": "the database is away"}),
        ("info", "database_back", {}),
    ]


async def test_engines_own_events_outlast_a_database_that_is_away_in_order():
    one = Setup()
    one.store.is_away = True
    async with running(one.inbox.run()):
        posted = [one.inbox.post(Event(id=f"timer:anna:{number}", type=TIMER, run="anna")) for number in range(3)]
        await one.clock.advance(60)
        assert not any(done.done() for done in posted)
        assert not one.inbox.is_idle

        one.store.is_away = False
        await one.clock.advance(2)

        assert all(done.done() for done in posted)
    assert one.core.decided == [(f"timer:anna:{number}", number) for number in range(3)]


async def test_late_commit_is_a_timeout_and_the_event_stays_in():
    one = Setup(commit_within_s=0.01)
    one.store.gate.clear()
    async with running(one.inbox.run()):
        with pytest.raises(TimeoutError):
            await one.inbox.submit(webhook("e1"))
        one.store.gate.set()
        await settle()

        assert await one.inbox.submit(webhook("e1")) is True
    assert one.core.decided == [("e1", 0)]


async def test_sender_who_goes_away_cancels_nothing():
    one = Setup()
    one.store.gate.clear()
    async with running(one.inbox.run()):
        gone, copy = one.submit(webhook("e1"), webhook("e1"))
        await settle()
        gone.cancel()
        await settle()
        one.store.gate.set()

        assert await copy is True
    assert set(one.store.inbox) == {"e1"}


async def test_new_calls_are_shed_first_then_everything():
    one = Setup(max_waiting=4)
    one.submit(webhook("e1"), webhook("e2"))
    await settle()
    assert one.inbox.sheds(b'{"event_type":"call.initiated"}')
    assert not one.inbox.sheds(b'{"event_type":"call.hangup"}')
    assert await one.inbox.submit(webhook("e3", type="call.initiated")) is False

    one.submit(webhook("e4"), webhook("e5"))
    await settle()

    assert one.inbox.sheds(b'{"event_type":"call.hangup"}')
    assert await one.inbox.submit(webhook("e6")) is False


async def test_closed_inbox_takes_no_webhooks_but_the_engines_own_events():
    one = Setup()
    one.inbox.close()
    async with running(one.inbox.run()):
        assert await one.inbox.submit(webhook("e1")) is False
        await one.inbox.post(Event(id="timer:anna:1", type=TIMER, run="anna"))
    assert one.inbox.is_idle
    assert set(one.store.rows) == {"anna"}


@pytest.mark.parametrize("is_duplicate", [False, True])
async def test_posted_event_takes_its_command_out_of_the_outbox_even_as_a_duplicate(is_duplicate):
    one = Setup()
    tell = Command(operation="tell", path={"run": "b"}, parameters={"type": "room.joined", "payload": {}})
    one.store.outbox["c1"] = OutboxRow(command_id="c1", run="a", chain="a>b", seq=1, created_at=0.0, command=tell)
    if is_duplicate:
        one.store.inbox["c1"] = ("b", 0.0)

    async with running(one.inbox.run()):
        await one.inbox.post(Event(id="c1", type="room.joined", run="b"), settles=("c1",))

    assert one.store.outbox == {}
    assert len(one.core.decided) == (0 if is_duplicate else 1)


async def test_event_without_a_run_is_remembered_only():
    one = Setup()
    async with running(one.inbox.run()):
        assert await one.inbox.submit(Event(id="e1", type="number_order.complete")) is True

    assert (one.store.rows, set(one.store.inbox)) == ({}, {"e1"})


async def test_every_decision_and_every_commit_is_timed():
    one = Setup()
    async with running(one.inbox.run()):
        await asyncio.gather(*one.submit(webhook("e1"), webhook("e2", "2"), webhook("e3", boom="bad")))

    assert one.meter.about("decided") == [("decided", True)] * 3
    assert one.meter.about("committed") == [("committed", True)]
