"""The simulated Telnyx over HTTP: the key, the signed webhooks, the retries, the trouble on the line."""

from __future__ import annotations

import time
from urllib.parse import parse_qsl

import aiohttp
import pytest
from http_line import Inbox, get, post, simulator
from simulated_line import CALLER, OFFICE

from engine.errors import SettingsError, WebhookRejected
from engine.simulator.deliveries import Destination
from engine.simulator.options import Options
from engine.simulator.server import SimulatorServer
from engine.simulator.trouble import Chaos
from engine.simulator.world import World
from engine.tables import catalogue
from engine.telnyx.signature import parse_public_keys, verify

CALL = {"from": CALLER, "to": OFFICE}


async def test_a_wrong_key_is_refused():
    async with simulator(Inbox()) as (server, client):
        for key in ("Bearer wrong", "KEY_SIMULATED", "Bearer schlüssel"):
            answer = await client.get(f"{server.url}/conferences", headers={"Authorization": key})

            assert (answer.status, (await answer.json())["errors"][0]["code"]) == (401, "10009")


@pytest.mark.parametrize("raw", [b"{", b"[]", b'{"queue_name": NaN}', b"[" * 100_000])
async def test_a_body_that_is_no_object_is_refused(raw):
    async with simulator(Inbox()) as (server, client):
        answer = await client.post(f"{server.url}/queues", data=raw)

        assert (answer.status, (await answer.json())["errors"][0]["code"]) == (400, "10015")


async def test_a_client_that_forgot_v2_is_told():
    async with simulator(Inbox()) as (server, client):
        body = await get(client, server.url.removesuffix("v2") + "queues", 404)

    assert body["errors"][0]["detail"].startswith("There is no /queues here: Telnyx's API is under /v2")


async def test_an_address_in_use_is_said_in_one_sentence():
    async with simulator(Inbox()) as (server, _):
        listen = server.url.removeprefix("http://").removesuffix("/v2")
        with pytest.raises(SettingsError) as told:
            await SimulatorServer(World(catalogue()), listen=listen).__aenter__()

    assert str(told.value) == (
        f"another program listens on {listen} already; choose another port, such as --listen 127.0.0.1:8401"
    )


async def test_it_listens_on_ipv6_too():
    async with SimulatorServer(World(catalogue()), listen="[::1]:0") as server, aiohttp.ClientSession() as client:
        assert server.control_url.startswith("http://[::1]:")
        assert await get(client, f"{server.control_url}/calls") == {"calls": []}


async def test_a_webhook_is_sent_until_it_is_taken_with_one_id_and_a_fresh_signature():
    inbox = Inbox(503, 302)
    async with simulator(inbox) as (server, client):
        await post(client, f"{server.control_url}/calls", **CALL)

        raw = [await inbox.received.get() for _ in range(3)]
        key = parse_public_keys(server.public_key)

    for body, headers in raw:
        verify(body, headers, keys=key, now=time.time())
    with pytest.raises(WebhookRejected):
        verify(raw[1][0], raw[0][1], keys=key, now=time.time())
    assert {headers["path"] for _, headers in raw} == {"/webhooks"}
    assert raw[0][1]["User-Agent"] == "telnyx-webhooks"


async def test_attempts_are_counted_and_say_where_they_went():
    inbox = Inbox(503, 500)
    async with simulator(inbox) as (server, client):
        await post(client, f"{server.control_url}/calls", **CALL)

        bodies = [(await inbox.next())[0] for _ in range(3)]

    assert [body["meta"] for body in bodies] == [
        {"attempt": attempt, "delivered_to": bodies[0]["meta"]["delivered_to"]} for attempt in (1, 2, 3)
    ]
    assert bodies[0]["meta"]["delivered_to"].endswith("/webhooks")
    assert len({body["data"]["id"] for body in bodies}) == 1


async def test_what_nobody_takes_goes_to_the_failover_address():
    inbox = Inbox(*[500] * 4)
    async with simulator(inbox, has_failover=True) as (server, client):
        await post(client, f"{server.control_url}/calls", **CALL)
        await server.drain()
        tries = [await inbox.next() for _ in range(5)]

        assert server.undelivered == []

    assert [headers["path"] for _, headers in tries] == ["/webhooks"] * 3 + ["/failover"] * 2
    assert [body["meta"]["attempt"] for body, _ in tries] == [1, 2, 3, 4, 5]


async def test_a_leg_has_addresses_and_retries_of_its_own():
    inbox = Inbox(200, *[500] * 3)
    async with simulator(inbox) as (server, client):
        root = server.webhook_url.removesuffix("/webhooks")
        await post(client, f"{server.control_url}/calls", **CALL)
        await inbox.next()
        leg = server.world.legs[0].call_control_id
        await post(
            client,
            f"{server.url}/calls/{leg}/actions/answer",
            webhook_urls={"call.answered": [f"{root}/a", f"{root}/b"]},
            webhook_retries_policies={"call.answered": {"retries_ms": [1]}},
        )
        tries = [await inbox.next() for _ in range(4)]
        await server.drain()

        assert server.undelivered == []

    assert [headers["path"] for _, headers in tries] == ["/a", "/a", "/b", "/b"]
    assert [body["meta"]["attempt"] for body, _ in tries] == [1, 2, 3, 4]


