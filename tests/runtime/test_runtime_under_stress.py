"""What goes wrong around the runtime: places that free up late, commits that cannot be written, a log that breaks."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import replace

import pytest
from runtime_world import CountingCore, GatedStore, ListLog, running
from test_outbox import NOW, Service, command

from engine.core.answer import Answer, not_sent
from engine.core.change import Change
from engine.core.command import TELL, Command, OutboxRow
from engine.core.event import ACCEPTED, IN_DOUBT, REFUSED, ClientState, Event
from engine.errors import StoreUnavailable
from engine.runtime.clock import Alarms
from engine.runtime.inbox import Inbox
from engine.testing import ACCEPT, FakeClock, MemoryStore, settle

KEY_REFUSED = Answer(status=401, code="10009", title="Authentication failed")


# -- places among the requests -----------------------------------------------------------------------------------


async def test_command_that_waited_too_long_for_a_place_is_not_sent():
    first = asyncio.get_running_loop().create_future()
    service = Service(lambda command, attempt: first, max_under_way=1)
    async with service.alive():
        await service.commit(command("c0", chain="a"), command("c1", chain="b"))
        await service.clock.advance(50)
        assert service.sent == [("c0", 0)]

        first.set_result(ACCEPT)
        await settle()

        assert service.sent == [("c0", 0)]
        assert dict(service.outcomes) == {"c0": ACCEPTED, "c1": REFUSED}


async def test_command_tried_before_the_restart_is_not_repeated_once_telnyx_has_forgotten_its_id():
    first = asyncio.get_running_loop().create_future()
    service = Service(lambda command, attempt: first, max_under_way=1)
    service.store.outbox = {"c0": command("c0", chain="a"), "c1": command("c1", chain="b", first_attempt_at=NOW - 10)}
    async with service.alive():
        await service.clock.advance(55)
        first.set_result(ACCEPT)
        await settle()

        assert [name for name, _ in service.sent] == ["c0"]
        assert dict(service.outcomes) == {"c0": ACCEPTED, "c1": IN_DOUBT}


async def test_answer_that_comes_while_a_repeat_waits_for_a_place_is_enough():
    first = asyncio.get_running_loop().create_future()
    service = Service(lambda command, attempt: first, max_under_way=1)
    async with service.alive():
        await service.commit(command("c0"))
        await service.clock.advance(3)
        first.set_result(ACCEPT)
        await settle()

        assert service.sent == [("c0", 0)]
        assert service.outcomes == [("c0", ACCEPTED)]


async def test_throttling_holds_those_who_already_wait_for_a_place():
    first = asyncio.get_running_loop().create_future()
    answers = {"c0": first, "c1": ACCEPT}
    service = Service(max_under_way=1)
    service.carrier.reply = lambda command, attempt: answers[service.carrier.sent[-1].command_id]
    async with service.alive():
        await service.commit(command("c0", chain="a"), command("c1", chain="b"))
        answers["c0"] = ACCEPT
        first.set_result(Answer(status=429, code="10011", retry_after_s=3.0))
        await settle()
        assert service.sent == [("c0", 0)]

        await service.clock.advance(4)

        assert [at for _, at in service.sent[1:]] == [3, 3.275]
        assert {name for name, _ in service.sent[1:]} == {"c0", "c1"}


# -- after a restart ---------------------------------------------------------------------------------------------


async def test_chain_keeps_its_order_though_the_clock_was_set_back_between_its_commands():
    service = Service()
    service.store.outbox = {
        "c1": replace(command("c1", seq=1000), created_at=NOW),
        "c2": replace(command("c2", seq=2000), created_at=NOW - 30),
        "c3": replace(command("c3", seq=3000), created_at=NOW - 20),
    }
    async with service.alive():
        await service.clock.advance(1)

    assert [name for name, _ in service.sent] == ["c1", "c2", "c3"]


async def test_messages_that_a_crash_left_are_delivered_once_and_in_order():
    def message(number: int) -> OutboxRow:
        told = Command(operation=TELL, path={"run": "run-2"}, parameters={"type": "room.joined", "payload": {}})
        return OutboxRow(command_id=f"m{number}", run="run-1", chain="run-1>run-2", seq=number, command=told,
                         created_at=NOW)  # fmt: skip

    service = Service()
    service.store.outbox = {f"m{number}": message(number) for number in range(20)}
    service.store.inbox["m0"] = ("run-2", NOW)  # committed with its receiver, before the crash
    async with service.alive():
        pass

    assert [event.id for event in service.events] == [f"m{number}" for number in range(1, 20)]
    assert service.store.outbox == {}


async def test_thousands_of_commands_are_all_taken_up():
    service = Service()
    service.store.outbox = {f"c{n}": command(f"c{n}", chain=f"run-{n}") for n in range(3_000)}
    async with service.alive():
        while service.outbox.waiting or not service.inbox.is_idle:
            await service.clock.advance(0.01)  # the window between two full batches

    assert len(service.carrier.sent) == 3_000
    assert (service.store.outbox, service.inbox.is_idle) == ({}, True)


# -- the key -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer", [Answer(status=503), not_sent("an empty id")], ids=["a gateway stumbles", "nothing was asked"]
)
async def test_refused_key_stays_refused_until_telnyx_accepts_something(answer):
    answers = {"c1": KEY_REFUSED, "c2": answer}
    service = Service()
    service.carrier.reply = lambda command, attempt: answers[service.carrier.sent[-1].command_id]
    async with service.alive():
        await service.commit(command("c1", chain="a"))
        await service.commit(command("c2", chain="b"), event_id="e2")
        assert service.outbox.key_problem is not None

        answers |= {"c1": ACCEPT, "c2": ACCEPT}
        await service.clock.advance(6)
        assert service.outbox.key_problem is None


# -- commits that cannot be written ------------------------------------------------------------------------------


class Picky(GatedStore):
    """A store that cannot write the changes of some events: a value that it cannot put on paper."""

    def __init__(self, poison: set[str], *, takes_failed: bool = True) -> None:
        super().__init__()
        self.poison, self.takes_failed = poison, takes_failed

    async def apply(self, changes):
        for change in changes:
            is_failed = any(entry.kind == "failed" for entry in change.journal)
            is_bad = change.event_id in self.poison or set(change.settled) & self.poison
            if is_bad and not (is_failed and (self.takes_failed or change.row is None)):
                raise TypeError("Integer exceeds 64-bit range")
        return await super().apply(changes)


def inbox_around(store, core=None, **options):
    core, log, followed = core or CountingCore(), ListLog(), []
    options = {"follow": followed.append, **options}
    inbox = Inbox(store=store, clock=FakeClock(), core=core, log=log, **options)
    return inbox, core, log, followed


def webhook(identity: str, leg: str = "1", **payload) -> Event:
    return Event(id=identity, type="call.answered", payload={"leg": leg, **payload})


async def test_event_whose_change_cannot_be_written_is_stored_as_failed_and_its_run_takes_the_error_exit():
    store = Picky({"e2"})
    inbox, core, log, _ = inbox_around(store)
    async with running(inbox.run()):
        answers = await asyncio.gather(*(inbox.submit(webhook(f"e{n}", leg=str(n))) for n in range(1, 4)))

    assert answers == [True, True, True]
    assert [defect.partition(" in ")[0] for defect in core.defects] == ["TypeError"]
    assert {run: row.state for run, row in store.rows.items()} == {"run-1": "{}", "run-2": '"failed"', "run-3": "{}"}
    assert "e2" in store.inbox
    assert [name for _, name, _ in log.lines] == ["event_failed"]


async def test_event_is_stored_as_failed_even_where_the_error_exit_cannot_be_written_either():
    store = Picky({"e1"}, takes_failed=False)
    inbox, _, _, _ = inbox_around(store)
    async with running(inbox.run()):
        assert await inbox.submit(webhook("e1")) is True
        assert await inbox.submit(webhook("e2")) is True

    assert store.inbox["e1"][0] == ""
    assert store.rows["run-1"].ver == 1
    assert [entry.kind for entry in store.journal] == ["failed"]


@pytest.mark.parametrize("is_hopeless", [False, True])
async def test_outcome_that_cannot_be_written_ends_neither_the_outbox_nor_its_chain(is_hopeless):
    class Unwritable(MemoryStore):
        async def apply(self, changes):
            if any("c1" in change.settled and (change.row is not None or is_hopeless) for change in changes):
                raise TypeError("cannot be written")
            return await super().apply(changes)

    service = Service(lambda command, attempt: Answer(status=422, code="10015"), store=Unwritable())
    async with service.alive():
        await service.commit(command("c1", seq=1), command("c2", seq=2))
        assert [name for name, _ in service.sent] == ["c1", "c2"]
        assert set(service.store.outbox) == ({"c1"} if is_hopeless else set())


async def test_event_that_cannot_be_routed_is_stored_as_failed():
    class Lost(CountingCore):
        def route(self, event):
            if event.id == "e1":
                raise ValueError("no way")
            return super().route(event)

    store = GatedStore()
    inbox, _, _, _ = inbox_around(store, Lost())
    async with running(inbox.run()):
        assert await asyncio.gather(inbox.submit(webhook("e1")), inbox.submit(webhook("e2"))) == [True, True]

    assert set(store.inbox) == {"e1", "e2"}
    assert store.rows["run-1"].ver == 1


async def test_store_that_goes_away_while_a_poisoned_batch_is_sorted_out_keeps_the_order():
    class Failing(GatedStore):
        async def apply(self, changes):
            if len(changes) > 1:
                raise TypeError("cannot be written")
            return await super().apply(changes)

    store = Failing()
    inbox, core, _, _ = inbox_around(store)
    done = [inbox.post(Event(id=f"t{n}", type="timer", run=f"run-{n}")) for n in range(5)]
    real, tries = store.load, []

    async def load(**asked):
        tries.append(len(asked["event_ids"]))
        store.is_away = len(tries) == 2
        return await real(**asked)

    store.load = load
    async with running(inbox.run()):
        await settle()
        assert tries[:2] == [5, 1]
        assert inbox.trouble is not None
        store.is_away = False
        await inbox._clock.advance(1)
        await asyncio.gather(*done)

    assert len(tries) < 12
    assert [identity for identity, _ in core.decided[-5:]] == [f"t{n}" for n in range(5)]


# -- followers and logs that break -------------------------------------------------------------------------------


async def test_follower_that_raises_loses_nobody_elses_commands():
    followed: list[str] = []

    def follow(change: Change) -> None:
        if change.event_id == "e1":
            raise OSError("the log is full")
        followed.append(change.event_id)

    store = GatedStore()
    inbox, _, log, _ = inbox_around(store, follow=follow)
    async with running(inbox.run()):
        answers = await asyncio.gather(*(inbox.submit(webhook(f"e{n}", leg=str(n))) for n in range(3)))

    assert answers == [True, True, True]
    assert followed == ["e0", "e2"]
    assert [name for _, name, _ in log.lines] == ["event_failed"]


# -- the database, while nothing happens -------------------------------------------------------------------------


async def test_trouble_that_others_meet_is_the_inboxs_own_until_the_database_is_back():
    store = MemoryStore()
    inbox, _, _, _ = inbox_around(store)
    async with running(inbox.run()):
        store.is_away = True
        inbox.note_trouble("the database is away")
        await settle()
        with pytest.raises(StoreUnavailable):
            await inbox.submit(webhook("e1"))

        store.is_away = False
        await inbox._clock.advance(2)

        assert inbox.trouble is None
        assert await inbox.submit(webhook("e1")) is True


# -- memory ------------------------------------------------------------------------------------------------------


async def test_cancelled_alarms_do_not_pile_up_until_their_time():
    clock = FakeClock()
    alarms = Alarms(clock)
    rung = []
    for hour in range(1, 20_001):
        alarms.set(clock.now() + 7200 + hour, lambda: rung.append("late")).cancel()
    kept = alarms.set(clock.now() + 1, lambda: rung.append("kept"))

    assert len(alarms._heap) < 5_000
    async with running(alarms.run()):
        await clock.advance(2)
    assert rung == ["kept"]
    assert kept.due == clock.now() - 1


# -- tokens ------------------------------------------------------------------------------------------------------


def test_token_with_an_endless_number_is_nobodys():
    text = base64.b64encode(b"rf1|a|b|" + b"9" * 5000).decode()

    assert ClientState.decode(text) is None
