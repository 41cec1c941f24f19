"""The fifteen traps that an engine on Telnyx falls into (facts.md, section 8): each quoted, each with its test."""

from __future__ import annotations

import asyncio
import functools
from base64 import b64encode
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
import pytest
from core_stage import AGENTS, OFFICE, Phone, flow, version
from nacl.signing import SigningKey

from engine.check.run import check_files
from engine.core.answer import Answer
from engine.core.change import Change
from engine.core.command import Command, OutboxRow
from engine.core.event import Event
from engine.core.intake import after_defect, decide, route
from engine.core.program import Library
from engine.errors import WebhookRejected
from engine.runtime.clock import Alarms
from engine.runtime.inbox import Inbox
from engine.runtime.outbox import Outbox
from engine.simulator.trouble import Copy, Mishap
from engine.store.sqlite import SqliteStore
from engine.tables import catalogue
from engine.telnyx.signature import verify
from engine.telnyx.webhook import decode
from engine.testing import ACCEPT, FakeClock, MemoryStore, RecordingCarrier, settle

KEY = SigningKey(bytes(range(32)))
SALES = "+15550001111"
MOBILE = "+15557770001"
OPERATIONS = catalogue().operations
# A caller who waits in a state with these steps; each test puts its own in front.
WAITS = "  waits:\n    after: {20m: hangup}\n"


def raw(event_type: str, identity: str, *, wrapped: bool = True, occurred_at: str | None = None, **payload) -> bytes:
    """The bytes of a webhook."""
    event = {"record_type": "event", "event_type": event_type, "id": identity, "payload": payload}
    if occurred_at:
        event["occurred_at"] = occurred_at
    return orjson.dumps({"data": event} if wrapped else event)


def quotes(phone: Phone, call: str) -> dict[str, str]:
    """The ids that webhooks about *call* carry."""
    leg = next(leg for leg in phone.world.legs if leg.call_control_id == call)
    return {"call_control_id": call, "call_leg_id": leg.call_leg_id, "call_session_id": leg.call_session_id}


class Ledger:
    """Nobody listens to the log of these tests."""

    def info(self, event: str, /, **fields: object) -> None: ...

    warning = error = info


class Heart:
    """The pure core with one version of flows, as the service hands it to its inbox."""

    def __init__(self, text: str) -> None:
        library = Library(install="test", catalogue=catalogue(), current=version(text))
        self.route = functools.partial(route, install="test")
        self.decide = functools.partial(decide, library=library)
        self.after_defect = functools.partial(after_defect, library=library)


@asynccontextmanager
async def service_on(path: Path, text: str, clock: FakeClock):
    """The service's real inbox on a database file; yields it and the list of what it committed."""
    store, committed = SqliteStore(path, lock_wait_s=0), []
    await store.open()
    inbox = Inbox(store=store, clock=clock, core=Heart(text), follow=committed.append, log=Ledger())
    running = asyncio.ensure_future(inbox.run())
    try:
        yield inbox, store, committed
    finally:
        running.cancel()
        await store.close()


# -- 1 ---------------------------------------------------------------------------------------------------------

CALL = {
    "call_control_id": "v3:1",
    "call_leg_id": "leg-1",
    "direction": "incoming",
    "to": OFFICE,
    "from": "+34600111222",
}
ANSWERS = flow("  a:\n    do: [answer]\n    then: waits\n" + WAITS)
FLOOR = raw("conference.floor.changed", "e-floor", wrapped=False, conference_id="c-1")


@pytest.mark.parametrize("body", [raw("call.initiated", "e-1", **CALL), FLOOR], ids=["data.id", "top-level id"])
async def test_trap_01_duplicate_events(tmp_path: Path, body: bytes):
    """Duplicate events: durable dedupe on `data.id` (or top-level `id` for floor.changed) before the state machine."""
    clock = FakeClock()
    async with service_on(tmp_path / "ringflow.db", ANSWERS, clock) as (inbox, _, committed):
        await asyncio.gather(*(inbox.submit(decode(body)) for _ in range(3)))
        first = len(committed)
    async with service_on(tmp_path / "ringflow.db", ANSWERS, clock) as (inbox, _, again):
        await inbox.submit(decode(body))

    assert first == 1
    assert again == [Change(event_id="", at=clock.now())]


