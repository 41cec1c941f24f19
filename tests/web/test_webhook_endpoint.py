"""The public listener over real sockets: what is committed, what is refused, and that each refusal leaves one line."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import aiohttp
import pytest
from nacl.signing import SigningKey

from engine.core.event import Event
from engine.errors import SettingsError, StoreUnavailable
from engine.ports import Meter
from engine.telnyx.signature import verify
from engine.telnyx.webhook import decode
from engine.web.app import build_app
from engine.web.limits import Limits
from engine.web.server import PublicServer, serve_public

SIGNING_KEY = SigningKey(bytes(range(32)))
NOW = 1_700_000_000.0
BODY = json.dumps({"data": {"event_type": "call.answered", "id": "e1", "payload": {"to": "+15550100"}}}).encode()
EVENT = Event(id="e1", type="call.answered", payload={"to": "+15550100"})


def signed(body: bytes = BODY, at: int = int(NOW)) -> dict[str, str]:
    signature = SIGNING_KEY.sign(f"{at}|".encode() + body).signature
    return {
        "telnyx-signature-ed25519": b64encode(signature).decode(),
        "telnyx-timestamp": str(at),
        "content-type": "application/json",
    }


def request_bytes(body: bytes = BODY, **headers: str) -> bytes:
    """A whole HTTP request, to be written to a socket in pieces."""
    lines = {"host": "x", "content-length": str(len(body)), **signed(body), **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST /webhooks/telnyx HTTP/1.1\r\n{head}\r\n".encode() + body


@dataclass
class Engine(Meter):
    """What stands behind the listener: notes events, log lines and counts, and answers as it is told."""

    outcome: bool | Exception = True
    ready: bool = True
    is_full: bool = False
    submitted: list[Event] = field(default_factory=list)
    lines: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    counts: list[tuple[str, str]] = field(default_factory=list)
    line_written: asyncio.Event = field(default_factory=asyncio.Event)
    entered: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    committed: asyncio.Event = field(default_factory=asyncio.Event)
    is_slow: bool = False

    async def submit(self, event: Event) -> bool:
        self.entered.set()
        if self.is_slow:
            await self.go_on.wait()
        if isinstance(self.outcome, Exception):
            raise self.outcome
        self.submitted.append(event)
        self.committed.set()
        return self.outcome

    def warning(self, event: str, /, **fields: Any) -> None:
        self.lines.append((event, fields))
        self.line_written.set()

    error = warning

    def webhook(self, event_type: str, result: str) -> None:
        self.counts.append((event_type, result))

    def defect(self, where: str) -> None:
        self.counts.append(("defect", where))

    @property
    def reasons(self) -> list[str]:
        return [fields["reason"] for _, fields in self.lines]


@contextlib.asynccontextmanager
async def listening(engine: Engine, **limits: Any) -> AsyncIterator[PublicServer]:
    bounds = Limits(**limits)
    app = build_app(
        verify=partial(verify, keys=(SIGNING_KEY.verify_key,), now=NOW),
        decode=decode,
        submit=engine.submit,
        is_ready=lambda: engine.ready,
        sheds=lambda raw: engine.is_full,
        log=engine,
        meter=engine,
        limits=bounds,
    )
    server = await serve_public(app, "127.0.0.1:0", limits=bounds)
    try:
        async with asyncio.timeout(30):
            yield server
    finally:
        await server.close()


async def post(server: PublicServer, body: Any = BODY, headers: dict[str, str] | None = None) -> tuple[int, str]:
    url = f"http://127.0.0.1:{server.port}/webhooks/telnyx"
    sent = signed() if headers is None else headers
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=sent) as response:
        return response.status, (await response.text()).strip()


async def talk(server: PublicServer) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", server.port)


async def read_to_end(reader: asyncio.StreamReader) -> bytes:
    """Return what came until the server closed the connection, politely or not."""
    try:
        return await reader.read()
    except ConnectionError:
        return b""


async def test_a_genuine_webhook_is_committed_and_then_answered():
    engine = Engine()
    async with listening(engine) as server:
        answer = await post(server)

    assert answer == (200, "ok")
    assert engine.submitted == [EVENT]
    assert (engine.lines, engine.counts) == ([], [("call.answered", "committed")])


async def test_nothing_is_answered_before_the_commit():
    engine = Engine(is_slow=True)
    async with listening(engine) as server:
        posting = asyncio.create_task(post(server))
        await engine.entered.wait()

        assert not posting.done()

        engine.go_on.set()
        assert await posting == (200, "ok")


def other_time(seconds: int) -> dict[str, str]:
    return signed(at=int(NOW) + seconds)


V1 = b'{"event_type":"call_initiated","id":"e1","payload":{}}'
REFUSED = {
    "unsigned": (BODY, {"content-type": "application/json"}, 401),
    "forged": (BODY + b" ", signed(), 401),
    "stale": (BODY, other_time(-301), 401),
    "malformed-signature": (BODY, signed() | {"telnyx-signature-ed25519": "x"}, 400),
    "malformed-time": (BODY, signed() | {"telnyx-timestamp": "x"}, 400),
    "not-json": (b"CallSid=1", signed(b"CallSid=1"), 400),
    "not-an-object": (b"[]", signed(b"[]"), 400),
    "no-event-type": (b"{}", signed(b"{}"), 400),
    "api-version-1": (V1, signed(V1), 400),
    "compressed": (gzip.compress(BODY), signed(gzip.compress(BODY)) | {"content-encoding": "gzip"}, 415),
    "too-large": (bytes(1_000_001), signed(bytes(1_000_001)), 413),
}


@pytest.mark.parametrize("reason", REFUSED)
async def test_what_is_not_a_webhook_is_refused_with_one_line_and_without_its_body(reason):
    body, headers, status = REFUSED[reason]
    engine = Engine()
    async with listening(engine) as server:
        answered, text = await post(server, body, headers)

    [(event, fields)] = engine.lines
    assert (answered, fields["status"], fields["reason"]) == (status, status, reason)
    assert (event, fields["problem"], fields["remote"]) == ("webhook_refused", text, "127.0.0.1")
    assert engine.counts == [("", reason)]
    assert engine.submitted == []
    assert "+15550100" not in str(fields)


async def test_a_body_of_the_largest_size_is_read():
    body = BODY + b" " * (1_000_000 - len(BODY))
    engine = Engine()
    async with listening(engine) as server:
        assert await post(server, body, signed(body)) == (200, "ok")

    assert engine.submitted == [EVENT]


async def test_a_length_over_the_limit_is_refused_before_the_body_is_sent():
    engine = Engine()
    async with listening(engine, linger_s=0.1) as server:
        reader, writer = await talk(server)
        writer.write(request_bytes(b"", **{"content-length": "1000001"}))

        answer = await read_to_end(reader)
        writer.close()

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert engine.reasons == ["too-large"]


async def test_a_streamed_body_over_the_limit_is_refused_while_it_streams():
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(65_536)

    engine = Engine()
    async with listening(engine, linger_s=0.05) as server:
        with contextlib.suppress(aiohttp.ClientError):
            status, _ = await post(server, endless())
            assert status == 413

    assert engine.reasons == ["too-large"]
    assert engine.submitted == []


async def test_a_streamed_body_below_the_limit_is_committed():
    async def pieces() -> AsyncIterator[bytes]:
        yield BODY[:10]
        yield BODY[10:]

    engine = Engine()
    async with listening(engine) as server:
        assert await post(server, pieces()) == (200, "ok")

    assert engine.submitted == [EVENT]


async def test_a_truncated_body_is_refused():
    engine = Engine()
    async with listening(engine) as server:
        _, writer = await talk(server)
        writer.write(request_bytes()[:-5])
        await writer.drain()
        writer.close()
        await engine.line_written.wait()

    assert engine.reasons == ["incomplete"]
    assert engine.submitted == []


async def test_malformed_chunks_are_refused():
    engine = Engine()
    async with listening(engine) as server:
        reader, writer = await talk(server)
        head = request_bytes(b"").replace(b"content-length: 0", b"transfer-encoding: chunked")
        writer.write(head + b"zz\r\n")

        answer = await read_to_end(reader)
        writer.close()

    assert b" 400 " in answer.split(b"\r\n")[0]
    assert engine.submitted == []


async def test_a_sender_that_goes_away_cancels_nothing():
    engine = Engine(is_slow=True)
    async with listening(engine) as server:
        _, writer = await talk(server)
        writer.write(request_bytes())
        await engine.entered.wait()
        writer.transport.abort()
        async with asyncio.timeout(10):
            while len(server.connections):  # noqa: ASYNC110 (nothing tells a client what its server has noticed)
                await asyncio.sleep(0)
        engine.go_on.set()
        await engine.committed.wait()

    assert engine.submitted == [EVENT]


@pytest.mark.parametrize(
    ("outcome", "status", "reason"),
    [
        (False, 503, "shed"),
        (StoreUnavailable("the disk is full"), 503, "store-unavailable"),
        (TimeoutError(), 503, "not-committed"),
    ],
)
async def test_what_is_not_committed_is_asked_for_again(outcome, status, reason):
    engine = Engine(outcome=outcome)
    async with listening(engine) as server:
        answered, _ = await post(server)

    assert answered == status
    assert engine.reasons == [reason]
    assert engine.counts == [("call.answered", reason)]


async def test_a_defect_is_one_line_and_no_traceback_for_the_sender():
    engine = Engine(outcome=RuntimeError("secret detail"))
    async with listening(engine) as server:
        answer = await post(server)

    assert answer == (500, "the engine failed")
    [(event, fields)] = engine.lines
    assert event == "webhook_failed"
    assert fields["exception"].splitlines()[-1].startswith("RuntimeError in ")
    assert "secret detail" not in str(fields)
    assert engine.counts == [("call.answered", "failed"), ("defect", "webhook")]


async def test_a_full_service_refuses_before_it_checks_the_signature():
    engine = Engine(is_full=True)
    async with listening(engine) as server:
        answered, _ = await post(server, BODY, {})

    assert answered == 503
    assert engine.reasons == ["shed"]


@pytest.mark.parametrize(
    ("method", "path", "ready", "status", "text"),
    [
        ("GET", "/healthz", False, 200, "true"),
        ("GET", "/readyz", True, 200, "true"),
        ("GET", "/readyz", False, 503, "false"),
        ("GET", "/", True, 404, None),
        ("GET", "/metrics", True, 404, None),
        ("POST", "/webhooks/telnyx/", True, 404, None),
        ("GET", "/webhooks/telnyx", True, 405, None),
    ],
)
async def test_there_are_three_addresses_and_nothing_else(method, path, ready, status, text):
    async with (
        listening(Engine(ready=ready)) as server,
        aiohttp.ClientSession() as session,
        session.request(method, f"http://127.0.0.1:{server.port}{path}") as response,
    ):
        assert response.status == status
        assert text is None or (await response.text()).strip() == text


@pytest.mark.parametrize("part", [b"", b"POST /webhooks/telnyx HT", request_bytes()[:60], request_bytes()[:-1]])
async def test_a_request_that_does_not_become_complete_is_cut_off(part):
    engine = Engine()
    async with listening(engine, receive_s=0.2) as server:
        reader, writer = await talk(server)
        writer.write(part)

        assert await read_to_end(reader) == b""
        writer.close()

    assert engine.submitted == []
    assert engine.reasons == (["incomplete"] if part == request_bytes()[:-1] else [])


@pytest.mark.parametrize(
    "whole", [request_bytes(**{f"x-{n}": "y" * 8_000 for n in range(100)}), request_bytes(bytes(900_000))]
)
async def test_a_trickling_request_is_cut_off_although_its_bytes_keep_coming(whole):
    engine = Engine()
    async with listening(engine, receive_s=0.2) as server:
        reader, writer = await talk(server)
        ended = asyncio.create_task(read_to_end(reader))
        for place in range(len(whole) - 1):
            if ended.done() or writer.is_closing():
                break
            writer.write(whole[place : place + 1])
            await asyncio.sleep(0)

        assert await ended == b""
        writer.close()

    assert engine.submitted == []


async def test_the_second_request_of_a_connection_has_the_same_limit():
    engine = Engine()
    async with listening(engine, receive_s=0.2, idle_s=60.0) as server:
        reader, writer = await talk(server)
        writer.write(request_bytes())
        assert (await reader.readuntil(b"ok\n")).startswith(b"HTTP/1.1 200 ")
        writer.write(request_bytes()[:40])

        assert await read_to_end(reader) == b""
        writer.close()

    assert engine.submitted == [EVENT]


async def test_an_idle_connection_is_closed():
    async with listening(Engine(), receive_s=0.2, idle_s=0.1) as server:
        reader, writer = await talk(server)
        writer.write(request_bytes())
        await reader.readuntil(b"ok\n")

        assert await read_to_end(reader) == b""
        writer.close()


async def test_work_on_a_complete_request_is_not_cut_off():
    engine = Engine(is_slow=True)
    async with listening(engine, receive_s=0.05) as server:
        posting = asyncio.create_task(post(server))
        await engine.entered.wait()
        reader, writer = await talk(server)
        await read_to_end(reader)  # another connection has waited longer than the limit
        writer.close()

        engine.go_on.set()
        assert await posting == (200, "ok")


@pytest.mark.parametrize("part", [b"", request_bytes()[:-1]])
async def test_a_thousand_idle_connections_do_no_harm(part):
    engine = Engine()
    async with listening(engine, max_connections=100, receive_s=1.0) as server:
        streams = [await talk(server) for _ in range(1_000)]
        for _, writer in streams:
            writer.write(part)

        answers = [await post(server) for _ in range(3)]
        open_now = len(server.connections)
        await asyncio.gather(*(read_to_end(reader) for reader, _ in streams))
        for _, writer in streams:
            writer.close()

    assert answers == [(200, "ok")] * 3
    assert open_now <= 100
    assert engine.submitted == [EVENT] * 3


async def test_connections_at_work_are_not_given_up_for_new_ones():
    engine = Engine(is_slow=True)
    async with listening(engine, max_connections=1) as server:
        posting = asyncio.create_task(post(server))
        await engine.entered.wait()
        reader, writer = await talk(server)

        assert await read_to_end(reader) == b""
        writer.close()

        engine.go_on.set()
        assert await posting == (200, "ok")


async def test_a_stopping_server_lets_requests_under_way_finish():
    engine = Engine(is_slow=True)
    async with listening(engine) as server:
        posting = asyncio.create_task(post(server))
        await engine.entered.wait()
        closing = asyncio.create_task(server.close())
        await asyncio.sleep(0)
        engine.go_on.set()

        assert await posting == (200, "ok")
        await closing


async def test_a_port_in_use_is_explained():
    async with listening(Engine()) as server:
        with pytest.raises(SettingsError) as caught:
            async with listening_on(f"127.0.0.1:{server.port}"):
                pass

    assert str(caught.value) == (
        f"port {server.port} on 127.0.0.1 is in use: stop the other program or set RINGFLOW_LISTEN"
    )


async def test_an_address_of_another_machine_is_explained():
    with pytest.raises(SettingsError, match=r"this machine has no address 192\.0\.2\.1: set RINGFLOW_LISTEN to"):
        async with listening_on("192.0.2.1:8080"):
            pass


@contextlib.asynccontextmanager
async def listening_on(listen: str) -> AsyncIterator[PublicServer]:
    engine = Engine()
    app = build_app(
        verify=lambda raw, headers: None,
        decode=decode,
        submit=engine.submit,
        is_ready=lambda: True,
        log=engine,
        meter=engine,
    )
    server = await serve_public(app, listen)
    try:
        yield server
    finally:
        await server.close()


async def test_ipv6_is_written_in_brackets():
    async with listening_on("[::1]:0") as server:
        _, writer = await asyncio.open_connection("::1", server.port)
        writer.close()
        await writer.wait_closed()


async def test_noise_is_answered_and_logged_in_one_line(caplog):
    async with listening(Engine()) as server:
        reader, writer = await talk(server)
        writer.write(b"\x16\x03\x01 +15550100\r\n\r\n")
        answer = await read_to_end(reader)
        writer.close()

    assert answer.startswith(b"HTTP/1.0 400 ")
    assert "+15550100" not in caplog.text
    assert "Traceback" not in caplog.text
