"""``ringflow listen`` hears a simulated Telnyx over HTTP."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from engine.cli import main
from engine.listen.fixture import from_bytes
from engine.simulator.options import Options
from engine.simulator.server import SimulatorServer
from engine.simulator.world import World
from engine.tables import catalogue

ROOT = Path(__file__).resolve().parent.parent.parent
CALLER, OFFICE = "+34600111222", "+15551230000"


@asynccontextmanager
async def listening(*arguments: str, **environ: str):
    """Run the command; yields it, and the address that it says it listens at."""
    base = {name: value for name, value in os.environ.items() if not name.startswith(("RINGFLOW_", "TELNYX_"))}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "engine", "listen", "--listen", "127.0.0.1:0", *arguments,
        cwd=ROOT, env=base | environ, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        ready = (await asyncio.wait_for(process.stderr.readline(), 20)).decode()
        assert ready.startswith("ringflow: listens at http://127.0.0.1:")
        yield process, ready.split()[3].rstrip(";")
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def line_of(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    return (await asyncio.wait_for(process.stdout.readline(), 20)).decode()


@asynccontextmanager
async def telnyx():
    world = World(catalogue(), seed=1, options=Options(), start=time.time())
    async with SimulatorServer(world) as simulator:
        yield simulator


def call(simulator: SimulatorServer, name: str = "") -> None:
    simulator.world.call(from_=CALLER, to=OFFICE, caller_id_name=name, now=time.time())
    simulator.settle()


async def test_each_webhook_is_one_line_and_one_file(tmp_path):
    async with (
        telnyx() as simulator,
        listening("--save", str(tmp_path), TELNYX_PUBLIC_KEY=simulator.public_key) as (process, url),
    ):
        simulator.webhook_url = url
        call(simulator)
        line = await line_of(process)
        await simulator.drain()

    leg = simulator.world.legs[0].call_leg_id[:8]
    assert line[11:] == (
        f"verified    call.initiated  leg {leg}  direction=incoming  state=parked  from=+…1222  to=+…0000 | "
        "0001-call.initiated.webhook\n"
    )
    _, raw = from_bytes((tmp_path / "0001-call.initiated.webhook").read_bytes())
    assert json.loads(raw)["data"]["payload"]["from"] == CALLER
    assert simulator.undelivered == []


async def test_a_webhook_of_another_key_is_refused_in_json_and_still_answered():
    async with telnyx() as simulator, listening("--format", "json", TELNYX_PUBLIC_KEY="A" * 43 + "=") as (process, url):
        simulator.webhook_url = url.replace("/webhooks/telnyx", "/telnyx")
        call(simulator)
        row = json.loads(await line_of(process))
        await simulator.drain()

    assert list(row) == ["at", "path", "verdict", "problem", "type", "leg", "room", "fields", "attempt", "saved"]
    assert (row["verdict"], row["path"], row["type"]) == ("refused", "/telnyx", "call.initiated")
    assert row["problem"].startswith("the signature is of another key")
    assert simulator.undelivered == []


async def test_nothing_that_comes_can_write_on_the_terminal():
    payload = {"from": "+34600111222\x1b[2J\nverified", "to": "x\u202ey"}
    body = json.dumps({"data": {"event_type": "call.initiated", "id": "one", "payload": payload}})
    async with listening() as (process, url), aiohttp.ClientSession() as session:
        async with session.post(url.replace("/telnyx", "/%1b[31m"), data=body) as answer:
            status = answer.status
        line = await line_of(process)

    assert status == 200
    assert "from=+…1222\\x1b[2J\\nverified  to=x\\u202ey | it came to" in line
    assert line.endswith("it came to /webhooks/\\x1b[31m, and serve takes only /webhooks/telnyx\n")


async def test_ctrl_c_ends_it_and_leaves_nothing():
    async with listening() as (process, _):
        assert process.stderr is not None
        hint = await process.stderr.readline()
        process.send_signal(signal.SIGINT)
        out, err = await asyncio.wait_for(process.communicate(), 10)

    assert hint == b"ringflow: nothing is verified, because TELNYX_PUBLIC_KEY is not set\n"
    assert (process.returncode, out, err) == (130, b"", b"\n")


def test_an_address_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]):
    assert main(["listen", "--listen", "8080"]) == 2

    assert capsys.readouterr().err == (
        "ringflow: --listen is '8080'; write it as HOST:PORT, such as 127.0.0.1:8080 or 0.0.0.0:8080\n"
    )
