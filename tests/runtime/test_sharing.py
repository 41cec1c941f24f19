"""Several processes at work on one PostgreSQL database: one order for each run, and nothing done twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, asynccontextmanager

from runtime_world import CountingCore, ListLog, running

from engine.core.change import Timer
from engine.core.command import TELL, Command, OutboxRow
from engine.core.event import TIMER, Event
from engine.errors import RunTooNew, StoreUnavailable
from engine.ports import Beat
from engine.runtime.clock import Alarms, SystemClock
from engine.runtime.inbox import Inbox
from engine.runtime.outbox import Outbox
from engine.runtime.sharing import Sharing
from engine.runtime.timers import Timers
from engine.store.postgres import PostgresStore
from engine.store.postgres_lease import LeaseTerms
from engine.tables import catalogue
from engine.testing import RecordingCarrier

TERMS = LeaseTerms(beat_s=0.05, lease_s=2.0, rest_s=0.3)


class Process:
    """Inbox, outbox, timers and lease of one service. Its runs count events, and send what *make* says."""

    def __init__(self, url: str, make: Callable[..., dict] | None, carrier: RecordingCarrier) -> None:
        self.store = PostgresStore(url, terms=TERMS)
        self.clock = SystemClock()
        self.alarms = Alarms(self.clock)
        self.log = ListLog()
        self.core = CountingCore(make=make)
        self.beats: list[Beat] = []
        self.inbox = Inbox(store=self.store, clock=self.clock, core=self.core, follow=self._follow, log=self.log)
        self.outbox = Outbox(
            store=self.store, clock=self.clock, alarms=self.alarms, carrier=carrier, outside=carrier,
            post=self.inbox.post, catalogue=catalogue(), log=self.log,
        )  # fmt: skip
        self.timers = Timers(clock=self.clock, alarms=self.alarms, post=self.inbox.post)
        self.sharing = Sharing(
            shared=self.store.shared, clock=self.clock, outbox=self.outbox, timers=self.timers, log=self.log,
            follow=self._note_beat, trouble=self.inbox.note_trouble,
        )  # fmt: skip

    def _follow(self, change) -> None:
        self.timers.follow(change)
        self.outbox.follow(change)

    async def _note_beat(self, beat: Beat) -> None:
        self.beats.append(beat)

    @asynccontextmanager
    async def alive(self):
        await self.store.open()
        try:
            async with running(self.alarms.run(), self.inbox.run(), self.outbox.run(), self.sharing.run()):
                yield self
        finally:
            await self.store.close()


@asynccontextmanager
async def processes(url: str, number: int, *, make=None, carrier: RecordingCarrier | None = None):
    async with AsyncExitStack() as stack:
        found = [Process(url, make, carrier or RecordingCarrier()) for _ in range(number)]
        for process in found:
            await stack.enter_async_context(process.alive())
        yield found


async def until(condition: Callable[[], bool], *, within_s: float = 20.0) -> None:
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def speak(run: str, name: str, seq: int, at: float) -> OutboxRow:
    told = Command(operation="speak", path={"call_control_id": run}, parameters={"payload": name, "voice": "x"})
    return OutboxRow(command_id=name, run=run, chain=run, seq=seq, command=told, created_at=at)


async def row_of(process: Process, run: str):
    return (await process.store.load(event_ids=(), keys=(), runs=(run,))).rows.get(run)


async def test_events_of_one_run_that_come_everywhere_at_once_all_count(postgres_url):
    async with processes(postgres_url, 3) as found:
        for number in range(60):
            await found[number % 3].inbox.submit(Event(id=f"early-{number}", type="x", payload={"leg": "anna"}))
        await asyncio.gather(
            *(
                process.inbox.post(Event(id=f"{name}-{number}", type="x", run="run-anna"))
                for name, process in enumerate(found)
                for number in range(100)
            )
        )
        row = await row_of(found[0], "run-anna")

    assert row.ver == 360
    assert not any(process.core.defects for process in found)


async def test_commands_of_one_run_go_out_in_order_whoever_decides_on_them(postgres_url):
    clock = SystemClock()

    def make(event: Event, ver: int) -> dict:
        if event.type != "say":
            return {}
        return {"commands": tuple(speak("run-anna", f"c{ver * 10 + n}", ver * 10 + n, clock.now()) for n in range(2))}

    carrier = RecordingCarrier()
    async with processes(postgres_url, 3, make=make, carrier=carrier) as found:
        for number in range(60):
            found[number % 3].inbox.post(Event(id=f"say-{number}", type="say", run="run-anna"))
            if number % 7 == 0:
                await asyncio.sleep(0.01)
        await until(lambda: len({sending.command_id for sending in carrier.sent}) == 120)
        await until(lambda: all(process.outbox.waiting == 0 for process in found))

    names = [sending.command_id for sending in carrier.sent]
    assert len(names) == len(set(names))
    assert names == sorted(names, key=lambda name: int(name[1:]))


async def test_messages_from_one_run_to_another_arrive_in_order(postgres_url):
    clock, heard = SystemClock(), []

    def make(event: Event, ver: int) -> dict:
        if event.type == "heard":
            heard.append(event.payload["n"])
        if event.type != "tell":
            return {}
        path, parameters = {"run": "run-ben"}, {"type": "heard", "payload": {"n": ver}}
        told = Command(operation=TELL, path=path, parameters=parameters)
        chain = "run-anna>run-ben"
        at = clock.now()
        return {
            "commands": (
                OutboxRow(command_id=f"t{ver}", run="run-anna", chain=chain, seq=ver, command=told, created_at=at),
            )
        }

    async with processes(postgres_url, 3, make=make) as found:
        for number in range(90):
            found[number % 3].inbox.post(Event(id=f"tell-{number}", type="tell", run="run-anna"))
        await until(lambda: len(set(heard)) == 90)
        row = await row_of(found[0], "run-ben")

    assert row.ver == 90  # each was committed once
    assert list(dict.fromkeys(heard)) == sorted(set(heard))


async def test_what_a_process_that_hangs_had_to_send_is_sent_by_another(postgres_url):
    clock = SystemClock()
    slow = RecordingCarrier(lambda command, attempt: asyncio.get_running_loop().create_future())
    quick = RecordingCarrier()

    def make(event: Event, ver: int) -> dict:
        return {"commands": (speak("run-anna", f"c{ver}", ver, clock.now()),)} if event.type == "say" else {}

    async with AsyncExitStack() as stack:
        stuck = Process(postgres_url, make, slow)
        await stack.enter_async_context(stuck.alive())
        for number in range(3):
            await stuck.inbox.post(Event(id=f"say-{number}", type="say", run="run-anna"))
        await until(lambda: bool(slow.sent))
        stuck.store._lease._connection.terminate()
        stuck.sharing.beat = _never  # it has no connection any more, and does not find its way back
        await stack.enter_async_context(Process(postgres_url, make, quick).alive())
        await until(lambda: len(quick.sent) == 3)

    assert [sending.command_id for sending in quick.sent] == ["c1", "c2", "c3"]
    assert {sending.command_id for sending in slow.sent} == {"c1"}


async def _never() -> None:
    raise StoreUnavailable("cut off")


async def test_timer_of_a_process_that_is_gone_fires_in_another_once(postgres_url):
    fired: list[str] = []
    at = SystemClock().now() + 0.5

    def make(event: Event, ver: int) -> dict:
        if event.type == TIMER:
            fired.append(event.id)
            return {}
        return {"timer": Timer("run-anna", at, 1)}

    async with AsyncExitStack() as stack:
        gone = Process(postgres_url, make, RecordingCarrier())
        async with gone.alive():
            await gone.inbox.post(Event(id="begin", type="x", run="run-anna"))
        for _ in range(2):
            process = Process(postgres_url, make, RecordingCarrier())
            await stack.enter_async_context(process.alive())
        await until(lambda: bool(fired))
        late_s = SystemClock().now() - at
        row = await row_of(process, "run-anna")

    assert set(fired) == {"timer:run-anna:1"}
    assert late_s < 2.5
    assert row.ver >= 2


async def test_event_of_a_run_that_a_newer_process_wrote_is_left_to_that_one(postgres_url):
    async with processes(postgres_url, 2) as (old, new):
        decide = old.core.decide
        reads = {"run-ben"}

        def refuse(event, row, *, run, now):
            if run not in reads:
                raise RunTooNew("a newer version of ringflow has written this call, and goes on with it")
            return decide(event, row, run=run, now=now)

        old.core.decide = refuse
        webhook = Event(id="e1", type="x", payload={"leg": "anna"})
        try:
            await old.inbox.submit(webhook)
            raise AssertionError("taken")
        except StoreUnavailable as error:
            told = str(error)
        ours = old.inbox.post(Event(id="outcome", type="x", run="run-anna"))
        await old.inbox.submit(Event(id="e2", type="x", payload={"leg": "ben"}))
        await new.inbox.submit(webhook)
        assert (await row_of(new, "run-anna")).ver == 1
        reads.add("run-anna")
        await asyncio.wait_for(ours, 10)
        row = await row_of(new, "run-anna")

    assert told == "a newer version of ringflow goes on with this call"
    assert row.ver == 2
    assert old.core.defects == []