async def test_a_get_webhook_carries_its_payload_in_the_query():
    inbox = Inbox()
    async with simulator(inbox) as (server, client):
        await post(client, f"{server.control_url}/calls", **CALL)
        await inbox.next()
        leg = server.world.legs[0].call_control_id
        url = server.webhook_url + "?tenant=7"
        await post(client, f"{server.url}/calls/{leg}/actions/answer", webhook_url=url, webhook_url_method="GET")
        body, headers = await inbox.received.get()
        verify(body, headers, keys=parse_public_keys(server.public_key), now=time.time())

        fields = {"custom_headers": [{"name": "X-Id", "value": "7"}]}
        sent = {"event_type": "call.hangup", "call_control_id": leg, "fields": fields}
        await post(client, f"{server.control_url}/send", **sent)
        with_list = dict(parse_qsl((await inbox.received.get())[1]["query"]))

    assert with_list["data[payload][custom_headers][0][value]"] == "7"
    query = dict(parse_qsl(headers["query"]))
    assert (headers["method"], body) == ("GET", b"")
    assert query["tenant"] == "7"
    assert query["data[event_type]"] == "call.answered"
    assert query["data[payload][call_control_id]"] == leg
    assert query["meta[delivered_to]"] == url


async def test_a_try_can_have_an_id_of_its_own():
    inbox = Inbox(500)
    async with simulator(inbox, options={"retry_id": "new"}) as (server, client):
        await post(client, f"{server.control_url}/calls", **CALL)
        first, second = [(await inbox.next())[0]["data"] for _ in range(2)]

    assert first["id"] != second["id"]
    assert first | {"id": ""} == second | {"id": ""}


async def test_a_webhook_that_nobody_takes_is_given_up_and_seen_in_the_state():
    inbox = Inbox(*[500] * 3)
    async with simulator(inbox) as (server, client):
        leg = await post(client, f"{server.control_url}/calls", **CALL)
        await server.drain()
        [given_up] = (await get(client, f"{server.control_url}/state"))["undelivered"]

        assert [webhook.event_type for webhook in server.undelivered] == ["call.initiated"]

    assert given_up == {
        "id": (await inbox.next())[0]["data"]["id"],
        "event_type": "call.initiated",
        "call_control_id": leg["call_control_id"],
    }


async def test_a_webhook_without_a_receiver_is_given_up():
    webhooks = Destination(url="http://127.0.0.1:1/", retry_delays_s=())
    world = World(catalogue(), options=Options(webhook_delay_s=0.0))
    async with SimulatorServer(world, webhooks=webhooks) as server:
        world.call(from_=CALLER, to=OFFICE, now=time.time())
        server.settle()
        await server.drain()

        assert len(server.undelivered) == 1


async def test_things_happen_by_themselves_in_real_time():
    inbox = Inbox()
    async with simulator(inbox, options={"webhook_delay_s": 0.001}) as (server, client):
        leg = (await post(client, f"{server.control_url}/calls", **CALL))["call_control_id"]
        await post(client, f"{server.url}/calls/{leg}/actions/answer")
        await post(client, f"{server.url}/calls/{leg}/actions/speak", payload="Hello", voice="v")

        types = {(await inbox.next())[0]["data"]["event_type"] for _ in range(4)}

    assert types == {"call.initiated", "call.answered", "call.speak.started", "call.speak.ended"}


async def test_a_connection_that_breaks_gets_no_byte_of_an_answer_and_the_request_is_done():
    async with simulator(Inbox()) as (server, client):
        server.world.trouble = Chaos(reset=1.0)
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await client.post(f"{server.url}/queues", json={"queue_name": "support"})
        server.world.trouble = Chaos()

        assert (await get(client, f"{server.url}/queues/support"))["data"]["name"] == "support"


async def test_a_slow_answer_comes_late_and_the_request_is_done_at_once():
    async with simulator(Inbox()) as (server, client):
        server.world.trouble = Chaos(slow=1.0, slow_s=3600.0)
        with pytest.raises(TimeoutError):
            await client.post(
                f"{server.url}/queues", json={"queue_name": "support"}, timeout=aiohttp.ClientTimeout(total=0.3)
            )
        server.world.trouble = Chaos()

        assert (await get(client, f"{server.url}/queues/support"))["data"]["name"] == "support"


async def test_refusals_by_chance_carry_telnyxs_status_code_and_headers():
    async with simulator(Inbox()) as (server, client):
        server.world.trouble = Chaos(throttle=1.0)
        throttled = await client.get(f"{server.url}/queues")
        server.world.trouble = Chaos(error=1.0)
        failed = {(await client.get(f"{server.url}/queues")).status for _ in range(20)}

    assert throttled.status == 429
    assert (throttled.headers["x-ratelimit-remaining"], throttled.headers["x-ratelimit-reset"]) == ("0", "1")
    assert failed == {500, 503}


async def test_a_lost_webhook_never_comes_and_a_doubled_one_comes_twice():
    inbox = Inbox()
    async with simulator(inbox) as (server, client):
        server.world.trouble = Chaos(drop=1.0)
        lost = await post(client, f"{server.control_url}/calls", **CALL)
        server.world.trouble = Chaos(duplicate=1.0)
        await post(client, f"{server.control_url}/calls", **CALL)
        bodies = [(await inbox.next())[0] for _ in range(2)]

    assert bodies[0]["data"] == bodies[1]["data"]
    assert bodies[0]["data"]["payload"]["call_control_id"] != lost["call_control_id"]
