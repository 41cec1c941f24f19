"""kill -9 at any moment: after a restart the call goes on, and the caller hears everything exactly once."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from collections import Counter
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from engine.simulator.options import Options
from engine.simulator.server import SimulatorServer
from engine.simulator.values import Entry
from engine.simulator.world import World
from engine.tables import catalogue

ROOT = Path(__file__).resolve().parent.parent.parent
FLOW = """\
flow: hello
about: Says two things and waits.
starts_when: {calls_to: any}
anywhere: {on_error: hangup}
start: hello
states:
  hello:
    do: [answer, speak: "First.", speak: "Second."]
    then: goodbye
  goodbye:
    do: [speak: "Third."]
    then: hangup
"""
LONG_WAY = """\
flow: hello
about: Goes through everything that a crash could break. Nobody presses a key.
starts_when: {calls_to: any}
anywhere: {on_error: broken}
start: welcome
states:
  welcome:
    do: [answer, speak: "One."]
    then: line
  line:
    do:
      - enqueue: {queue: crash, max_wait: 10m}
      - play: {audio: music, repeat: forever}
    on:
      call.enqueued:
        do: [speak: "Two."]
    after: {2s: room}
  room:
    do:
      - leave_queue
      - speak: "Three."
      - join_conference: {room: crash_room, muted: true}
    after: {7s: out}  # long enough for a restart on a busy machine
  out:
    do: [leave_conference, speak: "Four."]
    then: hangup
  broken:
    do: [leave_conference, speak: "Broken."]
    then: hangup
"""
PROJECT = 'audio:\n  music: {url: "https://example.com/hold.mp3"}\n'
SERVICE = """
import asyncio, os, signal, sys
from engine.check.run import load
from engine.config import Settings
from engine.flows_folder import read_folder
from engine.service import serve

wanted, count = sys.argv[1], int(sys.argv[2])

def checkpoint(name):
    global count
    count -= name == wanted
    if name == wanted and count == 0:
        os.kill(os.getpid(), signal.SIGKILL)

settings = Settings.from_environment(os.environ, read_file=str, for_serve=True)
files = read_folder(settings.flows)
ready = lambda serving: print("ready", flush=True)
asyncio.run(serve(settings, load(files).version, files, checkpoint=checkpoint, ready=ready))
"""


class Program:
    """Starts the service as a program of its own, as often as needed, always at the same port."""

    def __init__(self, folder: Path, simulator: SimulatorServer, flow: str = FLOW, database: str = "") -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        simulator.webhook_url = f"http://127.0.0.1:{port}/webhooks/telnyx"
        (folder / "hello.flow.yaml").write_text(flow)
        (folder / "project.yaml").write_text(PROJECT)
        self._environ = {
            "PATH": os.environ["PATH"],
            "TELNYX_API_KEY": simulator.api_key,
            "TELNYX_PUBLIC_KEY": simulator.public_key,
            "TELNYX_API_URL": simulator.url,
            "RINGFLOW_FLOWS": str(folder),
            "RINGFLOW_DATABASE": database or f"sqlite:///{folder}/ringflow.db",
            "RINGFLOW_ADMIN_LISTEN": f"unix:{folder}/admin.sock",
            "RINGFLOW_LISTEN": f"127.0.0.1:{port}",
            "RINGFLOW_LOG_LEVEL": "error",
        }

    @asynccontextmanager
    async def running(self, checkpoint: str = "never", count: int = 1):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", SERVICE, checkpoint, str(count),
            cwd=ROOT, env=self._environ, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            assert process.stdout is not None
            assert await asyncio.wait_for(process.stdout.readline(), 20) == b"ready\n"
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
            await asyncio.wait_for(process.wait(), 15)


async def until(simulator: SimulatorServer, condition) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await simulator.change()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("checkpoint", "count"),
    [
        *(("body_read", count) for count in (1, 2, 4)),
        *(("committed", count) for count in (1, 2, 3, 5)),
        *(("answered", count) for count in (1, 2, 4)),
        *(("first_byte", count) for count in (1, 2, 3, 5)),
        *(("response_read", count) for count in (1, 2, 3, 5)),
    ],
)
async def test_call_goes_on_and_nothing_is_said_twice(tmp_path, checkpoint, count):
    world = World(catalogue(), seed=1, options=Options(speed=20.0), start=time.time())
    async with SimulatorServer(world) as simulator:
        program = Program(tmp_path, simulator)
        async with program.running(checkpoint, count) as process:
            leg = world.call(from_="+34600111222", to="+15551230000", now=time.time()).call_control_id
            simulator.settle()
            assert await asyncio.wait_for(process.wait(), 20) == -9
        async with program.running():
            await until(simulator, lambda: world.look(leg).state == "ended")

    heard = [entry.what for entry in world.record if entry.kind == "hears"]
    assert heard == ["First.", "Second.", "Third."]


@pytest.mark.slow
@pytest.mark.parametrize("count", [2, 6, 9, 12])
@pytest.mark.parametrize("checkpoint", ["body_read", "committed", "answered", "first_byte", "response_read"])
async def test_queue_music_room_and_timers_go_on_and_nothing_is_done_twice(tmp_path, checkpoint, count):
    world = World(catalogue(), seed=1, options=Options(speed=20.0), start=time.time())
    async with SimulatorServer(world) as simulator:
        program = Program(tmp_path, simulator, LONG_WAY)
        async with program.running(checkpoint, count) as process:
            leg = world.call(from_="+34600111222", to="+15551230000", now=time.time()).call_control_id
            simulator.settle()
            assert await asyncio.wait_for(process.wait(), 20) == -9
        async with program.running():
            await until(simulator, lambda: world.look(leg).state == "ended")

    heard = [entry.what for entry in world.record if entry.kind == "hears" and entry.details["sound"] == "speech"]
    assert [text for text in heard if text != "Two."] == ["One.", "Three.", "Four."]
    assert heard.count("Two.") <= 1  # the state has two seconds in all: a slow restart may use them up
    done = [entry for entry in world.record if entry.kind == "request" and carried_out(entry)]
    names = [entry.details["parameters"].get("command_id") for entry in done]
    assert len({name for name in names if name}) == len([name for name in names if name])
    unnamed = Counter(entry.what for entry, name in zip(done, names, strict=True) if not name)
    assert unnamed["conference_mute"] <= 1
    assert Counter(entry.what for entry in done)["conference_create"] == 1


def carried_out(entry: Entry) -> bool:
    """Tell whether a request changed something, for the first time."""
    details = entry.details
    return details["status"] == 200 and not details["repeated"] and not entry.what.endswith(("_retrieve", "_list"))
