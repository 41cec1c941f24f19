"""What the world may throw at the public address: copies, disorder, strangers, forgeries. The service stays calm."""

from __future__ import annotations

import asyncio
import gzip
import json
import sqlite3
import time
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from nacl.signing import SigningKey
from service_world import Place, place_in

from engine.core.flow import Version
from engine.simulator.signing import SIGNING_SEED


@pytest.fixture
async def place(tmp_path):
    async with place_in(tmp_path, speed=50.0) as place:
        yield place


def signed(body: dict[str, Any] | bytes, *, at: float | None = None) -> tuple[bytes, dict[str, str]]:
    """Return a raw body and the headers with which the simulated Telnyx would send it."""
    import base64

    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    stamp = str(int(time.time() if at is None else at))
    signature = SigningKey(SIGNING_SEED).sign(f"{stamp}|".encode() + raw).signature
    return raw, {"telnyx-signature-ed25519": base64.b64encode(signature).decode(), "telnyx-timestamp": stamp,
                 "content-type": "application/json"}  # fmt: skip


def webhook(event_type: str, event_id: str = "e1", **payload: Any) -> dict[str, Any]:
    return {"data": {"event_type": event_type, "id": event_id, "record_type": "event", "payload": payload},
            "meta": {"attempt": 1}}  # fmt: skip


async def post(port: int, raw: bytes, headers: dict[str, str]) -> int:
    async with aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{port}/webhooks/telnyx"
        async with session.post(url, data=raw, headers=headers, skip_auto_headers=["Content-Type"]) as answer:
            return answer.status


def stored(place: Place, table: str) -> int:
    """Return how many rows a table of the service's database has."""
    with closing(sqlite3.connect(f"file:{place.folder}/ringflow.db?mode=ro", uri=True)) as database:
        return int(database.execute(f"select count(*) from {table}").fetchone()[0])


def requests(place: Place) -> list[str]:
    return [entry.what for entry in place.simulator.world.record if entry.kind == "request"]


class Post:
    """Stands between Telnyx and the service and keeps the webhooks, so that a test delivers them as it likes."""

    def __init__(self, copies: int) -> None:
        self.copies = copies
        self.kept: list[tuple[str, bytes, dict[str, str]]] = []
        self.port = 0
        self.news = asyncio.Condition()

    async def receive(self, request: web.Request) -> web.Response:
        raw = await request.read()
        headers = {name: value for name, value in request.headers.items()
                   if name.lower().startswith("telnyx-") or name.lower() == "content-type"}  # fmt: skip
        if self.copies:
            answers = await asyncio.gather(*(post(self.port, raw, headers) for _ in range(self.copies)))
            return web.Response(status=max(answers))
        async with self.news:
            self.kept.append((json.loads(raw)["data"]["event_type"], raw, headers))
            self.news.notify_all()
        return web.Response()

    async def of(self, event_type: str) -> tuple[bytes, dict[str, str]]:
        """Wait for a kept webhook."""
        async with asyncio.timeout(10), self.news:
            await self.news.wait_for(lambda: any(kept[0] == event_type for kept in self.kept))
        return next((raw, headers) for kind, raw, headers in self.kept if kind == event_type)


@asynccontextmanager
async def between(place: Place, port: int, *, copies: int = 0):
    keeper = Post(copies)
    keeper.port = port
    app = web.Application()
    app.router.add_post("/", keeper.receive)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    place.simulator.webhook_url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield keeper
    await runner.cleanup()


async def test_each_webhook_three_times_at_once_moves_the_call_once_and_sends_each_command_once(place):
    async with place.serving() as serving, between(place, serving.port, copies=3):
        leg = place.call()
        await place.log.line("state", state="waiting")
        place.hang_up(leg)
        await place.log.line("ended")

    assert requests(place) == ["answer", "speak"]
    assert [row["state"] for row in place.log.rows if row["event"] == "state"] == ["hello", "waiting"]


async def test_hangup_that_comes_first_ends_the_call_whatever_comes_later(place):
    async with place.serving() as serving, between(place, serving.port) as keeper:
        place.hang_up(place.call())
        assert await post(serving.port, *await keeper.of("call.hangup")) == 200
        assert await post(serving.port, *await keeper.of("call.initiated")) == 200

    assert requests(place) == []
    assert [row for row in place.log.rows if row["event"] == "state"] == []