async def test_trap_01_ids_are_kept_for_the_longest_leg_and_its_retries(tmp_path: Path):
    """Keep ids at least for the longest leg (4 h) + retries."""
    clock = FakeClock()
    async with service_on(tmp_path / "ringflow.db", ANSWERS, clock) as (inbox, store, committed):
        body = raw("call.initiated", "e-1", **CALL)
        await inbox.submit(decode(body))
        await clock.advance(5 * 3600)
        while await store.prune(before=clock.now() - 3600):
            pass

        await inbox.submit(decode(body))

    assert committed[1:] == [Change(event_id="", at=clock.now())]


# -- 2 ---------------------------------------------------------------------------------------------------------

TWO_TEXTS = flow(
    """\
  a:
    do: [answer, {speak: The first text of this call}]
    on: {call.dtmf.received: b}
    then: c
  b:
    do: [{speak: The second text of this call}]
    then: c
  c:
    do: [{log: heard out}]
    then: waits
"""
    + WAITS
)


def test_trap_02_a_late_event_for_a_past_step_is_ignored_by_its_token():
    """Late `answered`/`speak.ended` for a past step is ignored by step token, not by arrival order."""
    phone = Phone(TWO_TEXTS)
    call = phone.calls(wait=1)
    token = phone.leg(call).n
    phone.press(call, "1", wait=1.2)
    assert phone.state(call) == "b"

    phone.webhook("call.speak.ended", call, n=token, status="completed")
    phone.webhook("call.answered", call, n=token)
    phone.wait(0.3)

    assert (phone.state(call), phone.logged()) == ("b", [])


def test_trap_02_terminal_states_win():
    """Terminal states win: what arrives after the hang-up moves nobody."""
    phone = Phone(TWO_TEXTS)
    call = phone.calls()
    phone.webhook("call.initiated", call, direction="incoming", to=OFFICE)
    phone.webhook("call.hangup", call, hangup_cause="normal_clearing")
    sent = phone.did()

    for late in ("call.answered", "call.speak.ended", "call.dtmf.received", "call.initiated"):
        phone.webhook(late, call, direction="incoming", to=OFFICE, digit="1")

    assert (phone.state(call), phone.did()) == ("ended", sent)


def test_trap_02_legs_of_one_session_are_serial_each_for_itself():
    """Serialise per leg (the run of `runtime.md`), never per session: the far leg's hang-up does not end the caller."""
    phone = Phone(
        flow(
            f"""\
  a:
    do: [answer, {{transfer: {{to: "{SALES}", as: sales}}}}]
    on: {{sales.call.hangup: waits}}
    then: waits
"""
            + WAITS
        )
    )
    call = phone.calls(wait=1)
    far = phone.world.ringing[-1]
    assert far.call_session_id == phone.leg(call).call_session_id

    phone.world.refuse(far.call_control_id, phone.now)
    phone.wait(1)

    assert phone.state(call) == "waits"


@pytest.mark.parametrize("where", ["envelope", "payload", "nowhere", "unreadable"])
def test_trap_02_occurred_at_is_a_hint_only(where: str):
    """`occurred_at` (envelope **or** payload, may be absent) is a hint only."""
    phone = Phone(TWO_TEXTS)
    call = phone.calls(wait=1)
    at = "2027-01-15T08:00:05Z"
    times = {"envelope": {"occurred_at": at}, "unreadable": {"occurred_at": "yesterday"}}.get(where, {})
    inside = {"occurred_at": at} if where == "payload" else {}

    event = decode(raw("call.dtmf.received", "e-key", digit="1", **times, **inside, **quotes(phone, call)))
    phone.stage.receive(event)

    assert event.occurred_at == (1_800_000_005.0 if where in ("envelope", "payload") else None)
    assert phone.state(call) == "b"


# -- 3 ---------------------------------------------------------------------------------------------------------


class Ignores:
    """A Telnyx that accepts one operation and then does nothing."""

    def __init__(self, *operations: str) -> None:
        self.operations = operations

    def webhook(self, event_type: str, number: int) -> list[Copy]:
        return [Copy()]

    def request(self, operation: str, number: int, attempt: int) -> Mishap | None:
        return Mishap(kind="ignored") if operation in self.operations else None


