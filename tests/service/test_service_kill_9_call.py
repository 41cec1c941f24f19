"""kill -9 around an ordered call: what ``ringflow call`` has promised is done after the restart, once."""

from __future__ import annotations

import asyncio
import sys
import time

import pytest
from test_service_kill_9 import ROOT, Program, until

from engine.simulator.options import Options
from engine.simulator.server import SimulatorServer
from engine.simulator.world import World
from engine.tables import catalogue

CUSTOMER = "+15550111222"
FLOW = """\
flow: hello
starts_when: {outgoing_call: true}
anywhere: {on_error: hangup}
start: hello
states:
  hello:
    do: [speak: "Hello."]
    then: hangup
"""
PROJECT = 'telnyx: {connection_id: "77", caller_id: "+15559990000"}\n'


async def order(program: Program) -> tuple[int, str]:
    """Order the call as a person does; always under the same name."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "engine", "call", "hello", "--to", CUSTOMER, "--order", "one",
        cwd=ROOT, env=program._environ, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), 20)
    return process.returncode or 0, (out or err).decode()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("checkpoint", "is_answered"), [("committed", False), ("first_byte", True), ("response_read", True)]
)
async def test_an_ordered_call_is_made_after_the_restart_and_once(tmp_path, checkpoint, is_answered):
    world = World(catalogue(), seed=1, options=Options(speed=20.0), start=time.time())
    async with SimulatorServer(world) as simulator:
        program = Program(tmp_path, simulator, FLOW)
        (tmp_path / "project.yaml").write_text(PROJECT)
        async with program.running(checkpoint) as process:
            code, printed = await order(program)
            assert await asyncio.wait_for(process.wait(), 20) == -9
        async with program.running():
            again = await order(program)
            await until(simulator, lambda: world.ringing)
            [leg] = world.ringing
            world.pick_up(leg.call_control_id, time.time())
            simulator.settle()
            await until(simulator, lambda: world.look(leg.call_control_id).state == "ended")

    assert again[0] == 0
    if is_answered:
        assert (code, printed) == again
    else:
        assert printed == (
            "ringflow: the service broke off, and may have done it or not; give the command once more with "
            "--order one, and it never rings twice\n"
        )
    dials = [entry for entry in world.record if entry.kind == "request" and entry.what == "dial"]
    assert len([entry for entry in dials if not entry.details["repeated"]]) == 1
    assert [entry.what for entry in world.record if entry.kind == "hears" and entry.what == "Hello."] == ["Hello."]
