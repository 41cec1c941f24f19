"""Commands on their way out: chains, attempts, withdrawals, restarts."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from runtime_world import CountingCore, GatedStore, ListLog, ListMeter, running

from engine.core.answer import Answer
from engine.core.change import Change, Row
from engine.core.command import Command, OutboxRow
from engine.core.event import ACCEPTED, IN_DOUBT, REFUSED, Event
from engine.errors import CarrierSilent, CarrierUnreached, StoreUnavailable
from engine.runtime.clock import Alarms
from engine.runtime.inbox import Inbox
from engine.runtime.outbox import Outbox
from engine.tables import catalogue
from engine.testing import ACCEPT, FakeClock, MemoryStore, RecordingCarrier, settle

NOW = 1_800_000_000.0
SILENT = CarrierSilent("no answer")
UNREACHED = CarrierUnreached("nobody there")
BUSY = Answer(status=422, code="90018", title="Call has already ended")


class Service:
    """Inbox and outbox around a memory store. A second one with the same store is a restart."""

    def __init__(
        self, reply=lambda command, attempt: ACCEPT, *, store=None, clock=None, carrier=None, **options
    ) -> None:
        self.clock = clock or FakeClock(NOW)
        self.store = store or MemoryStore()
        self.carrier = carrier or RecordingCarrier(reply, now=self.clock.now)
        self.core = CountingCore()
        self.events: list[Event] = []
        self.core.make = self.make
        self.plans: dict[str, dict] = {}
        self.log = ListLog()
        self.alarms = Alarms(self.clock)
        self.inbox = Inbox(
            store=self.store, clock=self.clock, core=self.core, log=self.log, follow=self.follow,
            commit_within_s=60.0,  # of real time: a busy machine is no fault
        )  # fmt: skip
        self.outbox = Outbox(
            store=self.store,
            clock=self.clock,
            alarms=self.alarms,
            carrier=self.carrier,
            outside=self.carrier,
            post=self.inbox.post,
            catalogue=catalogue(),
            log=self.log,
            **options,
        )

    def follow(self, change: Change) -> None:
        self.outbox.follow(change)

    def make(self, event: Event, ver: int):
        self.events.append(event)
        return self.plans.get(event.id, {})

    @asynccontextmanager
    async def alive(self):
        self.outbox.start((await self.store.outstanding()).outbox)
        async with running(self.alarms.run(), self.inbox.run(), self.outbox.run()):
            await settle()
            yield self

    async def commit(self, *rows: OutboxRow, event_id: str = "e1", **fields) -> None:
        self.plans[event_id] = {"commands": rows, **fields}
        await self.inbox.submit(Event(id=event_id, type="call.answered", payload={"leg": "1"}))
        await settle()

    @property
    def outcomes(self) -> list[tuple[str, str]]:
        kinds = (ACCEPTED, REFUSED, IN_DOUBT)
        return [(event.payload["command_id"], event.type) for event in self.events if event.type in kinds]

    @property
    def sent(self) -> list[tuple[str, float]]:
        return [(sending.command_id, round(sending.at - NOW, 3)) for sending in self.carrier.sent]


def command(command_id: str = "c1", operation: str = "speak", *, seq: int = 1, chain: str = "run-1", **fields):
    return OutboxRow(
        command_id=command_id,
        run="run-1",
        chain=chain,
        seq=seq,
        command=Command(operation=operation, path={"call_control_id": "v3:1"}),
        created_at=NOW,
        **fields,
    )


def never(command, attempt):
    return asyncio.get_running_loop().create_future()


async def test_committed_command_is_sent_and_leaves_the_outbox_with_its_outcome():
    async with Service().alive() as service:
        await service.commit(command())

        assert service.sent == [("c1", 0)]
        assert service.outcomes == [("c1", ACCEPTED)]
        assert service.store.outbox == {}
        assert service.outbox.is_idle


async def test_attempt_is_noted_before_the_first_byte():
    noted = []
    service = Service(lambda command, attempt: noted.append(service.store.outbox["c1"].first_attempt_at) or ACCEPT)
    async with service.alive():
        await service.commit(command())

    assert noted == [NOW]


async def test_nothing_is_sent_while_the_attempt_cannot_be_noted():
    class Forgetful(MemoryStore):
        cannot_note = True

        async def attempt(self, command_ids, *, at):
            if self.cannot_note:
                raise StoreUnavailable("the disk is full")
            return await super().attempt(command_ids, at=at)

    async with Service(store=Forgetful()).alive() as service:
        await service.commit(command())
        await service.clock.advance(3)
        assert service.sent == []

        service.store.cannot_note = False
        await service.clock.advance(1)

        assert service.sent == [("c1", 3.5)]
        assert service.outcomes == [("c1", ACCEPTED)]


async def test_chain_goes_in_order_and_chains_go_side_by_side():
    service = Service(never)
    async with service.alive():
        await service.commit(command("a1"), command("a2", seq=2), command("b1", chain="b"))

        assert [command_id for command_id, _ in service.sent] == ["a1", "b1"]


async def test_next_of_a_chain_goes_when_the_one_before_it_is_answered():
    answer = asyncio.get_running_loop().create_future()
    service = Service(lambda command, attempt: answer if command.operation == "answer" else ACCEPT)
    async with service.alive():
        await service.commit(command("a1", "answer"), command("a2", seq=2))
        await service.clock.advance(0.3)
        assert service.sent == [("a1", 0)]

        answer.set_result(ACCEPT)
        await settle()

        assert service.sent == [("a1", 0), ("a2", 0.3)]
        assert service.outcomes == [("a1", ACCEPTED), ("a2", ACCEPTED)]


async def test_what_follows_a_refused_command_may_be_withdrawn_before_it_is_sent():
    service = Service(lambda command, attempt: BUSY)
    service.plans["a1:outcome"] = {"withdrawn": ("a2",)}
    async with service.alive():
        await service.commit(command("a1"), command("a2", seq=2))

        assert service.sent == [("a1", 0)]
        assert service.store.outbox == {}
        assert service.outbox.is_idle


async def test_what_follows_a_refused_command_waits_until_the_run_has_taken_the_refusal():
    store = GatedStore()
    service = Service(lambda command, attempt: store.gate.clear() or BUSY, store=store)
    async with service.alive():
        await service.commit(command("a1"), command("a2", seq=2))
        assert service.sent == [("a1", 0)]

        store.gate.set()
        await settle()

        assert service.sent == [("a1", 0), ("a2", 0)]


async def test_command_withdrawn_while_its_attempt_is_noted_is_not_sent():
    class SlowNotes(MemoryStore):
        def __init__(self) -> None:
            super().__init__()
            self.gate = asyncio.Event()

        async def attempt(self, command_ids, *, at):
            await self.gate.wait()
            return await super().attempt(command_ids, at=at)

    async with Service(store=SlowNotes()).alive() as service:
        await service.commit(command("a1"), command("a2", seq=2))
        await service.commit(event_id="e2", withdrawn=("a1",))
        service.store.gate.set()
        await settle()

        assert service.sent == [("a2", 0)]
        assert service.outbox.is_idle


async def test_hangup_overtakes_a_command_that_is_under_way():
    service = Service(lambda command, attempt: ACCEPT if command.operation == "hangup" else never(command, attempt))
    async with service.alive():
        await service.commit(command("a1"))
        await service.commit(command("a2", "hangup", seq=2, urgent=True), event_id="e2")

        assert [command_id for command_id, _ in service.sent] == ["a1", "a2"]
        assert service.outcomes == [("a2", ACCEPTED)]
        assert not service.outbox.is_idle


async def test_hangup_does_not_wait_for_a_place_among_the_requests():
    service = Service(
        lambda command, attempt: ACCEPT if command.operation == "hangup" else never(command, attempt), max_under_way=1
    )
    async with service.alive():
        await service.commit(command("a1", chain="a"), command("b1", chain="b"))
        await service.commit(command("c1", "hangup", chain="c", urgent=True), event_id="e2")

        assert [command_id for command_id, _ in service.sent] == ["a1", "c1"]


async def test_silence_sends_the_identical_command_again_while_the_first_is_under_way():
    service = Service(lambda command, attempt: never(command, attempt) if attempt == 1 else ACCEPT)
    async with service.alive():
        await service.commit(command())
        await service.clock.advance(0.4)
        assert service.sent == [("c1", 0)]

        await service.clock.advance(0.1)

        assert service.sent == [("c1", 0), ("c1", 0.5)]
        assert service.outcomes == [("c1", ACCEPTED)]


async def test_server_errors_and_lost_connections_are_outlasted():
    replies = {1: Answer(status=503), 2: Answer(status=500), 3: UNREACHED, 4: SILENT, 5: ACCEPT}
    service = Service(lambda command, attempt: replies[attempt])
    async with service.alive():
        await service.commit(command())
        await service.clock.advance(20)

        assert len(service.sent) == 5
        assert service.outcomes == [("c1", ACCEPTED)]


async def test_last_attempt_starts_45_seconds_after_the_first_and_then_it_is_in_doubt():
    service = Service(lambda command, attempt: SILENT)
    async with service.alive():
        await service.commit(command())
        await service.clock.advance(100)

        assert 35 < service.sent[-1][1] <= 45
        assert service.outcomes == [("c1", IN_DOUBT)]


async def test_command_that_may_be_heard_twice_is_sent_once():
    service = Service(lambda command, attempt: SILENT)
    async with service.alive():
        await service.commit(command(operation="conference_play"))
        await service.clock.advance(100)

        assert service.sent == [("c1", 0)]
        assert service.outcomes == [("c1", IN_DOUBT)]


async def test_throttling_holds_the_account_but_not_hangups():
    wait = Answer(status=429, code="10011", retry_after_s=3.0)
    service = Service(lambda command, attempt: wait if len(service.sent) == 1 else ACCEPT)
    async with service.alive():
        await service.commit(command("a1", chain="a"))
        await service.commit(command("b1", chain="b"), command("c1", "hangup", chain="c", urgent=True), event_id="e2")
        assert service.sent == [("a1", 0), ("c1", 0)]

        await service.clock.advance(4)

        assert [at for _, at in service.sent[2:]] == [3, 3.275]  # one by one: all at once would be refused again
        assert {name for name, _ in service.sent[2:]} == {"a1", "b1"}
        assert ("warning", "account_paused", {"seconds": 3.0, "code": "10011"}) in service.log.lines


async def test_throttled_dials_hold_nothing_else():
    wait = Answer(status=429, code="90103", retry_after_s=3.0)
    service = Service(lambda command, attempt: wait if command.operation == "dial" else ACCEPT)
    async with service.alive():
        await service.commit(command("a1", "dial", chain="a"))
        await service.commit(command("b1", chain="b"), event_id="e2")

        assert service.sent == [("a1", 0), ("b1", 0)]


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        (401, "Telnyx refuses the API key; set TELNYX_API_KEY"),
        (403, "Telnyx says that the API key may not control calls (403); give it the right to, or set another"),
    ],
)
async def test_refused_key_is_told_and_forgotten_when_it_works_again(status, problem):
    service = Service(lambda command, attempt: Answer(status=status) if attempt == 1 else ACCEPT)
    async with service.alive():
        await service.commit(command())
        assert service.outbox.key_problem == problem

        await service.clock.advance(6)

        assert service.outbox.key_problem is None
        assert service.outcomes == [("c1", ACCEPTED)]


async def test_head_blocks_its_chain_for_5_seconds_at_most():
    service = Service(lambda command, attempt: SILENT if command.operation == "answer" else ACCEPT)
    async with service.alive():
        await service.commit(command("a1", "answer"), command("a2", seq=2), command("b1", chain="b"))
        await service.clock.advance(4)
        await service.commit(command("a3", seq=3), event_id="e2")
        await service.clock.advance(1)

        assert service.outcomes == [("b1", ACCEPTED), ("a2", REFUSED)]
        assert service.events[-1].payload["code"] == "blocked"

        await service.clock.advance(4)
        assert service.outcomes[2:] == [("a3", REFUSED)]
        assert {command_id for command_id, _ in service.sent} == {"a1", "b1"}


async def test_command_withdrawn_before_its_turn_is_never_sent():
    answer = asyncio.get_running_loop().create_future()
    service = Service(lambda command, attempt: answer)
    async with service.alive():
        await service.commit(command("a1"), command("a2", seq=2))
        await service.commit(event_id="e2", withdrawn=("a1", "a2"))
        answer.set_result(ACCEPT)
        await service.clock.advance(60)

        assert service.sent == [("a1", 0)]
        assert service.outcomes == [("a1", ACCEPTED)]
        assert service.store.outbox == {}


async def test_given_up_command_is_not_sent_again_and_frees_its_chain():
    service = Service(lambda command, attempt: SILENT if command.operation == "speak" else ACCEPT)
    async with service.alive():
        await service.commit(command("a1"))
        await service.commit(command("a2", "playback_stop", seq=2), event_id="e2", abandoned=("a1",))
        await service.clock.advance(60)

        assert [command_id for command_id, _ in service.sent] == ["a1", "a2"]
        assert service.outcomes == [("a2", ACCEPTED)]


async def test_command_that_a_webhook_answered_is_settled():
    service = Service(never)
    async with service.alive():
        await service.commit(command("a1"))
        await service.commit(event_id="e2", settled=("a1",))
        await service.clock.advance(60)

        assert service.sent == [("a1", 0)]
        assert service.outbox.is_idle


async def test_defect_of_a_command_is_its_refusal_and_harms_no_other():
    async with Service().alive() as service:
        await service.commit(command("a1", "no_such_operation"), command("a2", seq=2))

        assert service.outcomes == [("a1", REFUSED), ("a2", ACCEPTED)]
        assert ("error", "command_failed") in [(level, name) for level, name, _ in service.log.lines]


async def test_defect_while_sending_is_a_refusal():
    def broken(command, attempt):
        raise KeyError("path")

    async with Service(broken).alive() as service:
        await service.commit(command("a1"))

        assert service.outcomes == [("a1", REFUSED)]


# -- messages --------------------------------------------------------------------------------------------------


def tell(command_id: str, **payload) -> OutboxRow:
    message = Command(operation="tell", path={"run": "room:x"}, parameters={"type": "member.left", "payload": payload})
    return OutboxRow(command_id=command_id, run="run-1", chain="run-1>room:x", seq=1, command=message, created_at=NOW)


async def test_message_becomes_an_event_of_the_receiver_and_is_settled_with_it():
    async with Service().alive() as service:
        await service.commit(tell("t1", who="anna"), tell("t2", who="ben"))

        received = [event for event in service.events if event.run == "room:x"]
        assert received == [
            Event(id="t1", type="member.left", payload={"who": "anna"}, run="room:x"),
            Event(id="t2", type="member.left", payload={"who": "ben"}, run="room:x"),
        ]
        assert service.store.rows["room:x"].ver == 2
        assert service.store.outbox == {}
        assert service.carrier.sent == []
        assert service.outbox.is_idle


async def test_notify_goes_outside_is_tried_again_and_holds_nothing_up():
    service = Service(lambda command, attempt: SILENT if command.operation == "notify" and attempt < 3 else ACCEPT)
    async with service.alive():
        await service.commit(
            command("n1", "notify", chain="n"), command("n2", "notify", chain="m"), command("a1", seq=2)
        )
        assert [command_id for command_id, _ in service.sent] == ["n1", "n2", "a1"]

        await service.clock.advance(60)

        assert sorted(service.outcomes) == [("a1", ACCEPTED), ("n1", ACCEPTED), ("n2", ACCEPTED)]


# -- restarts --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "after_s", "sends", "outcome"),
    [
        ("speak", 10, 1, ACCEPTED),
        ("speak", 50, 0, IN_DOUBT),
        ("conference_play", 1, 0, IN_DOUBT),
        ("conference_mute", 50, 1, ACCEPTED),
    ],
)
async def test_crash_between_attempt_and_answer(operation, after_s, sends, outcome):
    first = Service(never)
    async with first.alive():
        await first.commit(command(operation=operation))
        assert first.sent == [("c1", 0)]

    again = Service(store=first.store, clock=FakeClock(NOW + after_s))
    async with again.alive():
        await settle()

        assert again.sent == [("c1", after_s)] * sends
        assert again.outcomes == [("c1", outcome)]
        assert again.store.outbox == {}


async def test_command_that_was_committed_and_never_tried_is_sent_after_a_restart():
    store = MemoryStore()
    await store.apply([Change(event_id="e1", at=NOW, row=Row(run="run-1", ver=1, state="{}"), commands=(command(),))])

    async with Service(store=store, clock=FakeClock(NOW + 5)).alive() as service:
        await settle()

        assert service.sent == [("c1", 5)]
        assert service.outcomes == [("c1", ACCEPTED)]


async def test_tried_command_behind_a_blocked_head_is_in_doubt_and_not_refused():
    store = MemoryStore()
    rows = (command("a1", first_attempt_at=NOW - 1), command("a2", seq=2, first_attempt_at=NOW - 1))
    await store.apply([Change(event_id="e1", at=NOW, row=Row(run="run-1", ver=1, state="{}"), commands=rows)])

    async with Service(lambda command, attempt: SILENT, store=store).alive() as service:
        await service.clock.advance(6)

        assert service.outcomes == [("a2", IN_DOUBT)]


async def test_every_outcome_is_told_with_its_operation():
    meter = ListMeter()
    reply = {"c1": ACCEPT, "c2": BUSY, "c3": UNREACHED}
    async with Service(lambda each, attempt: reply[each.path["id"]], meter=meter).alive() as service:
        for command_id, operation in (("c1", "speak"), ("c2", "hangup"), ("c3", "dial")):
            to = Command(operation=operation, path={"id": command_id})
            await service.commit(replace(command(command_id, chain=command_id), command=to), event_id=command_id)
        await service.clock.advance(60)

    assert meter.about("settled") == [
        ("settled", "speak", ACCEPTED),
        ("settled", "hangup", REFUSED),
        ("settled", "dial", REFUSED),
    ]


async def test_age_of_the_oldest_command_is_known_until_it_is_settled_and_a_notify_does_not_count():
    async with Service(lambda command, attempt: UNREACHED).alive() as service:
        assert service.outbox.oldest_at is None
        await service.commit(command("n1", "notify", chain="n"))
        assert service.outbox.oldest_at is None
        await service.commit(
            replace(command("c1", chain="one"), created_at=NOW - 3), command("c2", chain="two"), event_id="e2"
        )
        assert service.outbox.oldest_at == NOW - 3
        await service.clock.advance(60)

        assert (service.outbox.oldest_at, service.outbox.waiting) == (None, 1)
