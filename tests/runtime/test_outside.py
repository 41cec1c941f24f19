"""notify: what is sent, how it is signed, and where it never goes."""

from __future__ import annotations

import base64
import hashlib
import hmac
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from runtime_world import web_server

from engine.core.command import Command
from engine.errors import CarrierSilent, CarrierUnreached
from engine.runtime.outside import HttpOutside
from engine.testing import FakeClock

KEY = b"a long random text"


@asynccontextmanager
async def receiver(answer=lambda request: web.Response(status=202, text="thanks")):
    """A web server on this machine; yields its URL and the requests that came."""
    requests: list[tuple[dict[str, str], bytes]] = []

    async def receive(request: web.Request) -> web.StreamResponse:
        requests.append((dict(request.headers), await request.read()))
        return answer(request)

    async with web_server(receive) as address:
        yield address, requests


async def notify(urls, *, allow_loopback=True, key=KEY, **parameters):
    outside = HttpOutside(urls=urls, key=key, clock=FakeClock(1_800_000_000.0), allow_loopback=allow_loopback)
    command = Command(operation="notify", path={"to": "crm"}, parameters=parameters)
    try:
        return await outside.notify(command, command_id="c1")
    finally:
        await outside.aclose()


async def test_message_arrives_signed_with_its_time_and_id():
    async with receiver() as (url, requests):
        answer = await notify({"crm": f"{url}/calls"}, caller="+15550001111", who="Zoë")

    [(headers, body)] = requests
    signed = hmac.new(KEY, b"c1.1800000000." + body, hashlib.sha256).digest()
    assert (answer.status, answer.ok) == (202, True)
    assert body == '{"caller":"+15550001111","who":"Zoë"}'.encode()
    assert headers["webhook-id"] == "c1"
    assert headers["webhook-timestamp"] == "1800000000"
    assert headers["webhook-signature"] == "v1," + base64.b64encode(signed).decode()
    assert headers["Content-Type"] == "application/json"


async def test_message_without_a_key_has_no_signature():
    async with receiver() as (url, requests):
        await notify({"crm": url}, key=None)

    assert "webhook-signature" not in requests[0][0]


async def test_redirect_is_not_followed():
    async with receiver(lambda request: web.Response(status=307, headers={"Location": "/elsewhere"})) as (
        url,
        requests,
    ):
        answer = await notify({"crm": url})

    assert (answer.status, len(requests)) == (307, 1)


async def test_refusal_and_its_waiting_time_come_back():
    async with receiver(lambda request: web.Response(status=429, headers={"Retry-After": "7"})) as (url, _):
        answer = await notify({"crm": url})

    assert (answer.status, answer.retry_after_s) == (429, 7.0)


async def test_nobody_there_is_unreached_and_a_broken_connection_is_silence():
    def hang_up(request: web.Request) -> web.Response:
        request.transport.abort()
        return web.Response()

    async with receiver(hang_up) as (url, _):
        with pytest.raises(CarrierSilent):
            await notify({"crm": url})
    with pytest.raises(CarrierUnreached):
        await notify({"crm": url})


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/x",
        "https://10.0.0.7/x",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/x",
        "https://[::ffff:127.0.0.1]/x",
        "https://[fe80::1]/x",
        "https://[64:ff9b::7f00:1]/x",
        "https://0.0.0.0/x",
        "https://100.64.0.1/x",
        "https://224.0.0.1/x",
        "https://localhost/x",
        "http://example.com/x",
        "http://localhost/x",
        "ftp://example.com/x",
    ],
)
async def test_addresses_that_notify_may_not_reach(url):
    answer = await notify({"crm": url}, allow_loopback=False)

    assert (answer.status, answer.code) == (400, "not_sent")


@pytest.mark.parametrize("url", ["http://10.0.0.7/", "https://10.0.0.7/", "http://example.com/"])
async def test_loopback_alone_is_allowed_where_loopback_is(url):
    assert (await notify({"crm": url})).code == "not_sent"


async def test_name_of_this_machine_is_resolved_and_then_used():
    async with receiver() as (url, requests):
        answer = await notify({"crm": url.replace("127.0.0.1", "localhost")})

    assert (answer.status, len(requests)) == (202, 1)


async def test_unknown_name_and_oversized_message_are_not_sent():
    assert (await notify({})).detail == "'crm' is no address of notify in project.yaml"
    assert (await notify({"crm": "https://example.com/"}, text="x" * 70_000)).detail.endswith("is over 64 KB")
