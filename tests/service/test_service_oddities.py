"""What may go wrong inside a running service, and what people see of it."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
from contextlib import closing

import aiohttp
import pytest
from service_world import FLOW, place_in

from engine import service as service_module
from engine.check.run import load
from engine.errors import DefectError
from engine.runtime.outbox import Outbox
from engine.store.sqlite import SqliteStore
from engine.testing import settle


@pytest.fixture
async def place(tmp_path):
    async with place_in(tmp_path, speed=50.0) as place:
        yield place


async def readyz(port: int) -> int:
    url = f"http://127.0.0.1:{port}/readyz"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status


async def until_ready(port: int, status: int) -> None:
    async with asyncio.timeout(20):
        while await readyz(port) != status:  # noqa: ASYNC110 (a client is told nothing)
            await asyncio.sleep(0)


async def test_service_without_events_notices_that_its_database_is_held(place, monkeypatch):
    monkeypatch.setattr(service_module, "_HOUSEKEEPING_S", 0.01)
    async with place.serving() as serving:
        assert await readyz(serving.port) == 200
        with closing(sqlite3.connect(place.folder / "ringflow.db", isolation_level=None)) as other:
            other.execute("begin immediate")
            await place.log.line("database_away")
            assert await readyz(serving.port) == 503
        await until_ready(serving.port, 200)


async def test_part_that_fails_is_told_in_the_log_without_secrets_and_ends_the_service(place, monkeypatch):
    async def fail(self: Outbox) -> None:
        raise RuntimeError(f"{place.settings.telnyx_api_key} and +34600111222")

    monkeypatch.setattr(Outbox, "run", fail)
    with pytest.raises(DefectError) as caught:
        async with place.serving():
            await place.log.line("part_failed")

    shown = (await place.log.line("part_failed"))["exception"]
    assert "RuntimeError: *** and +…1222" in shown
    assert place.settings.telnyx_api_key not in f"{caught.value}{place.log.rows}"


async def test_reload_that_meets_a_defect_is_told_and_changes_nothing(place):
    answers = iter([RecursionError("too deep"), None])
    changed = {"hello.flow.yaml": FLOW.replace(b"Hello.", b"Good morning.")}

    def reload():
        problem = next(answers)
        if problem is not None:
            raise problem
        return load(changed).version, changed

    async with place.serving(reload=reload):
        os.kill(os.getpid(), signal.SIGHUP)
        await place.log.line("reload_failed")
        os.kill(os.getpid(), signal.SIGHUP)
        await place.log.line("reloaded")


async def test_of_two_reloads_the_later_one_wins(place):
    files = [{"hello.flow.yaml": FLOW.replace(b"Hello.", text)} for text in (b"First.", b"Second.")]
    versions = [load(each).version for each in files]
    calls, loop = [], asyncio.get_running_loop()

    async def long_time() -> None:
        for _ in range(20):
            await settle()

    def reload():
        number = len(calls)
        calls.append(number)
        if number == 0:
            os.kill(os.getpid(), signal.SIGHUP)
            asyncio.run_coroutine_threadsafe(long_time(), loop).result()
        return versions[number], files[number]

    async with place.serving(reload=reload):
        os.kill(os.getpid(), signal.SIGHUP)
        await place.log.line("reloaded", version=versions[1].hash)

    assert [row["version"] for row in place.log.rows if row["event"] == "reloaded"] == [each.hash for each in versions]


async def test_kept_version_that_cannot_be_read_keeps_the_service_from_nothing(place):
    store = SqliteStore(place.folder / "ringflow.db")
    await store.open()
    await store.keep_version("of-old", {"broken.flow.yaml": b"flow: ["})
    await store.keep_version("older", {"hello.flow.yaml": FLOW})
    await store.close()

    async with place.serving():
        unusable = await place.log.line("version_unusable")
        place.call()
        await place.log.line("state", state="waiting")

    assert unusable["version"] == "of-old"


async def test_calls_of_an_older_version_still_reach_its_notify_addresses(place):
    with_notify = place.files | {"project.yaml": b"notify: {crm: {url: 'http://127.0.0.1:9/x'}}\n"}
    place.files, new = with_notify, place.files
    async with place.serving():
        pass
    place.files = new
    seen = []
    place.plant = lambda version: seen.append(version) or version
    outsides = []
    real = service_module.HttpOutside

    class Watched(real):
        def __init__(self, **options) -> None:
            super().__init__(**options)
            outsides.append(self)

    service_module.HttpOutside = Watched
    try:
        async with place.serving():
            assert dict(outsides[0].urls) == {"crm": "http://127.0.0.1:9/x"}
    finally:
        service_module.HttpOutside = real


async def test_strange_token_is_no_token(place, unused_tcp_port):
    place.set(admin_listen=f"127.0.0.1:{unused_tcp_port}", admin_token="long-and-random")
    async with place.serving():
        reader, writer = await asyncio.open_connection("127.0.0.1", unused_tcp_port)
        writer.write(b"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer \xff\r\n\r\n")
        answer = await reader.read()
        writer.close()

    assert answer.startswith(b"HTTP/1.1 401")


async def test_socket_that_a_killed_service_left_is_replaced(place):
    import socket

    path = str(place.folder / "admin.sock")
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(path)
    async with place.serving():
        connector = aiohttp.UnixConnector(path)
        async with aiohttp.ClientSession(connector=connector) as session, session.get("http://x/readyz") as answer:
            assert answer.status == 200


async def test_call_whose_first_webhook_holds_broken_text_is_answered(place):
    from test_service_webhooks import post, signed

    raw = (
        b'{"data":{"event_type":"call.initiated","id":"e1","payload":{"call_control_id":"v3:x","call_leg_id":"x",'
        b'"direction":"incoming","to":"+15551230000","from":"+34600111222","caller_id_name":"Anna \\ud83d",'
        b'"n":1e999}}}'
    )
    async with place.serving() as serving:
        assert await post(serving.port, *signed(raw)) == 200
        await place.log.line("state", state="hello")
