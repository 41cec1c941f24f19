"""What people do around the simulated Telnyx, over HTTP: every act of /sim, and what is said about a wrong one."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from functools import partial

import pytest
from http_line import Inbox, get, post, simulator
from simulated_line import CALLER, OFFICE

from engine.simulator.acts import ACTS
from engine.simulator.options import Options
from engine.simulator.running import ManualClock
from engine.simulator.trouble import Chaos
from engine.simulator.world import World
from engine.tables import catalogue

CALL = {"from": CALLER, "to": OFFICE}
FAR = "+15550001111"
START = 1_800_000_000.0


async def call_in(server, client) -> str:
    """Somebody has called and was answered."""
    leg = (await post(client, f"{server.control_url}/calls", **CALL))["call_control_id"]
    await post(client, f"{server.url}/calls/{leg}/actions/answer")
    return leg


async def ring(server, client, to: str = FAR) -> str:
    """Somebody is rung."""
    body = {"connection_id": "1", "to": to, "from": OFFICE}
    return (await post(client, f"{server.url}/calls", **body))["data"]["call_control_id"]


async def state_of(server, client, leg: str) -> tuple[str, str]:
    calls = (await get(client, f"{server.control_url}/calls"))["calls"]
    return next((call["state"], call["cause"]) for call in calls if call["leg"]["call_control_id"] == leg)


async def told(server, client) -> list[tuple[str, str, str]]:
    entries = (await get(client, f"{server.control_url}/record"))["entries"]
    return [(entry["kind"], entry["leg"], entry["what"]) for entry in entries]


def standing_still(**options):
    """A simulator whose time stands still: (server, client) in ``async with``."""
    return partial(simulator, clock=ManualClock(START), **options)


async def test_people_call_press_speak_and_hang_up():
    async with simulator(Inbox()) as (server, client):
        leg = await call_in(server, client)
        await post(client, f"{server.control_url}/calls/{leg}/press", digits="12", gap_s=0)
        await post(client, f"{server.control_url}/calls/{leg}/speak", text="Hello", seconds=2)
        await post(client, f"{server.control_url}/calls/{leg}/hangup")
        lines = await told(server, client)

        assert await state_of(server, client, leg) == ("ended", "normal_clearing")

    for line in (("presses", leg, "1"), ("presses", leg, "2"), ("says", leg, "Hello"), ("state", leg, "hung up")):
        assert line in lines


async def test_a_caller_has_a_name_and_ids():
    inbox = Inbox()
    async with simulator(inbox) as (server, client):
        leg = await post(client, f"{server.control_url}/calls", caller_id_name="Ann", **CALL)
        payload = (await inbox.next())[0]["data"]["payload"]

    assert leg.keys() == {
        "call_control_id",
        "call_leg_id",
        "call_session_id",
        "connection_id",
        "from",
        "to",
        "direction",
    }
    assert payload["caller_id_name"] == "Ann"
    assert {name: payload[name] for name in leg} == leg


async def test_the_far_end_picks_up_refuses_or_lets_it_ring():
    async with simulator(Inbox()) as (server, client):
        taken, busy, gone, ringing = [await ring(server, client) for _ in range(4)]
        sim = server.control_url
        await post(client, f"{sim}/calls/{taken}/answer")
        await post(client, f"{sim}/calls/{busy}/refuse")
        await post(client, f"{sim}/calls/{gone}/refuse", cause="not_found")
        await post(client, f"{sim}/calls/{ringing}/ignore")
        states = [await state_of(server, client, leg) for leg in (taken, busy, gone, ringing)]
        listed = (await get(client, f"{sim}/calls?state=ringing"))["calls"]

    assert states == [("answered", ""), ("ended", "user_busy"), ("ended", "not_found"), ("ringing", "")]
    assert [call["leg"]["call_control_id"] for call in listed] == [ringing]


async def test_a_machine_is_told_from_a_person():
    inbox = Inbox()
    async with standing_still()(inbox) as (server, client):
        body = {"connection_id": "1", "to": FAR, "from": OFFICE, "answering_machine_detection": "detect"}
        leg = (await post(client, f"{server.url}/calls", **body))["data"]["call_control_id"]
        await post(client, f"{server.control_url}/calls/{leg}/answer", machine=True)
        await post(client, f"{server.control_url}/time", advance_s=10)
        bodies = [(await inbox.next())[0]["data"] for _ in range(3)]

    assert (bodies[2]["event_type"], bodies[2]["payload"]["result"]) == ("call.machine.detection.ended", "machine")


async def test_an_ai_is_told_what_it_asks_for():
    inbox = Inbox()
    async with simulator(inbox) as (server, client):
        leg = await call_in(server, client)
        await post(client, f"{server.url}/calls/{leg}/actions/gather_using_ai", parameters={"properties": {}})
        await post(client, f"{server.control_url}/calls/{leg}/tell_ai", result={"name": "Ann"})
        async with asyncio.timeout(10):
            while (body := (await inbox.next())[0]["data"])["event_type"] != "call.ai_gather.ended":
                pass

    assert body["payload"]["result"] == {"name": "Ann"}


async def test_far_ends_pick_up_by_themselves_unless_told_otherwise():
    async with standing_still()(Inbox(), answer_after_s=1.0) as (server, client):
        alone, refuses, ignores = [await ring(server, client) for _ in range(3)]
        await post(client, f"{server.control_url}/time", advance_s=0.9)
        before = [await state_of(server, client, leg) for leg in (alone, refuses, ignores)]
        await post(client, f"{server.control_url}/calls/{refuses}/refuse", cause="no_answer")
        await post(client, f"{server.control_url}/calls/{ignores}/ignore")
        await post(client, f"{server.control_url}/time", advance_s=0.1)
        after = [await state_of(server, client, leg) for leg in (alone, refuses, ignores)]

    assert before == [("ringing", "")] * 3
    assert after == [("answered", ""), ("ended", "no_answer"), ("ringing", "")]


async def test_who_picks_up_can_be_changed_for_all_or_for_one_number():
    async with standing_still()(Inbox(), answer_after_s=1.0) as (server, client):
        people = f"{server.control_url}/people"
        await post(client, people, answer_after_s=None)
        await post(client, people, answer_after_s=5, number=FAR)
        shown = await get(client, people)
        slow, never = await ring(server, client), await ring(server, client, "+15550002222")
        await post(client, f"{server.control_url}/time", advance_s=4)
        early = await state_of(server, client, slow)
        await post(client, f"{server.control_url}/time", advance_s=20)
        states = [await state_of(server, client, leg) for leg in (slow, never)]

    assert shown == {"answer_after_s": None, "numbers": {FAR: 5}}
    assert early == ("ringing", "")
    assert states == [("answered", ""), ("ringing", "")]


async def test_time_that_stands_still_passes_when_it_is_told_to():
    inbox = Inbox()
    async with standing_still()(inbox) as (server, client):
        await ring(server, client)
        shortly_before = await post(client, f"{server.control_url}/time", advance_s=29.5)
        rung = (await inbox.next())[0]["data"]["event_type"]
        was_quiet = inbox.received.empty()
        await post(client, f"{server.control_url}/time", advance_s=0.5)
        ended = (await inbox.next())[0]["data"]

    assert shortly_before == {"now": START + 29.5}
    assert (rung, was_quiet) == ("call.initiated", True)
    assert (ended["event_type"], ended["payload"]["hangup_cause"]) == ("call.hangup", "timeout")
    assert ended["occurred_at"] == "2027-01-15T08:00:30.000000Z"


async def test_time_waits_for_those_who_answer_a_webhook():
    """A program that hangs up when a text has ended does so at that moment, not when the minute is over."""
    acting = []

    class Program(Inbox):
        async def take(self, request):
            if (await request.json())["data"]["event_type"] == "call.speak.ended":
                [(server, client, leg)] = acting
                await post(client, f"{server.url}/calls/{leg}/actions/hangup")
            return await super().take(request)

    async with standing_still(options={"speed": 1.0})(Program()) as (server, client):
        leg = await call_in(server, client)
        acting.append((server, client, leg))
        await post(client, f"{server.url}/calls/{leg}/actions/speak", payload="Hello", voice="v")
        await post(client, f"{server.control_url}/time", advance_s=60)
        entries = (await get(client, f"{server.control_url}/record"))["entries"]

    assert [entry["at"] for entry in entries if entry["what"] == "hung up"] == [START + 0.5]


async def test_real_time_passes_by_itself():
    async with simulator(Inbox()) as (server, client):
        answer = await post(client, f"{server.control_url}/time", 400, advance_s=60)

    assert answer == {"error": "time passes by itself here; start with --clock manual to move it yourself"}


async def test_single_faults_are_made():
    inbox = Inbox()
    async with standing_still()(inbox) as (server, client):
        sim = server.control_url
        await post(client, f"{sim}/fail", operation="queue_create", status=429, code="10011", headers={"x-a": "b"})
        refused = await client.post(f"{server.url}/queues", json={"queue_name": "q"})
        await post(client, f"{server.url}/queues", queue_name="q")
        await post(client, f"{sim}/delay", event_type="call.initiated", by_s=1)
        await post(client, f"{sim}/calls", **CALL)
        await post(client, f"{sim}/time", advance_s=0.9)
        was_late = inbox.received.empty()
        await post(client, f"{sim}/time", advance_s=0.1)
        first, _ = await inbox.next()
        await post(client, f"{sim}/repeat")
        again, _ = await inbox.next()
        await post(client, f"{sim}/send", event_type="call.enqueued", fields={"queue": "q"})
        sent, _ = await inbox.next()

    assert (refused.status, refused.headers["x-a"]) == (429, "b")
    assert was_late
    assert first["data"] == again["data"]
    assert sent["data"]["payload"] == {"queue": "q"}


async def test_chaos_is_shown_set_and_ended():
    async with simulator(Inbox()) as (server, client):
        server.world.trouble = Chaos(drop=0.5, seed=7)
        chaos = f"{server.control_url}/chaos"
        before = await get(client, chaos)
        after = await post(client, chaos, error=1, slow_s=0.5)
        failed = await client.get(f"{server.url}/queues")
        calm = await post(client, chaos)

    assert (before["drop"], before["seed"]) == (0.5, 7)
    assert (after["drop"], after["error"], after["slow_s"], after["seed"]) == (0.0, 1, 0.5, 7)
    assert failed.status in (500, 503)
    assert calm == asdict(Chaos(seed=7))


async def test_a_reset_begins_anew_with_the_same_ids():
    inbox = Inbox()

    def new_world(start: float) -> World:
        return World(catalogue(), seed=3, options=Options(webhook_delay_s=0.0), start=start)

    async with standing_still()(inbox, renew=new_world) as (server, client):
        sim = server.control_url
        await post(client, f"{sim}/reset")
        first = await post(client, f"{sim}/calls", **CALL)
        await post(client, f"{server.url}/queues", queue_name="q")
        await post(client, f"{sim}/people", answer_after_s=9)
        await post(client, f"{sim}/time", advance_s=100)
        await post(client, f"{sim}/reset")
        state, people = await get(client, f"{sim}/state"), await get(client, f"{sim}/people")
        second = await post(client, f"{sim}/calls", **CALL)

    assert state == {"now": START, "calls": [], "queues": {}, "rooms": {}, "undelivered": []}
    assert people == {"answer_after_s": None, "numbers": {}}
    assert second == first


async def test_a_reset_ends_a_minute_that_is_passing():
    inbox = Inbox()
    is_reset = asyncio.Event()

    class Program(Inbox):
        async def take(self, request):
            await is_reset.wait()
            return await inbox.take(request)

    async with standing_still()(Program()) as (server, client):
        await post(client, f"{server.control_url}/calls", **CALL)
        passing = asyncio.create_task(post(client, f"{server.control_url}/time", advance_s=60))
        await server.change()
        await post(client, f"{server.control_url}/reset")
        is_reset.set()

        assert (await passing)["now"] == START


async def test_a_reset_sends_nothing_again_that_was_under_way():
    inbox = Inbox(*[500] * 100)
    async with standing_still()(inbox) as (server, client):
        await post(client, f"{server.control_url}/calls", **CALL)
        await inbox.next()
        await post(client, f"{server.control_url}/reset")
        await server.drain()

        assert server.undelivered == []


async def test_the_record_can_be_waited_for():
    async with simulator(Inbox()) as (server, client):
        sim = server.control_url
        assert await get(client, f"{sim}/record?wait_s=0.01") == {"entries": [], "next": 0}
        waiting = asyncio.create_task(get(client, f"{sim}/record?since=0&wait_s=30"))
        await asyncio.sleep(0)
        await post(client, f"{sim}/calls", **CALL)

        async with asyncio.timeout(10):
            assert (await waiting)["entries"][0]["what"] == "calls"
        assert (await get(client, f"{sim}/record?since=1000&wait_s=30"))["entries"] == []


async def test_all_that_can_be_asked_for_is_listed():
    async with simulator(Inbox()) as (server, client):
        listed = (await get(client, server.control_url))["requests"]

    assert [row["request"] for row in listed] == [f"{act.method} {act.path}" for act in ACTS]
    [press] = [row for row in listed if row["request"].endswith("press")]
    assert press == {
        "request": "POST /sim/calls/{leg}/press",
        "about": "they press keys",
        "fields": {
            "digits": 'the keys, such as "12#"; a text',
            "gap_s": "seconds between two keys, 0.3 unless said; a number from 0 to 60",
        },
    }


WRONG = {
    "calls": {
        "{}": 'from is missing: the number that calls, such as "+34600111222"',
        '{"form": "+1"}': "there is no 'form' here; did you mean 'from'?",
        '{"colour": "red"}': "there is no 'colour' here; what may stand here: from, to, caller_id_name",
        '{"from": 5, "to": "+1"}': "from must be a text, not 5",
        "[]": "the body must be a JSON object, such as {}",
    },
    "calls/v3:none/hangup": {
        "{}": "there is no call v3:none",
        '{"now": true}': "there is no 'now' here; nothing may stand here",
    },
    "calls/v3:none/refuse": {
        '{"cause": "busy"}': "cause must be one of user_busy, call_rejected, no_answer, not_found, unspecified, "
        'not "busy"'
    },
    "calls/v3:none/answer": {'{"machine": 1}': "machine must be true or false, not 1"},
    "calls/v3:none/press": {'{"digits": "1", "gap_s": -1}': "gap_s must be a number from 0 to 60, not -1"},
    "calls/v3:none/tell_ai": {'{"result": "Ann"}': 'result must be an object, or null, not "Ann"'},
    "people": {"{}": "answer_after_s is missing: seconds until they pick up; null: they let it ring"},
    "time": {'{"advance_s": true}': "advance_s must be a number from 0 to 604800, not true"},
    "chaos": {
        '{"dorp": 0.1}': "there is no 'dorp' here; did you mean 'drop'?",
        '{"drop": 1.5}': "drop must be a number from 0 to 1, not 1.5",
    },
    "fail": {
        '{"operation": "speek", "status": 422, "code": "1"}': "Telnyx has no operation 'speek'; did you mean 'speak'?",
        '{"operation": "speak", "status": 200, "code": "1"}': "status must be a whole number from 400 to 599, not 200",
        '{"operation": "speak", "status": 422, "code": "1", "times": 0}': "times must be a whole number, "
        "1 or more, not 0",
    },
    "delay": {'{"event_type": "call.dance", "by_s": 1}': "Telnyx has no event 'call.dance'"},
    "send": {'{"event_type": "call.enqueued", "fields": {"colour": 1}}': "call.enqueued has no field colour"},
    "repeat": {"{}": "no webhook was sent yet"},
}


@pytest.mark.parametrize(
    ("path", "body", "sentence"), [(p, b, s) for p, rows in WRONG.items() for b, s in rows.items()]
)
async def test_what_is_wrong_is_said_in_one_sentence(path, body, sentence):
    async with simulator(Inbox()) as (server, client):
        answer = await client.post(f"{server.control_url}/{path}", data=body)

        assert (answer.status, await answer.json()) == (400, {"error": sentence})


async def test_a_body_that_is_no_json_is_said():
    async with simulator(Inbox()) as (server, client):
        answer = await client.post(f"{server.control_url}/calls", data="from=+34600111222")

        assert answer.status == 400
        assert (await answer.json())["error"].startswith("the body is not JSON: ")


@pytest.mark.parametrize(
    ("method", "path", "sentence"),
    [
        ("POST", "/call", "there is no POST /sim/call; did you mean 'POST /sim/calls'?"),
        ("PUT", "/nowhere", "there is no PUT /sim/nowhere; GET /sim lists what there is"),
    ],
)
async def test_a_request_that_does_not_exist_gets_the_nearest_one(method, path, sentence):
    async with simulator(Inbox()) as (server, client):
        answer = await client.request(method, f"{server.control_url}{path}")

        assert (answer.status, await answer.json()) == (404, {"error": sentence})


async def test_a_token_protects_people_and_is_the_api_key():
    async with simulator(Inbox(), token="quite-secret") as (server, client):
        listed = await get(client, f"{server.url}/queues")
        await post(client, f"{server.control_url}/calls", **CALL)
        refused = await client.post(f"{server.control_url}/calls", headers={"Authorization": "Bearer wrong"})
        unknown = await client.get(f"{server.control_url}/nowhere", headers={"Authorization": ""})

        assert server.api_key == "quite-secret"

    assert listed["data"] == []
    assert (refused.status, unknown.status) == (401, 401)
    assert "Authorization: Bearer TOKEN" in (await refused.json())["error"]
