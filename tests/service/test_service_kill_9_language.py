"""kill -9 where several runs work together: rung legs, flows that are run, planned calls, questions to the outside."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

import pytest
from aiohttp import web
from language_world import People, elsewhere, until
from test_service_kill_9 import Program, carried_out
from test_service_language import BOOKER, CALLBACK, LOOKUP

from engine.simulator.options import Options
from engine.simulator.server import SimulatorServer
from engine.simulator.world import World
from engine.tables import catalogue

CALLER, OFFICE = "+34600111222", "+15551230000"
PROJECT = 'telnyx: {connection_id: "77", caller_id: "+15559990000"}\nmay_call: ["+34"]\nhttp_hosts: [localhost]\n'
RINGING = """\
flow: hello
starts_when: {calls_to: any}
anywhere: {on_error: broken}
start: ring
states:
  ring:
    do:
      - answer
      - speak: "One."
      - dial: {to: "+15557770001", as: agent, ring_for: 20s}
      - speak: "Two."
    then: connect
    on: {agent.call.hangup: broken}
  connect:
    do: [{bridge: {to: agent}}]
    then: talking
    on: {agent.left: broken}
  talking:
    on:
      agent.says.enough: thanks
      agent.left: thanks
    after: {1h: broken}
  thanks:
    do: [{log: thanks}]
    then: hangup
  broken:
    do: [{speak: "Broken."}]
    then: hangup
roles:
  agent:
    anywhere: {on_error: hangup}
    start: hello
    states:
      hello:
        do: [{speak: "Three."}]
        on: {call.bridged: talking}
        after: {20s: hangup}
      talking:
        do: [{tell: {caller: enough}}]
        on: {caller.left: hangup}
        after: {20s: hangup}
"""
RUNNING = """\
flow: hello
starts_when: {calls_to: any}
remember: {word: {type: text}}
anywhere: {on_error: hangup}
start: first
states:
  first:
    do:
      - answer
      - speak: "One."
      - run: {flow: other, give: {said: "Two."}, into: word}
      - speak: "{{ word }}"
    then: hangup
"""
OTHER = """\
flow: other
starts_when:
  another_flow_calls: {needs: {said: text}, answers: {word: text}}
anywhere: {on_error: hangup}
start: here
states:
  here:
    do:
      - speak: "{{ said }}"
    then: there
  there:
    do:
      - set: {word: "Four."}
      - speak: "Three."
    then: end
"""


def put(folder, **flows: str) -> None:
    for name, text in flows.items():
        (folder / f"{name}.flow.yaml").write_text(text)
    (folder / "project.yaml").write_text(PROJECT)


def speech(world: World) -> list[str]:
    return [entry.what for entry in world.record if entry.kind == "hears" and entry.details["sound"] == "speech"]


def done(world: World) -> Counter[str]:
    """Return how often each operation was carried out; none of them under one name twice."""
    taken = [entry for entry in world.record if entry.kind == "request" and carried_out(entry)]
    names = [name for entry in taken if (name := entry.details["parameters"].get("command_id"))]
    assert len(set(names)) == len(names)
    return Counter(entry.what for entry in taken)


async def killed_at(program: Program, world: World, simulator: SimulatorServer, checkpoint: str, count: int) -> None:
    """Let somebody call a service that dies there."""
    async with program.running(checkpoint, count) as process:
        world.call(from_=CALLER, to=OFFICE, now=time.time())
        simulator.settle()
        assert await asyncio.wait_for(process.wait(), 20) == -9


@pytest.mark.slow
@pytest.mark.parametrize("count", [4, 5, 6, 7, 9])
@pytest.mark.parametrize("checkpoint", ["committed", "first_byte", "response_read", "body_read"])
async def test_leg_that_is_rung_is_rung_once_and_connected(tmp_path, checkpoint, count):
    count = count if checkpoint in ("committed", "body_read") else count - 2
    world = World(catalogue(), seed=1, options=Options(speed=20.0, answer_after_s=0.1), start=time.time())
    async with SimulatorServer(world) as simulator:
        program = Program(tmp_path, simulator, RINGING)
        put(tmp_path)
        await killed_at(program, world, simulator, checkpoint, count)
        async with program.running():
            await until(simulator, lambda: all(world.look(leg.call_control_id).state == "ended" for leg in world.legs))

    counts = done(world)
    assert (counts["dial"], len(world.legs)) == (1, 2)
    assert sorted(text for text in speech(world) if text != "Three.") == ["One.", "Two."]
    assert speech(world).count("Three.") <= 1  # a bridge may come before the agent's first words


@pytest.mark.slow
@pytest.mark.parametrize("count", [2, 3, 4, 5])
@pytest.mark.parametrize("checkpoint", ["committed", "first_byte", "response_read", "body_read"])
async def test_flow_that_is_run_goes_on_and_comes_back(tmp_path, checkpoint, count):
    world = World(catalogue(), seed=1, options=Options(speed=20.0), start=time.time())
    async with SimulatorServer(world) as simulator:
        program = Program(tmp_path, simulator, RUNNING)
        put(tmp_path, other=OTHER)
        await killed_at(program, world, simulator, checkpoint, count)
        async with program.running():
            await until(simulator, lambda: world.look(world.legs[0].call_control_id).state == "ended")

    done(world)
    assert speech(world) == ["One.", "Two.", "Three.", "Four."]


@pytest.mark.slow
@pytest.mark.parametrize("count", [2, 3, 4, 5, 6, 7, 8])
async def test_planned_call_is_made_once(tmp_path, count):
    world = World(catalogue(), seed=1, options=Options(speed=20.0, answer_after_s=0.1), start=time.time())
    async with SimulatorServer(world) as simulator:
        program = Program(tmp_path, simulator, BOOKER.decode())
        (tmp_path / "hello.flow.yaml").rename(tmp_path / "booker.flow.yaml")
        put(tmp_path, callback=CALLBACK.decode())
        await killed_at(program, world, simulator, "committed", count)
        async with program.running():
            await until(simulator, lambda: len(world.legs) == 2)
            await until(simulator, lambda: all(world.look(leg.call_control_id).state == "ended" for leg in world.legs))

    assert (done(world)["dial"], len(world.legs)) == (1, 2)
    assert speech(world) == ["Hello because of why."]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "times", "heard"), [("get", 2, "Hello Ann, 7."), ("post", 1, "We do not know you.")]
)
async def test_question_that_was_under_way_is_asked_again_only_where_that_changes_nothing(
    tmp_path, method, times, heard
):
    world = World(catalogue(), seed=1, options=Options(speed=20.0), start=time.time())
    async with SimulatorServer(world) as simulator, elsewhere() as server:
        server.answers["/who"] = lambda: web.json_response({"name": "Ann", "rest": {"points": 7}})
        server.slow.add("/who")
        into, more = "{name: name, points: rest.points}", "" if method == "get" else "send: {who: me}, "
        text = LOOKUP.format(method=method, port=server.port, path="who", into=into, more=more)
        program = Program(tmp_path, simulator, text.replace("timeout: 0.5s", "timeout: 5s"))
        (tmp_path / "hello.flow.yaml").rename(tmp_path / "lookup.flow.yaml")
        put(tmp_path)
        async with program.running() as process:
            leg = world.call(from_=CALLER, to=OFFICE, now=time.time()).call_control_id
            simulator.settle()
            await server.asked("/who")
            process.kill()
            await process.wait()
        server.slow.clear()
        async with program.running():
            await People(simulator).hears(leg, heard)
            await People(simulator).over(leg)

    assert len(server.came) == times
    assert speech(world) == [heard]