@pytest.mark.parametrize(
    ("step", "operation"),
    [
        ("{speak: Hello}", "speak"),
        ("{play: tune}", "playback_start"),
        ("{gather: {speak: Press a key}}", "gather_using_speak"),
        ("{record: {longest: 20s}}", "record_start"),
        ("{enqueue: support}", "enqueue"),
        ('{refer: "sip:anna@example.com"}', "refer"),
    ],
)
def test_trap_03_200_is_not_done(step: str, operation: str):
    """200 is not done: outbox watchdog per command with the expected webhook; on expiry reconcile by GET, then a
    flow-level `timeout` branch."""
    keys = "keys: {nothing: waits}" if "gather" in step else "then: waits"
    phone = Phone(
        flow(
            f'  a:\n    do: [answer, {step}]\n    {keys}\n  broken:\n    do: [{{log: "x"}}]\n    then: waits\n' + WAITS
        )
    )
    phone.world.trouble = Ignores(operation)
    call = phone.calls(wait=1)
    assert (phone.did(call)[-1], phone.state(call)) == (operation, "a")

    phone.wait(950)

    assert phone.reads() == ["call_retrieve"]
    assert phone.errors() == ["no_answer"]
    assert phone.states(call)[1] == "broken"


# -- 4 ---------------------------------------------------------------------------------------------------------

WITHOUT_ID = {
    "client_state_update", "siprec_start", "switch_supervisor_role", "conference_gather_using_audio",
    "conference_hold", "conference_unhold", "conference_mute", "conference_unmute", "conference_play",
    "conference_stop", "conference_send_dtmf", "participant_update", "queue_create", "queue_update", "queue_delete",
    "queued_call_update", "queued_call_remove",
}  # fmt: skip


def test_trap_04_the_17_operations_without_command_id_are_known():
    """Idempotency window 60 s and 17 ops without command_id."""
    found = {name for name, row in OPERATIONS.items() if not row.is_read and not row.takes_command_id}

    assert found == WITHOUT_ID


@asynccontextmanager
async def outbox_with(reply, *commands: OutboxRow, clock: FakeClock | None = None):
    """The service's real outbox with *commands* in it; *reply* is Telnyx."""
    now = 1_800_000_000.0
    clock = clock or FakeClock(now)
    carrier, outcomes = RecordingCarrier(reply, now=clock.now), []
    store, alarms = MemoryStore(), Alarms(clock)
    await store.apply([Change(event_id="e-1", at=now, commands=commands)])

    def post(event: Event, *, settles: tuple[str, ...] = ()) -> asyncio.Future[None]:
        outcomes.append(event)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    outbox = Outbox(
        store=store, clock=clock, alarms=alarms, carrier=carrier, outside=carrier, post=post,
        catalogue=catalogue(), log=Ledger(),
    )  # fmt: skip
    outbox.start((await store.outstanding()).outbox)
    tasks = [asyncio.ensure_future(part) for part in (alarms.run(), outbox.run())]
    try:
        await settle()
        yield clock, carrier, outcomes
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def queued(operation: str, number: int = 1, **fields) -> OutboxRow:
    path = dict.fromkeys(OPERATIONS[operation].path_parameters, "x")
    command = Command(operation=operation, path=path, parameters={})
    return OutboxRow(
        command_id=f"c-{number}", run=f"run-{number}", chain=f"run-{number}", seq=number, command=command,
        created_at=1_800_000_000.0, **fields,
    )  # fmt: skip


@pytest.mark.parametrize("operation", ["conference_play", "conference_send_dtmf", "conference_gather_using_audio"])
@pytest.mark.parametrize("reply", [Answer(status=503, code="10007"), None], ids=["503", "silence"])
async def test_trap_04_what_would_be_heard_twice_is_never_sent_again(operation: str, reply: Answer | None):
    """Never auto-resend conference play / send_dtmf / gather."""

    def telnyx(_command: Command, _attempt: int):
        return reply or asyncio.get_running_loop().create_future()

    async with outbox_with(telnyx, queued(operation)) as (clock, carrier, outcomes):
        await clock.advance(120)

        assert carrier.operations == [operation]
        assert [event.type for event in outcomes] == ["action.in_doubt"]


async def test_trap_04_a_resend_is_identical_and_inside_the_window():
    """Deterministic command_id: the same for each attempt, and none starts when Telnyx may have forgotten it."""
    async with outbox_with(lambda _c, _n: Answer(status=503, code="10007"), queued("speak")) as (clock, carrier, _):
        await clock.advance(120)

        assert len(carrier.sent) > 3
        assert {sending.command_id for sending in carrier.sent} == {"c-1"}
        assert carrier.sent[-1].at - carrier.sent[0].at <= 60


