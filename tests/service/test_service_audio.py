"""Audio files of the flows folder, served by ringflow itself."""

from __future__ import annotations

import hashlib

import aiohttp
import pytest
from service_world import place_in

from engine.errors import SettingsError

HOLD = b"ID3 not really music " * 1000
FLOW = b"""\
flow: hello
starts_when: {calls_to: any}
anywhere: {on_error: hangup}
start: hello
states:
  hello:
    do:
      - answer
      - play: hold_music
    then: waiting
  waiting:
    after: {10s: hangup}
"""
FILES = {
    "hello.flow.yaml": FLOW,
    "project.yaml": b"audio:\n  hold_music: {file: music/hold.mp3}\n",
    "music/hold.mp3": HOLD,
}
PATH = f"/audio/{hashlib.sha256(HOLD).hexdigest()[:32]}.mp3"


@pytest.fixture
async def place(tmp_path):
    async with place_in(tmp_path, speed=50.0) as place:
        place.files = FILES
        yield place


async def test_telnyx_is_told_an_address_at_which_the_file_really_is(place):
    place.set(public_url="https://calls.example.com")
    async with place.serving() as serving:
        place.call()
        await place.log.line("state", state="waiting")
        sent = [row.details["parameters"] for row in place.simulator.world.record if row.what == "playback_start"]
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{serving.port}{PATH}") as answer:
                got = answer.status, answer.content_type, await answer.read(), answer.headers["Cache-Control"]
            async with session.get(f"http://127.0.0.1:{serving.port}/audio/hold.mp3") as answer:
                other = answer.status
            async with session.get(f"http://127.0.0.1:{serving.port}/audio/..%2fproject.yaml") as answer:
                outside = answer.status

    assert [body["audio_url"] for body in sent] == [f"https://calls.example.com{PATH}"]
    assert got == (200, "audio/mpeg", HOLD, "public, max-age=31536000, immutable")
    assert (other, outside) == (404, 404)


async def test_files_of_an_older_version_are_served_while_its_calls_go_on(place):
    place.set(public_url="https://calls.example.com")
    async with place.serving():
        place.call()
        await place.log.line("state", state="waiting")
    place.files = {"hello.flow.yaml": FLOW.replace(b"play: hold_music", b"log: x")}

    async with place.serving() as serving, aiohttp.ClientSession() as session:
        answer = await session.get(f"http://127.0.0.1:{serving.port}{PATH}")
        status, content = answer.status, await answer.read()

    assert (status, content) == (200, HOLD)


async def test_service_does_not_start_without_the_address_that_telnyx_needs(place):
    with pytest.raises(
        SettingsError, match=r"project\.yaml plays the file music/hold\.mp3, .* set RINGFLOW_PUBLIC_URL"
    ):
        async with place.serving():
            pass
