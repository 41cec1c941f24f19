"""The whole service against a simulated Telnyx, over HTTP."""

from __future__ import annotations

import asyncio
import os
import signal
import stat

import aiohttp
import pytest
from service_world import FLOW, Place, place_in

from engine.check.run import load
from engine.errors import FlowError, SettingsError, StoreLocked


@pytest.fixture
async def place(tmp_path):
    async with place_in(tmp_path, speed=50.0) as place:
        yield place


async def get(place: Place, path: str, *, port: int | None = None, **headers: str):
    """GET from the public listener at *port*, or from the admin socket."""
    connector = None if port else aiohttp.UnixConnector(str(place.folder / "admin.sock"))
    url = f"http://127.0.0.1:{port or 80}{path}"
    async with aiohttp.ClientSession(connector=connector) as session, session.get(url, headers=headers) as answer:
        return answer.status, await answer.text()


async def test_call_is_answered_greeted_and_ends(place):
    async with place.serving():
        leg = place.call()
        await place.log.line("state", state="waiting")
        place.hang_up(leg)
        await place.log.line("ended")
        status, metrics = await get(place, "/metrics")

    assert status == 200
    assert 'ringflow_webhooks_total{event="call.hangup",result="committed"} 1.0' in metrics
    assert 'ringflow_commands_total{operation="speak",outcome="accepted"} 1.0' in metrics
    assert [row["event"] for row in place.log.rows if row["level"] != "info"] == []


async def test_log_shows_four_digits_of_a_number(place):
    async with place.serving():
        place.call()
        line = await place.log.line("log")

    assert line["text"] == "hello +…1222"
    assert len(line["call"]) == 8


async def test_log_shows_whole_numbers_when_asked_to(place):
    place.set(log_full_numbers=True, stage="blue")
    async with place.serving():
        place.call()
        line = await place.log.line("log")

    assert (line["text"], line["stage"]) == ("hello +34600111222", "blue")


async def test_restarted_service_goes_on_with_its_calls_on_their_old_version(place):
    async with place.serving():
        leg = place.call()
        await place.log.line("state", state="waiting")
    place.files = {"other.flow.yaml": FLOW.replace(b"flow: hello", b"flow: other")}
    place.log.rows.clear()

    async with place.serving():
        place.hang_up(leg)
        ended = await place.log.line("ended")

    assert ended["state"] == "waiting"
    assert [row["event"] for row in place.log.rows if row["level"] == "error"] == []


async def test_ready_service_says_so_and_shows_details_to_its_owner_only(place):
    async with place.serving() as serving:
        assert await get(place, "/readyz", port=serving.port) == (200, "true\n")
        assert (await get(place, "/metrics", port=serving.port))[0] == 404
        status, details = await get(place, "/readyz")
        mode = stat.S_IMODE((place.folder / "admin.sock").stat().st_mode)

    assert (status, mode) == (200, 0o600)
    assert '"ready": true, "problems": []' in details


async def test_refused_key_makes_it_unready_and_ends_nothing(place):
    place.set(telnyx_api_key="KEY_OF_ANOTHER")
    async with place.serving() as serving:
        place.call()
        async with asyncio.timeout(10):
            while (await get(place, "/readyz", port=serving.port))[0] == 200:
                pass
        _, details = await get(place, "/readyz")
        place.call()

    assert "Telnyx refuses the API key" in details
    assert [row["level"] for row in place.log.rows if row["event"] == "key_refused"] == ["error"]


async def test_stopping_service_finishes_what_is_under_way(place):
    async with place.serving() as serving:
        place.call()
        await place.log.line("state", state="hello")
        serving.stop()
        await place.log.line("stopping")

    async with place.serving():
        await place.log.line("state", state="waiting")


async def test_second_service_on_the_same_database_is_refused(place):
    async with place.serving():
        with pytest.raises(StoreLocked):
            async with place.serving():
                pass


async def test_port_in_use_and_missing_secret_are_told_before_anything_runs(place):
    async with place.serving() as serving:
        other = Place(place.folder, place.simulator)
        other.set(database=f"sqlite:///{place.folder}/other.db", listen=f"127.0.0.1:{serving.port}")
        other.set(admin_listen=f"unix:{place.folder}/other.sock")
        with pytest.raises(SettingsError, match="is in use"):
            async with other.serving():
                pass

    place.files["project.yaml"] = b"secrets: [pin]\n"
    with pytest.raises(SettingsError, match="RINGFLOW_SECRET_PIN"):
        async with place.serving():
            pass


async def test_admin_port_asks_for_its_token(place, unused_tcp_port):
    place.set(admin_listen=f"127.0.0.1:{unused_tcp_port}", admin_token="long-and-random")
    async with place.serving():
        refused = await get(place, "/metrics", port=unused_tcp_port)
        wrong = await get(place, "/metrics", port=unused_tcp_port, Authorization="Bearer other")
        shown = await get(place, "/metrics", port=unused_tcp_port, Authorization="Bearer long-and-random")

    assert (refused[0], wrong[0], shown[0]) == (401, 401, 200)


async def test_sighup_loads_the_flows_again_and_refuses_those_with_problems(place):
    changed = {"hello.flow.yaml": FLOW.replace(b"Hello.", b"Good morning.")}
    answers = iter([FlowError("the flows have problems; mend them first"), None])

    def reload():
        problem = next(answers)
        if problem is not None:
            raise problem
        return load(changed).version, changed

    async with place.serving(reload=reload):
        before = (await place.log.line("serving"))["version"]
        os.kill(os.getpid(), signal.SIGHUP)
        refused = await place.log.line("reload_refused")
        os.kill(os.getpid(), signal.SIGHUP)
        reloaded = await place.log.line("reloaded")

    assert refused["problem"] == "the flows have problems; mend them first"
    assert reloaded["version"] not in ("", before)


async def test_sigterm_stops_it(place):
    async with place.serving():
        os.kill(os.getpid(), signal.SIGTERM)
        await place.log.line("stopping")