# -- 5 ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["90018", "90015"])
def test_trap_05_errors_after_a_hangup_are_normal(code: str):
    """Race with hangup: 90018/90019/90015-class errors after a hangup are normal."""
    phone = Phone(flow("  a:\n    do: [answer, {speak: Hello}]\n    then: waits\n" + WAITS))
    phone.fail("speak", code)
    phone.world.delay("call.hangup", 0.5)
    call = phone.calls()
    phone.wait(0.08)
    phone.hang_up(call, wait=3)

    assert phone.state(call) == "ended"
    assert phone.left_over() == []
    if code == "90018":  # it says that the hang-up is on its way: the error exit is not taken
        assert phone.states(call) == ["a"]


def test_trap_05_a_room_that_has_ended_is_no_error():
    """Race with hangup: 90019 after the room has gone."""
    phone = Phone(
        flow("  a:\n    do: [answer, {join_conference: team}, {conference_speak: Hello}]\n    then: waits\n" + WAITS)
    )
    phone.fail("conference_speak", "90019")
    call = phone.calls(wait=2)

    assert (phone.state(call), phone.errors()) == ("waits", [])


def test_trap_05_every_state_has_the_hangup_for_an_exit():
    """Every state needs an implicit `call.hangup` exit."""
    steps = ["answer", "{speak: Hello}", "{enqueue: q}", "leave_queue", "{join_conference: r}", "{conference_speak: x}"]
    for count in range(1, len(steps) + 1):
        phone = Phone(flow(f"  a:\n    do: [{', '.join(steps[:count])}]\n    then: waits\n" + WAITS))
        call = phone.calls(wait=0.02 + 0.11 * count)

        phone.hang_up(call, wait=5)

        assert phone.state(call) == "ended"
        assert phone.left_over() == []


def test_trap_05_the_other_legs_ringing_is_cancelled():
    """Cancel the other leg's ringing."""
    phone = Phone(flow(RINGS, roles=AGENT))
    call = phone.calls(wait=1)
    (ringing,) = phone.world.ringing

    phone.hang_up(call, wait=2)

    assert phone.world.look(ringing.call_control_id).state == "ended"


RINGS = f"""\
  a:
    do: [answer, {{dial: {{to: "{MOBILE}", as: agent, ring_for: 30s, from: "{OFFICE}"}}}}]
    on: {{agent.call.hangup: nobody}}
    then: waits
  nobody:
    do: [{{speak: Nobody}}]
    then: waits
{WAITS}"""
AGENT = """\
roles:
  agent:
    anywhere: {on_error: hangup}
    start: b
    states:
      b:
        do: [{speak: Hello}]
        after: {2h: hangup}
"""

# -- 6 ---------------------------------------------------------------------------------------------------------


def test_trap_06_commands_before_answer():
    """Commands before answer (90034): hold outbox commands until `call.answered`."""
    phone = Phone(flow("  a:\n    do: [answer, {speak: Hello}]\n    then: waits\n" + WAITS))
    phone.world.delay("call.answered", 2.0)
    call = phone.calls(wait=1.5)
    assert phone.did(call) == ["answer"]

    phone.wait(5)

    assert phone.did(call) == ["answer", "speak"]
    assert (phone.state(call), phone.errors()) == ("waits", [])


def test_trap_06_a_command_that_was_too_early_waits_for_the_answer():
    """90034: the step begins again at `call.answered`."""
    phone = Phone(
        flow("  a:\n    do: [{telnyx: {operation: send_dtmf, digits: '1'}}, answer]\n    then: waits\n" + WAITS)
    )
    call = phone.calls(wait=2)
    assert phone.did(call) == ["send_dtmf"]

    phone.world.request("POST", f"/calls/{call}/actions/answer", query={}, body={}, now=phone.now)
    phone.wait(2)

    assert phone.did(call) == ["send_dtmf", "send_dtmf"]
    assert phone.errors() == []


# -- 7 ---------------------------------------------------------------------------------------------------------


def test_trap_07_flows_start_for_incoming_calls_only():
    """Outgoing `call.initiated`: start flows only for direction=incoming."""
    phone = Phone(ANSWERS)
    ids = {"call_control_id": "v3:out", "call_leg_id": "leg-out"}

    phone.stage.receive(decode(raw("call.initiated", "e-1", direction="outgoing", to=OFFICE, **ids)))

    assert (phone.did(), phone.stage.rows) == ([], {})


