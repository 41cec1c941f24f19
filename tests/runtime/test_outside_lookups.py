"""http: what is asked outside, what of the answer comes back, and where nothing is ever asked."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from runtime_world import web_server

from engine.core.command import Command
from engine.core.taking import TEXT
from engine.errors import CarrierSilent, CarrierUnreached
from engine.runtime.outside import HttpOutside
from engine.testing import FakeClock

KEY = b"a long random text"


@asynccontextmanager
async def server(answer=lambda request: web.json_response({"name": "Ann", "more": {"id": 7}, "rest": "x"})):
    """A web server on this machine; yields its address and the requests that came."""
    requests: list[tuple[str, str, dict[str, str], bytes]] = []

    async def receive(request: web.Request) -> web.StreamResponse:
        requests.append((request.method, request.raw_path, dict(request.headers), await request.read()))
        return answer(request)

    async with web_server(receive) as address:
        yield address, requests


async def ask(url, *, method="GET", take=("name",), send=None, timeout_s=3.0, hosts=("127.0.0.1",), loopback=True):
    outside = HttpOutside(
        urls={}, hosts=frozenset(hosts), key=KEY, clock=FakeClock(1_800_000_000.0), allow_loopback=loopback
    )
    parameters = {"method": method, "send": send or {}, "take": take, "timeout_s": timeout_s}
    try:
        return await outside.http(Command(operation="http", path={"url": url}, parameters=parameters), command_id="c1")
    finally:
        await outside.aclose()


async def test_only_the_parts_that_are_taken_come_back():
    async with server() as (url, requests):
        answer = await ask(f"{url}/people/%2B34600?x=a%26b", take=["more.id", "name", "absent"])

    assert (answer.status, answer.body) == (200, {"more.id": 7, "name": "Ann"})
    assert [(method, path, body) for method, path, _, body in requests] == [("GET", "/people/%2B34600?x=a%26b", b"")]


async def test_a_value_with_a_slash_stays_one_part_of_the_address():
    async with server() as (url, requests):
        await ask(f"{url}/people/a%2Fb%3Fc/%20")

    assert requests[0][1] == "/people/a%2Fb%3Fc/%20"


async def test_a_post_is_json_and_signed():
    async with server() as (url, requests):
        answer = await ask(f"{url}/calls", method="POST", send={"who": "Zoë", "copies": 2}, take=[])

    [(method, _, headers, body)] = requests
    signed = hmac.new(KEY, b"c1.1800000000." + body, hashlib.sha256).digest()
    assert (method, body) == ("POST", '{"who":"Zoë","copies":2}'.encode())
    assert headers["webhook-signature"] == "v1," + base64.b64encode(signed).decode()
    assert (answer.status, answer.body) == (200, {})


async def test_a_plain_text_comes_back_whole():
    async with server(lambda request: web.Response(text=" We close at noon.\n")) as (url, _):
        answer = await ask(url, take=TEXT)

    assert answer.body == {"text": "We close at noon."}


@pytest.mark.parametrize(
    ("response", "take", "detail"),
    [
        (lambda: web.Response(text="<html>"), ["name"], "the answer is no JSON object"),
        (lambda: web.json_response([1]), ["name"], "the answer is no JSON object"),
        (lambda: web.Response(text="x" * 4097), TEXT, "the answer is over 4 kB long"),
        (lambda: web.Response(body=b"\xff\xfe"), TEXT, "the answer is no text"),
        (lambda: web.json_response({"name": "x" * 65536}), ["name"], "the answer is over 64 KB"),
    ],
)
async def test_an_answer_that_does_not_fit_is_a_refusal(response, take, detail):
    async with server(lambda request: response()) as (url, _):
        answer = await ask(url, take=take)

    assert (answer.status, answer.code, answer.detail) == (400, "unfit", detail)


async def test_errors_and_redirects_come_back_as_they_are():
    for status in (404, 500, 302):
        async with server(lambda request, status=status: web.Response(status=status, headers={"Location": "/x"})) as (
            url,
            requests,
        ):
            answer = await ask(url)

        assert (answer.status, answer.ok, len(requests)) == (status, False, 1)


async def test_a_broken_connection_is_silence_and_nobody_there_is_unreached():
    def hang_up(request: web.Request) -> web.Response:
        request.transport.abort()
        return web.Response()

    async with server(hang_up) as (url, _):
        with pytest.raises(CarrierSilent):
            await ask(url)
    with pytest.raises(CarrierUnreached):
        await ask(url)


async def test_a_server_that_never_answers_is_silence_after_the_lookups_own_timeout():
    over = asyncio.Event()

    async def keep_quiet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    server = await asyncio.start_server(keep_quiet, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        with pytest.raises(CarrierSilent):
            await ask(f"http://127.0.0.1:{port}/", timeout_s=0.05)
    finally:
        over.set()
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize("host", ["crm.example.com", "127.0.0.1.evil.example.com", "localhost"])
async def test_a_host_that_the_project_does_not_name_is_never_asked(host):
    answer = await ask(f"https://{host}/x", hosts=["127.0.0.1"])

    assert (answer.status, answer.code) == (400, "not_sent")
    assert answer.detail == f"{host} is not among http_hosts of project.yaml"


@pytest.mark.parametrize(
    "url",
    ["http://example.com/x", "https://10.0.0.7/x", "https://169.254.169.254/latest/meta-data", "https://[::1]/x",
     "http://127.0.0.1/x", "https://localhost/x"],
)  # fmt: skip
async def test_addresses_that_http_may_not_reach_even_when_the_project_names_them(url):
    hosts = ["example.com", "10.0.0.7", "169.254.169.254", "::1", "127.0.0.1", "localhost"]

    answer = await ask(url, hosts=hosts, loopback=False)

    assert (answer.status, answer.code) == (400, "not_sent")


async def test_a_question_over_64_kb_is_not_sent():
    answer = await ask("https://crm.example.com/", method="POST", send={"x": "x" * 70_000}, hosts=["crm.example.com"])

    assert answer.detail == "the question to crm.example.com is over 64 KB"
