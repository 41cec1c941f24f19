"""docs/simulator.md: its commands work against the real simulator, with the real service behind it."""

from __future__ import annotations

import asyncio
import io
import re
import shlex
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import click
import pytest
import telnyx
from click.testing import CliRunner
from pages import DOCS, ROOT, all_blocks

from engine.check.run import load
from engine.cli import cli, main
from engine.commands.simulate import _show_text
from engine.config import Settings
from engine.flows_folder import read_folder
from engine.service import Serving, serve
from engine.simulator.acts import ACTS
from engine.simulator.chaos import FIELDS
from engine.simulator.options import Options
from engine.simulator.running import ManualClock
from engine.simulator.server import SimulatorServer
from engine.simulator.world import World
from engine.tables import catalogue

PAGE = (DOCS / "simulator.md").read_text(encoding="utf-8")
FLOWS = ROOT / "examples/first_flow"
SHOWN = "http://127.0.0.1:8400"
_SAVES = re.compile(r"(\w+)=\$\((.*) \| jq -r \.([\w.]+)\)")


@asynccontextmanager
async def telnyx_and_service(folder: Path):
    """A simulated Telnyx, and the service with the first flow."""
    world = World(catalogue(), options=Options(speed=100.0), start=time.time())
    async with SimulatorServer(world) as simulator:
        files = read_folder(FLOWS)
        version = load(files).version
        assert version is not None
        settings = Settings(
            telnyx_api_key=simulator.api_key,
            telnyx_public_key=simulator.public_key,
            telnyx_api_url=simulator.url,
            database=f"sqlite:///{folder}/ringflow.db",
            listen="127.0.0.1:0",
            admin_listen=f"unix:{folder}/admin.sock",
        )
        up: asyncio.Future[Serving] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(serve(settings, version, files, ready=up.set_result, log_to=io.StringIO()))
        await asyncio.wait((task, up), return_when=asyncio.FIRST_COMPLETED)
        simulator.webhook_url = f"http://127.0.0.1:{up.result().port}/webhooks/telnyx"
        yield simulator
        up.result().stop()
        await asyncio.wait_for(task, 10)


async def curl(command: str, root: str, saved: dict[str, str]) -> Any:
    """Do what a line of ``curl`` does, and return the JSON that comes back; any status but 200 is an error."""
    for name, value in saved.items():
        command = command.replace(f"'${name}'", value).replace(f"${name}", value)
    words = shlex.split(command)
    assert words[:2] == ["curl", "-s"], command
    given: dict[str, Any] = {"headers": {}, "data": None, "method": "GET"}
    urls, rest = [], iter(words[2:])
    for word in rest:
        match word:
            case "-X":
                given["method"] = next(rest)
            case "-d":
                given["data"], given["method"] = next(rest), "POST"
            case "-H":
                name, _, value = next(rest).partition(": ")
                given["headers"][name] = value
            case _:
                urls.append(word)
    [url] = urls
    assert url.startswith(SHOWN), url
    async with aiohttp.ClientSession() as client, client.request(url=root + url.removeprefix(SHOWN), **given) as answer:
        assert answer.status == 200, (command, await answer.text())
        return await answer.json()


async def carry_out(text: str, simulator: SimulatorServer) -> None:
    """Do every line of a block, in its order."""
    root, saved = simulator.url.removesuffix("/v2"), {}
    for line in text.splitlines():
        command = line.removeprefix("$ ")
        if saving := _SAVES.fullmatch(command):
            found = await curl(saving[2], root, saved)
            for name in saving[3].split("."):
                found = found[name]
            saved[saving[1]] = found
        else:
            await curl(command, root, saved)


@pytest.mark.parametrize("block", all_blocks("console service"), ids=str)
async def test_commands_with_the_service_work(block, tmp_path):
    async with telnyx_and_service(tmp_path) as simulator:
        await carry_out(block.text, simulator)


@pytest.mark.parametrize("block", all_blocks("console curl", "console manual"), ids=str)
async def test_commands_work(block):
    clock = ManualClock(time.time()) if block.what == "console manual" else time.time
    world = World(catalogue(), options=Options(speed=100.0), start=clock())
    async with SimulatorServer(world, clock=clock) as simulator:
        await carry_out(block.text, simulator)