def test_trap_07_two_call_bridged_per_bridge():
    """Two `call.bridged` per bridge: match legs by known ids/client_state/link_to; the second moves nobody."""
    phone = Phone(
        flow(
            f"""\
  a:
    do: [answer, {{transfer: {{to: "{SALES}", as: sales}}}}]
    on:
      sales.call.hangup: waits
      call.bridged: {{do: [{{log: bridged}}]}}
    then: waits
"""
            + WAITS
        )
    )
    call = phone.calls(wait=1)
    phone.world.pick_up(phone.world.ringing[-1].call_control_id, phone.now)
    phone.wait(2)

    told = [line.record["type"] for line in phone.stage.journal if line.kind == "event"]
    assert told.count("call.bridged") == 2
    assert (phone.logged(), phone.state(call)) == (["bridged"], "waits")


# -- 8 ---------------------------------------------------------------------------------------------------------

TAKES = flow(
    """\
  line:
    do: [answer, {enqueue: {queue: support, max_wait: 20m}}]
    on:
      agent.joined: talk
      call.dequeued: {do: [{log: "{{ event.reason }}"}]}
    after: {30m: hangup}
  talk:
    on: {agent.left: line}
    after: {2h: hangup}
""",
    roles=f"""\
roles:
  agent:
    starts_when: {{calls_to: ["{AGENTS}"]}}
    anywhere: {{on_error: {{do: [{{log: "{{{{ event.error.code }}}}"}}], then: hangup}}}}
    start: take
    states:
      take:
        do: [answer, {{bridge: {{queue: support}}}}]
        after: {{2h: hangup}}
""",
)


def test_trap_08_bridge_takes_the_queues_first_call_and_removes_it_even_on_failure():
    """Bridge takes the queue's first call and removes it even on failure; re-enqueue puts the caller at the end."""
    phone = Phone(TAKES)
    first, second = phone.calls(wait=2), phone.calls(from_="+34600111333", wait=2)
    phone.fail("bridge", "90033")

    phone.calls(to=AGENTS, from_="+15552220001", wait=4)

    assert phone.logged() == ["bridging-in-process", "90033"]
    assert phone.world.state()["queues"]["support"] == [second, first]
    assert (phone.state(first), phone.leg(first).links) == ("line", {})


@pytest.mark.parametrize(
    "two", ["queue: q, call_control_id: v3:1", "queue: q, video_room_id: V", "call_control_id: v3:1, video_room_id: V"]
)
def test_trap_08_only_one_of_the_three_may_be_bridged_with(two: str):
    """Only one of call_control_id / queue / video_room_id."""
    two = two.replace("V", "0ccc7b54-4df3-4bca-a65a-3da1ecc777f0")
    text = flow(f"  a:\n    do: [answer, {{telnyx: {{operation: bridge, {two}}}}}]\n    then: waits\n" + WAITS)

    found = [(problem.line, problem.name) for problem in check_files({"desk.flow.yaml": text.encode()})]

    assert found == [(text.splitlines().index("  a:") + 2, "one-of-several")]


# -- 9 ---------------------------------------------------------------------------------------------------------


def test_trap_09_default_hang_up_after_unbridge():
    """Default hang-up after unbridge: without `park_after_unbridge: self` the caller is dropped when the agent
    leaves."""
    phone = Phone(TAKES)
    call = phone.calls(wait=2)
    agent = phone.calls(to=AGENTS, from_="+15552220001", wait=3)
    assert phone.world.look(agent).bridged_with == call

    phone.hang_up(call, wait=2)

    assert phone.parameters("bridge")["park_after_unbridge"] == "self"
    assert phone.world.look(agent).state == "answered"


def test_trap_09_a_failed_transfer_has_a_next_step():
    """Transfer failure leaves leg A silent and parked forever (billing) unless the flow continues."""
    transfer = f"""\
  a:
    do: [answer, {{transfer: {{to: "{SALES}", as: sales}}}}]
    on: {{sales.call.hangup: sorry}}
    then: waits
  sorry:
    do: [{{speak: They do not answer}}]
    then: hangup
"""
    phone = Phone(flow(transfer + WAITS))
    call = phone.calls(wait=1)

    phone.world.refuse(phone.world.ringing[-1].call_control_id, phone.now)
    phone.wait(5)
    forgotten = flow(transfer.replace("    on: {sales.call.hangup: sorry}\n", "") + WAITS)
    found = [problem.name for problem in check_files({"f.flow.yaml": forgotten.encode()})]

    assert (phone.heard(call), phone.state(call)) == (["They do not answer"], "ended")
    assert "no-answer" in found


