"""What a world promises to those who run it: its time, its ids, and that it touches nothing outside."""

from __future__ import annotations

import ast
import pathlib

import pytest
from simulated_line import Line

import engine.simulator.world

FORBIDDEN = {"asyncio", "os", "time", "random", "uuid", "httpx", "aiohttp", "sqlite3", "nacl"}
IMPURE = {"server.py", "control.py", "deeds.py", "running.py", "deliveries.py", "main.py", "signing.py"}


def test_another_seed_gives_other_ids():
    assert Line(seed=1).caller() != Line(seed=2).caller()


def test_a_clock_that_goes_backwards_stands_still(line):
    line.caller()
    before = line.world.now
    line.world.advance(0.0)

    assert line.world.now == before


def test_next_due_says_when_to_come_back(line):
    line.ok("speak", line.caller(), payload="x" * 100, voice="v")
    line.wait()

    due = line.world.next_due()
    line.world.advance(due)
    line.now = due

    assert line.wait(0.05) == ["call.speak.ended"]


def test_ids_look_like_telnyxs(line):
    leg = line.world.call(from_="+1", to="+2", now=line.now)

    assert leg.call_control_id.startswith("v3:")
    assert "=" not in leg.call_control_id
    assert [len(part) for part in leg.call_leg_id.split("-")] == [8, 4, 4, 4, 12]


def test_an_unknown_leg_is_an_error_of_the_caller(line):
    for act in (line.world.hang_up, line.world.pick_up):
        with pytest.raises(ValueError, match="there is no call"):
            act("v3:none", line.now)


def test_the_world_touches_nothing_outside():
    folder = pathlib.Path(engine.simulator.world.__file__).parent
    for path in folder.glob("*.py"):
        tree = ast.parse(path.read_text())
        names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
        names += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        touched = {name.split(".")[0] for name in names} & FORBIDDEN
        assert not touched or path.name in IMPURE, f"{path.name} imports {touched}"