@pytest.mark.parametrize(
    "body",
    [
        webhook("call.speak.ended", call_control_id="v3:nobody", call_leg_id="no-leg", status="completed"),
        webhook("call.initiated", call_control_id="v3:ours", call_leg_id="our-leg", direction="outgoing",
                to="+15551230000"),
        webhook("call.wondered", call_control_id="v3:nobody", call_leg_id="no-leg"),
        webhook("conference.ended", conference_id="no-room"),
        {"record_type": "event", "event_type": "conference.floor.changed", "id": "e9",
         "payload": {"conference_id": "no-room"}},
    ],
    ids=["unknown call", "outgoing leg", "unknown event", "unknown room", "bare floor.changed"],
)  # fmt: skip
async def test_a_genuine_webhook_about_nobody_is_taken_and_starts_nothing(place, body):
    async with place.serving() as serving:
        status = await post(serving.port, *signed(body))

    assert status == 200
    assert requests(place) == []
    assert [row for row in place.log.rows if row["event"] == "state"] == []


CALL = webhook("call.initiated", call_control_id="v3:x", call_leg_id="x", direction="incoming", to="+15551230000")


def forged() -> tuple[bytes, dict[str, str]]:
    raw, headers = signed(CALL)
    return raw.replace(b"incoming", b"outgoing"), headers


def truncated() -> tuple[bytes, dict[str, str]]:
    raw, headers = signed(CALL)
    return raw[:-5], headers


def zipped() -> tuple[bytes, dict[str, str]]:
    raw, headers = signed(CALL)
    return gzip.compress(raw), headers | {"content-encoding": "gzip"}


@pytest.mark.parametrize(
    ("make", "status"),
    [
        (forged, 400),
        (truncated, 400),
        (zipped, 415),
        (lambda: signed(CALL, at=time.time() - 302), 400),
        (lambda: signed(CALL, at=time.time() + 302), 400),
        (lambda: signed(b"x" * 1_000_001), 413),
        (lambda: signed(b"{"), 400),
        (lambda: signed(b"[]"), 400),
        (lambda: signed({"event_type": "call_initiated", "payload": {}, "created_at": "2026-01-01"}), 400),
        (lambda: (b"{}", {"content-type": "application/json"}), 400),
    ],
    ids=["forged", "truncated", "gzip", "replayed", "from the future", "oversized", "not JSON", "a list", "version 1",
         "unsigned"],
)  # fmt: skip
async def test_what_is_no_genuine_webhook_changes_nothing_and_harms_nobody(place, make, status):
    async with place.serving() as serving:
        refused = await post(serving.port, *make())
        before = stored(place, "inbox"), stored(place, "runs"), stored(place, "journal")
        place.call()
        await place.log.line("state", state="waiting")

    assert 400 <= refused < 500
    assert refused in (status, 401, 403)
    assert before == (0, 0, 0)
    assert len([row for row in place.log.rows if row["event"] == "webhook_refused"]) == 1


class Fault:
    """A formula that raises what nobody expects: a defect, planted."""

    def evaluate(self, env: Any) -> object:
        raise ZeroDivisionError("planted")


async def test_a_defect_harms_only_its_own_call(place):
    faulty = place.files["hello.flow.yaml"].replace(b"flow: hello", b"flow: faulty")
    faulty = faulty.replace(b"calls_to: any", b'calls_to: ["+15557770000"]')
    place.files = {**place.files, "faulty.flow.yaml": faulty}
    place.plant = plant_fault
    async with place.serving() as serving:
        world = place.simulator.world
        bad = world.call(from_="+34600111222", to="+15557770000", now=time.time()).call_control_id
        place.call()
        await place.log.line("state", state="waiting", flow="hello")
        await place.log.line("ended")
        assert world.look(bad).state == "ended"
        url = f"http://127.0.0.1:{serving.port}/readyz"
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            assert answer.status == 200

    with closing(sqlite3.connect(f"file:{place.folder}/ringflow.db?mode=ro", uri=True)) as database:
        failed = database.execute("select count(*) from journal where kind = 'failed'").fetchone()[0]
    assert failed == 1
    assert place.simulator.undelivered == []


def plant_fault(version: Version) -> Version:
    """Return *version* with a fault in the first text of the flow ``faulty``."""
    flow = version.flows["faulty"]
    role = flow.roles["caller"]
    state = role.states["hello"]
    actions = tuple(
        replace(action, options={"text": Fault()}) if action.verb == "log" else action for action in state.actions
    )
    states = {**role.states, "hello": replace(state, actions=actions)}
    roles = {**flow.roles, "caller": replace(role, states=states)}
    return replace(version, flows={**version.flows, "faulty": replace(flow, roles=roles)})