# -- 10 --------------------------------------------------------------------------------------------------------

LINE = flow(
    """\
  line:
    do: [answer, {enqueue: {queue: support, max_wait: 30s}}]
    on:
      call.dtmf.received: out
      call.dequeued: {do: [{log: "{{ event.reason }}"}]}
    after: {1m: after}
  out:
    do: [leave_queue]
    then: after
  after:
    do: [{speak: You are not in line any more}]
    then: waits
"""
    + WAITS
)


@pytest.mark.parametrize(("reason", "wait_s"), [("timeout", 70), ("leave", 3)])
def test_trap_10_dequeue_reasons_are_not_terminal(reason: str, wait_s: float):
    """Dequeue reasons are not terminal: `timeout` and `leave` leave a live parked call."""
    phone = Phone(LINE)
    call = phone.calls(wait=2)
    if reason == "leave":
        phone.press(call, "1", wait=0)

    phone.wait(wait_s)

    assert phone.heard(call) == ["You are not in line any more"]
    assert (phone.state(call), phone.world.look(call).state) == ("waits", "answered")


def test_trap_10_bridging_in_process_is_not_bridged():
    """`bridging-in-process` is not `bridged`."""
    phone = Phone(TAKES, dequeued_on_bridge="bridging-in-process")
    call = phone.calls(wait=2)

    phone.webhook("call.dequeued", call, queue="support", reason="bridging-in-process", queue_position=1)
    phone.wait(1)

    assert (phone.leg(call).links, phone.states(call)) == ({}, ["line"])
    assert phone.logged() == ["bridging-in-process"]


@pytest.mark.parametrize("order", [("call.dequeued", "call.hangup"), ("call.hangup", "call.dequeued")])
def test_trap_10_hangup_may_come_before_or_after_call_hangup(order: tuple[str, str]):
    """`hangup` may come before or after `call.hangup`."""
    phone = Phone(LINE)
    call = phone.calls(wait=2)
    phone.world.delay(order[1], 1.0)

    phone.hang_up(call, wait=3)

    assert phone.state(call) == "ended"
    assert phone.queue("support")["waiting"] == {}
    assert phone.left_over() == []


# -- 11 --------------------------------------------------------------------------------------------------------


def room_flow(join: str, *more: str, on: str = "", stays: bool = False) -> str:
    """A flow whose callers all go into a room, and wait: in its state or in the next one."""
    steps = ", ".join(["answer", f"join_conference: {join}", *more])
    end = "    after: {1h: waits}\n" if stays else "    then: waits\n"
    return flow(f"  a:\n    do: [{steps}]\n{on}{end}{WAITS}")


def test_trap_11_a_name_that_is_taken():
    """Conference addressing: name collision 90033."""
    phone = Phone(room_flow("team"))
    stranger = phone.calls(to="+15558887777")
    phone.world.request("POST", f"/calls/{stranger}/actions/answer", query={}, body={}, now=phone.now)
    body = {"call_control_id": stranger, "name": "team"}
    made = phone.world.request("POST", "/conferences", query={}, body=body, now=phone.now).body["data"]["id"]

    call = phone.calls(wait=3)

    assert phone.did(call) == ["answer"]
    assert [row.command.path for _, row in phone.rows(operation="conference_join")] == [{"id": made}]
    assert phone.world.look(call).room_name == "team"


def test_trap_11_the_region_goes_with_every_command_about_the_room():
    """Region: a conference lives in one region; the wrong one or none does not find it."""
    phone = Phone(room_flow("{room: team, region: Europe}", "{conference_speak: Hello}", "{conference_mute: me}"))
    phone.calls(wait=4)

    sent = {row.command.operation: row.command.parameters.get("region") for _, row in phone.rows()}
    assert sent == {
        "answer": None, "conference_create": "Europe", "conference_speak": "Europe", "conference_mute": "Europe",
    }  # fmt: skip


def test_trap_11_a_room_that_expires():
    """4-hour/`duration_minutes` expiry: the flow hears that the room has ended."""
    phone = Phone(
        room_flow("{room: team, lasts: 5m}", on="    on: {conference.ended: {do: [{log: over}]}}\n", stays=True)
    )
    call = phone.calls(wait=299)
    assert phone.logged() == []

    phone.wait(5)

    assert phone.logged() == ["over"]
    assert (phone.parameters("conference_create")["duration_minutes"], phone.leg(call).is_in_room) == (5, False)