async def heard(root: str, text: str) -> None:
    """Return once somebody hears *text*."""
    since = 0
    async with asyncio.timeout(20):
        while True:
            found = await curl(f"curl -s '{SHOWN}/sim/record?since={since}&wait_s=5'", root, {})
            if any(entry["kind"] == "hears" and text in entry["what"] for entry in found["entries"]):
                return
            since = found["next"]


async def test_the_caller_of_the_page_comes_to_the_room(tmp_path):
    async with telnyx_and_service(tmp_path) as simulator:
        root = simulator.url.removesuffix("/v2")
        call = f"""curl -s {SHOWN}/sim/calls -d '{{"from": "+34600111222", "to": "+15551230000"}}'"""
        leg = (await curl(call, root, {}))["call_control_id"]
        await heard(root, "You are number 1 in line.")
        await heard(root, "Press 1")
        await curl(f"""curl -s {SHOWN}/sim/calls/$LEG/press -d '{{"digits": "1"}}'""", root, {"LEG": leg})
        async with asyncio.timeout(20):
            while "team_room" not in (await curl(f"curl -s {SHOWN}/sim/state", root, {}))["rooms"]:
                await curl(f"curl -s '{SHOWN}/sim/record?since={len(simulator.world.record)}&wait_s=1'", root, {})


async def test_the_python_example_works():
    [block] = all_blocks("python")
    world = World(catalogue(), options=Options(speed=100.0), start=time.time())
    async with SimulatorServer(world) as simulator:
        leg = world.call(from_="+34600111222", to="+15551230000", now=time.time()).call_control_id
        code = block.text.replace(f"{SHOWN}/v2", simulator.url)

        await asyncio.to_thread(exec, code + "\nclient.close()\n", {"call_control_id": leg})

    assert telnyx.__name__ in block.text
    assert [entry.what for entry in world.record if entry.kind == "request"] == ["answer", "speak", "conference_create"]


def table(name: str) -> list[list[str]]:
    """Return the cells of the rows between the marks <!-- name --> and <!-- /name -->, without the heading."""
    text = PAGE.partition(f"<!-- {name} -->\n")[2].partition(f"<!-- /{name} -->")[0]
    return [row.strip("|").split("|") for row in text.splitlines()[2:]]


def test_every_act_of_sim_is_in_the_page_with_its_fields():
    shown = {
        re.findall("`([^`]+)`", request)[0]: set(re.findall(r"`(\w+)`(?! *\))", fields))
        for request, fields, _ in table("acts")
    }
    expected = {f"{act.method} {act.path}": {field.name for field in act.fields} for act in ACTS}
    expected["POST /sim/chaos"] = set()  # its fields have a table of their own

    assert shown == expected


def test_every_kind_of_chaos_is_in_the_page():
    shown = [name for first, *_ in table("chaos") for name in re.findall("`([^`]+)`", first)]

    assert shown == [field.name for field in FIELDS]


def test_every_option_of_simulate_is_in_the_page():
    shown = CliRunner().invoke(cli, ["simulate", "--help"]).output

    assert set(re.findall(r"^  (--[a-z-]+)", shown, re.MULTILINE)) == set(re.findall(r"\| `(--[a-z-]+)", PAGE))


def test_what_simulate_prints_is_what_the_page_shows(capsys):
    server = SimulatorServer(World(catalogue()))
    [block] = [
        block for block in all_blocks("text") if "TELNYX_PUBLIC_KEY" in block.text and block.page.stem == "simulator"
    ]
    options = {"webhook_url": "http://127.0.0.1:8080/webhooks/telnyx", "token": None}

    _show_text(options, f"{SHOWN}/v2", server.api_key, server.public_key)

    assert block.text == capsys.readouterr().out


@pytest.mark.parametrize("line", [line for block in all_blocks("console trigger") for line in block.text.splitlines()])
def test_webhooks_that_are_triggered_can_be(line, capsys):
    assert main([*shlex.split(line.removeprefix("$ ringflow ")), "--print"]) == 0

    assert '"event_type"' in capsys.readouterr().out


def test_every_option_of_trigger_is_in_its_section():
    section = (DOCS / "commands.md").read_text(encoding="utf-8").partition("\n## trigger\n")[2].partition("\n## ")[0]
    options = [param for param in cli.commands["trigger"].params if isinstance(param, click.Option)]

    assert re.findall(r"^- `(--[a-z-]+)", section, re.MULTILINE) == [option.opts[0] for option in options]
