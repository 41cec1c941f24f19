"""The client against a real HTTP server on this machine."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote

import pytest
from aiohttp import web

from engine.core.answer import Answer
from engine.core.catalogue import Operation
from engine.core.command import Command
from engine.errors import CarrierSilent, CarrierUnreached, DefectError
from engine.ports import Carrier
from engine.tables import catalogue
from engine.telnyx.client import TelnyxClient

KEY = "KEY0123-very-secret"
CALL = "v3:2EC-70/CT+Ejl=?"
Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]


@contextlib.asynccontextmanager
async def api(answer: Answering, slash: str = "", **settings: Any) -> AsyncIterator[TelnyxClient]:
    """A Telnyx that answers every request with *answer*, and a client of it."""
    runner = web.ServerRunner(web.Server(answer, access_log=None))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    client = client_of(site.port, slash, **settings)
    try:
        yield client
    finally:
        await client.aclose()
        await runner.cleanup()


def client_of(port: int, slash: str = "", **settings: Any) -> TelnyxClient:
    url = f"http://127.0.0.1:{port}/v2{slash}"
    return TelnyxClient(api_url=url, api_key=KEY, catalogue=catalogue(), **settings)


class Recorder:
    """Notes each request and answers *body* with *status*."""

    def __init__(self, body: Any = None, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.requests: list[tuple[str, str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self._answer = (body if body is not None else {"data": {"result": "ok"}}, status, headers)

    async def __call__(self, request: web.BaseRequest) -> web.Response:
        body = await request.json() if request.can_read_body else None
        self.requests.append((request.method, request.rel_url.raw_path_qs, body))
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        content, status, headers = self._answer
        return web.json_response(content, status=status, headers=headers)


SPEAK = Command(operation="speak", path={"call_control_id": CALL}, parameters={"payload": "hi", "voice": "female"})


@pytest.mark.parametrize("slash", ["", "/"])
async def test_a_command_is_one_request_with_its_id_and_the_key(slash):
    telnyx = Recorder()
    async with api(telnyx, slash) as client:
        carrier: Carrier = client

        answer = await carrier.send(SPEAK, command_id="c1")

    assert answer == Answer(status=200, body={"data": {"result": "ok"}})
    [(method, path, body)] = telnyx.requests
    assert (method, body) == ("POST", {"payload": "hi", "voice": "female", "command_id": "c1"})
    assert [unquote(part) for part in path.split("/")] == ["", "v2", "calls", CALL, "actions", "speak"]
    assert telnyx.headers[0]["authorization"] == f"Bearer {KEY}"
    assert telnyx.headers[0]["content-type"] == "application/json"


@pytest.mark.parametrize("operation", catalogue().operations.values(), ids=lambda operation: operation.name)
async def test_every_operation_of_the_catalogue_can_be_sent(operation: Operation):
    telnyx = Recorder()
    values = {name: f"a/{name} ü" for name in operation.path_parameters}
    async with api(telnyx) as client:
        answer = await client.send(Command(operation=operation.name, path=values), command_id="c1")

    [(method, path, body)] = telnyx.requests
    assert answer.ok
    assert method == operation.method
    assert path.count("/") == "/v2".count("/") + operation.path.count("/")
    assert all(f"a%2F{name}%20%C3%BC" in path for name in values)
    if method in ("GET", "DELETE"):
        assert body is None
    else:
        assert body == ({"command_id": "c1"} if operation.takes_command_id else {})


async def test_nested_queries_are_written_in_brackets():
    telnyx = Recorder({"data": []})
    async with api(telnyx) as client:
        await client.read(
            "participant_list",
            {"conference_id": "c"},
            {"filter": {"muted": True}, "page": {"number": 2}, "region": None},
        )
        await client.read("conference_list", query={"filter": {"name": "a&b=c", "occurred_at": {"gte": "x"}}})

    paths = [path.replace("%5B", "[").replace("%5D", "]") for _, path, _ in telnyx.requests]
    assert paths == [
        "/v2/conferences/c/participants?filter[muted]=true&page[number]=2",
        "/v2/conferences?filter[name]=a%26b%3Dc&filter[occurred_at][gte]=x",
    ]


async def test_frozen_parameters_are_written_as_json():
    telnyx = Recorder()
    parameters = MappingProxyType({"to": ("+1", "+2"), "deep": MappingProxyType({"a": 1})})
    async with api(telnyx) as client:
        await client.send(Command(operation="dial", parameters=parameters), command_id="c1")

    assert telnyx.requests[0][2] == {"to": ["+1", "+2"], "deep": {"a": 1}, "command_id": "c1"}


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ({"call_control_id": ""}, {}),
        ({"call_control_id": ".."}, {}),
        ({"call_control_id": "."}, {}),
        ({"call_control_id": "\ud800"}, {}),
        ({"call_control_id": "x" * 70_000}, {}),
        ({"call_control_id": "x"}, {"payload": object()}),
        ({"call_control_id": "x"}, {"payload": "\ud800"}),
    ],
)
async def test_what_cannot_be_written_as_a_request_is_refused_and_not_sent(path, parameters):
    telnyx = Recorder()
    async with api(telnyx) as client:
        answer = await client.send(Command(operation="speak", path=path, parameters=parameters), command_id="c1")

    assert (answer.status, answer.code, telnyx.requests) == (400, "not_sent", [])
    assert "speak" in answer.detail


@pytest.mark.parametrize("command", [Command(operation="tell"), Command(operation="speak")])
async def test_a_command_that_telnyx_does_not_have_is_a_defect_of_ours(command):
    client = client_of(1)

    with pytest.raises(DefectError):
        await client.send(command, command_id="c1")


async def test_a_refusal_is_an_answer():
    errors = [{"code": "90018", "title": "Call has already ended", "detail": "too late"}]
    async with api(Recorder({"errors": errors}, 422)) as client:
        answer = await client.send(SPEAK, command_id="c1")

    assert (answer.status, answer.code, answer.title, answer.detail) == (
        422,
        "90018",
        "Call has already ended",
        "too late",
    )


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "2"}, 2.0),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"x-ratelimit-reset": "9"}, 9.0),
        ({"Retry-After": "Tue, 14 Nov 2023 22:13:50 GMT"}, 30.0),
    ],
)
async def test_a_throttled_command_says_how_long_to_wait(headers, seconds):
    telnyx = Recorder({"errors": [{"code": "10011", "title": "Too many requests"}]}, 429, headers)
    async with api(telnyx, wall_clock=lambda: 1_700_000_000.0) as client:
        answer = await client.send(SPEAK, command_id="c1")

    assert (answer.is_throttled, answer.retry_after_s, len(telnyx.requests)) == (True, seconds, 1)


async def test_a_page_of_html_is_an_answer_and_is_asked_for_once():
    requests = []

    async def broken(request: web.Request) -> web.Response:
        requests.append(request)
        return web.Response(status=500, text="<html>sorry</html>", content_type="text/html")

    async with api(broken) as client:
        answer = await client.send(SPEAK, command_id="c1")

    assert answer == Answer(status=500, title="Internal Server Error")
    assert len(requests) == 1


async def test_a_redirect_is_not_followed():
    telnyx = Recorder({}, 302, {"Location": "/elsewhere"})
    async with api(telnyx) as client:
        answer = await client.send(SPEAK, command_id="c1")

    assert (answer.status, len(telnyx.requests)) == (302, 1)


async def test_an_endless_answer_is_not_read_to_its_end():
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            while True:
                await response.write(bytes(100_000))
        return response

    async with api(endless) as client:
        answer = await client.send(SPEAK, command_id="c1")

    assert answer == Answer(status=200)


async def test_a_refused_connection_left_no_byte():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        client = client_of(taken.getsockname()[1])

        with pytest.raises(CarrierUnreached, match=r"127\.0\.0\.1 cannot be reached"):
            await client.send(SPEAK, command_id="c1")

    await client.aclose()


async def test_waiting_for_a_free_connection_left_no_byte():
    asked, release = asyncio.Event(), asyncio.Event()

    async def held(request: web.Request) -> web.Response:
        asked.set()
        await release.wait()
        return web.json_response({})

    async with api(held, max_connections=1, attempt_s=0.5) as client:
        first = asyncio.create_task(client.send(SPEAK, command_id="c1"))
        await asked.wait()

        with pytest.raises(CarrierUnreached):
            await client.send(SPEAK, command_id="c2")

        with pytest.raises(CarrierSilent):
            await first
        release.set()


async def test_no_answer_in_time_is_silence():
    release = asyncio.Event()

    async def slow(request: web.Request) -> web.Response:
        await release.wait()
        return web.json_response({})

    async with api(slow, attempt_s=0.1) as client:
        with pytest.raises(CarrierSilent, match=r"127\.0\.0\.1 did not answer within 0\.1 seconds"):
            await client.send(SPEAK, command_id="c1")
        release.set()


async def test_an_answer_that_trickles_is_silence():
    release = asyncio.Event()

    async def trickling(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"{")
        await release.wait()
        return response

    async with api(trickling, attempt_s=0.1) as client:
        with pytest.raises(CarrierSilent):
            await client.send(SPEAK, command_id="c1")
        release.set()


@pytest.mark.parametrize("part", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{", b"no HTTP at all\r\n\r\n"])
@pytest.mark.parametrize("is_reset", [True, False])
async def test_a_connection_that_breaks_after_the_request_is_silence(part, is_reset):
    requests = []

    async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(part)
        await writer.drain()
        if is_reset:
            linger = struct.pack("ii", 1, 0)  # closing then sends RST instead of FIN
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.close()

    server = await asyncio.start_server(break_off, "127.0.0.1", 0)
    client = client_of(server.sockets[0].getsockname()[1])

    with pytest.raises(CarrierSilent, match=r"127\.0\.0\.1 broke off without an answer"):
        await client.send(SPEAK, command_id="c1")

    assert len(requests) == 1
    await client.aclose()
    server.close()


async def test_the_key_shows_nowhere():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        client = client_of(taken.getsockname()[1])
        try:
            await client.send(SPEAK, command_id="c1")
        except CarrierUnreached as error:
            shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())

    await client.aclose()
    assert KEY not in shown
    assert KEY not in repr(client)
    assert KEY not in str(vars(client))


async def test_a_listing_is_read_to_its_end():
    async def listing(request: web.Request) -> web.Response:
        number = int(request.query["page[number]"])
        meta = {"page_number": number, "total_pages": 3}
        return web.json_response({"data": [{"id": f"{request.query['page[size]']}-{number}"}], "meta": meta})

    async with api(listing) as client:
        found = [page.items[0]["id"] async for page in client.pages("queue_list")]
        two = [page async for page in client.pages("queue_list", max_pages=2)]

    assert found == ["250-1", "250-2", "250-3"]
    assert len(two) == 2


async def test_a_listing_that_is_refused_ends_there():
    telnyx = Recorder({"errors": [{"code": "10009", "title": "Authentication failed"}]}, 401)
    async with api(telnyx) as client:
        pages = [page async for page in client.pages("queue_list")]

    assert [page.code for page in pages] == ["10009"]


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="SKIPPED: this system has no TCP_USER_TIMEOUT")
async def test_nothing_of_a_request_that_was_given_up_is_transmitted_later():
    async with api(Recorder(), attempt_s=3.5) as client:
        await client.send(SPEAK, command_id="c1")
        port = int(client._root.rpartition(":")[2].partition("/")[0])

        found = [limit for peer, limit in user_timeouts_ms() if peer == port]

    assert found == [3500]


def user_timeouts_ms() -> list[tuple[int, int]]:
    """Return the port of the other end and the TCP_USER_TIMEOUT of each connection of this process."""
    found = []
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(int(number))) as line:
            limit = line.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
            found.append((line.getpeername()[1], limit))
    return found