def test_trap_11_a_full_room():
    """Full 90032: the step's `on_error`."""
    phone = Phone(room_flow("{room: team, max_people: 2}"))
    calls = [phone.calls(from_=f"+3460011100{n}", wait=2) for n in range(3)]

    assert [phone.world.look(call).room_name for call in calls] == ["team", "team", None]
    assert phone.errors() == ["90032"]


def test_trap_11_conference_events_belong_to_the_conference_and_not_to_one_caller():
    """Conference events belong to the conference, not to one caller; room-level speak/playback has no leg."""
    phone = Phone(
        room_flow("team", on="    on: {conference.speak.started: {do: [{log: someone speaks}]}}\n", stays=True)
    )
    for number in range(2):
        phone.calls(from_=f"+3460011100{number}", wait=2)
    room = phone.room("team")["conference_id"]

    phone.stage.receive(decode(raw("conference.speak.started", "e-1", conference_id=room)))
    phone.wait(1)

    assert phone.logged() == ["someone speaks", "someone speaks"]


def test_trap_11_a_room_is_known_by_id_or_name():
    """Id-or-name: the 14 actions that take a name are known, `GET` and participants take the id."""
    named = {name for name, row in OPERATIONS.items() if row.path_id_accepts_name}

    assert len(named) == 14
    assert not named & {
        "conference_end",
        "conference_gather_using_audio",
        "conference_send_dtmf",
        "conference_retrieve",
    }


# -- 12 --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "rule"),
    [
        ("conference_mute", "everybody"),
        ("conference_hold", "everybody"),
        ("{participant_update: {to: me, end_room_on_exit: true}}", "ends-for-everybody"),
    ],
)
def test_trap_12_everybody_is_a_warning(step: str, rule: str):
    """Empty `call_control_ids` = everybody for hold/mute/play/stop; `end_conference_on_exit` hangs everybody up: lint
    warnings."""
    files = {"f.flow.yaml": room_flow("team", step).encode()}

    assert rule in [problem.name for problem in check_files(files) if problem.severity == "warning"]


@pytest.mark.parametrize("verb", ["conference_mute", "conference_hold", "conference_stop", "conference_unmute"])
def test_trap_12_nobody_there_is_never_an_empty_list(verb: str):
    """Empty `call_control_ids` = everybody."""
    phone = Phone(room_flow("team", f"{{{verb}: boss}}"))

    phone.calls(wait=4)

    assert verb not in phone.did()
    assert phone.errors() == ["nobody_there"]


# -- 13 --------------------------------------------------------------------------------------------------------

LATE = """
anywhere:
  on:
    call.recording.saved: {do: [{notify: {to: inbox, what: recording, url: "{{ event.recording_urls.mp3 }}"}}]}
    call.recording.transcription.saved: {do: [{notify: {to: inbox, what: transcription}}]}
    call.cost: {do: [{notify: {to: inbox, what: cost}}]}
    call.conversation_insights.generated: {do: [{notify: {to: inbox, what: insights}}]}
  on_error: broken
"""


def test_trap_13_late_events_after_the_end():
    """Late events after the end: recording.saved, transcription.saved, cost, insights; no call_control_id on
    recording.saved; URLs die in 10 min: keep a tombstone that can still run "on recording" actions."""
    phone = Phone(
        flow("  a:\n    do: [answer, {record: {longest: 5m, during: call}}]\n    then: waits\n" + WAITS, top=LATE)
    )
    call = phone.calls(wait=2)
    leg = phone.leg(call)
    phone.hang_up(call, wait=0.5)
    only_leg = {"call_leg_id": leg.call_leg_id, "call_session_id": leg.call_session_id}

    phone.wait(60)
    late = ("call.recording.transcription.saved", "call.cost", "call.conversation_insights.generated")
    for number, event_type in enumerate(late):
        phone.stage.receive(decode(raw(event_type, f"late-{number}", **only_leg)))
    phone.wait(1)

    told = phone.notified()
    assert [message["what"] for message in told] == ["recording", "transcription", "cost", "insights"]
    assert told[0]["url"].startswith("https://")


# -- 14 --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "seconds_off", "changed", "reason"),
    [
        ((KEY.verify_key,), 301, b"", "stale"),
        ((KEY.verify_key,), -301, b"", "stale"),
        ((KEY.verify_key,), 0, b" ", "forged"),
        ((), 0, b"", "forged"),
    ],
)
def test_trap_14_raw_bytes_300_s_both_ways_and_fail_closed(keys, seconds_off: int, changed: bytes, reason: str):
    """Signature: raw bytes, 300 s both ways, fail closed; the body is no JSON, and nobody has looked."""
    body = b"\xff\x00 no JSON"
    signature = KEY.sign(b"1800000000|" + body).signature
    headers = {"telnyx-timestamp": "1800000000", "telnyx-signature-ed25519": b64encode(signature).decode()}
    verify(body, headers, keys=(KEY.verify_key,), now=1_800_000_000 + 300)

    with pytest.raises(WebhookRejected) as refused:
        verify(body + changed, headers, keys=keys, now=1_800_000_000 + seconds_off)

    assert refused.value.reason == reason


def test_trap_14_the_unwrapped_floor_changed():
    """Envelope: unwrapped floor.changed."""
    assert decode(FLOOR) == Event(id="e-floor", type="conference.floor.changed", payload={"conference_id": "c-1"})


def test_trap_14_v1_webhooks_by_default():
    """V1 webhooks by default: detect v1 bodies and say so."""
    flat = orjson.dumps({"event_type": "call_initiated", "id": "e-1", "payload": {}})

    with pytest.raises(WebhookRejected, match='set webhook_api_version to "2"'):
        decode(flat)


def test_trap_14_unknown_fields_events_and_enum_values_pass():
    """Unknown fields/events/enum values must pass through."""
    text = """\
  a:
    do: [answer]
    on:
      call.brand_new: {do: [{log: new}]}
      call.hold: {do: [{log: held}]}
    after: {20m: hangup}
"""
    phone = Phone(flow(text))
    call = phone.calls(wait=1)
    ids = quotes(phone, call)

    phone.stage.receive(decode(raw("call.brand_new", "e-1", **ids)))
    phone.stage.receive(decode(raw("call.hold", "e-2", codec="PCMU", meta={"attempt": 1}, **ids)))
    phone.stage.receive(decode(raw("call.hangup", "e-3", hangup_cause="brand_new", hangup_source="satellite", **ids)))

    assert (phone.logged(), phone.state(call)) == (["new", "held"], "ended")


# -- 15 --------------------------------------------------------------------------------------------------------


class RestlessClock(FakeClock):
    """As a real clock: it goes on between two looks at it."""

    def now(self) -> float:
        self._now += 1e-6
        return self._now


@pytest.mark.parametrize("kind", [FakeClock, RestlessClock])
async def test_trap_15_dials_are_paced(kind: type[FakeClock]):
    """Dial pacing 30/s (90103): 150 in five seconds."""
    rows = [queued("dial", number) for number in range(400)]
    async with outbox_with(lambda _c, _n: ACCEPT, *rows, clock=kind()) as (clock, carrier, _):
        await clock.advance(20)

        times = [sending.at for sending in carrier.sent]
        assert len(times) == 400
        assert all(later - at >= 5 for at, later in zip(times, times[150:], strict=False))


async def test_trap_15_what_telnyx_throttles_pauses_the_account_and_not_one_call():
    """10011 + x-ratelimit-reset; own retry storms after restart must be paced per account, not per call."""

    def telnyx(_command: Command, _attempt: int) -> Answer:
        if len(carrier.sent) == 1:
            return Answer(status=429, code="10011", retry_after_s=3.0)
        return ACCEPT

    rows = [queued("speak", number) for number in range(100)]
    async with outbox_with(telnyx, rows[0]) as (clock, carrier, _):
        pass
    async with outbox_with(telnyx, *rows) as (clock, carrier, _):
        began = len(carrier.sent)
        await clock.advance(2.9)
        assert len(carrier.sent) == began <= 80  # those that were under way already

        await clock.advance(15)  # one by one, and more with time: nobody has said how many there may be
        assert {sending.command_id for sending in carrier.sent} == {row.command_id for row in rows}


@pytest.mark.parametrize("cause", ["call_rejected", "unspecified"])
def test_trap_15_a_dial_that_fails_downstream_is_shown_only_as_a_hangup(cause: str):
    """Concurrency D1, downstream D13/D38 shown only as hangup."""
    phone = Phone(flow(RINGS, roles=AGENT))
    call = phone.calls(wait=1)

    phone.world.refuse(phone.world.ringing[-1].call_control_id, phone.now, cause)
    phone.wait(5)

    assert (phone.heard(call), phone.errors()) == (["Nobody"], [])
