"""docs/commands.md names every option of the commands for operators, and the numbers of the code."""

from __future__ import annotations

import re

import click
import pytest
from pages import DOCS

from engine.cli import cli
from engine.listen.fixture import MOST_FILES
from engine.orders import LATEST_S
from engine.upkeep import LEAST_S

PAGE = (DOCS / "commands.md").read_text(encoding="utf-8")


def section(heading: str) -> str:
    return PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize("name", ["doctor", "listen", "call"])
def test_every_option_has_its_row(name: str):
    options = [param.opts[0] for param in cli.commands[name].params if isinstance(param, click.Option)]

    assert re.findall(r"^\| `(--[a-z-]+)", section(name), re.MULTILINE) == options


@pytest.mark.parametrize("group", ["flows", "db"])
def test_every_command_and_option_of_a_group_is_described(group: str):
    commands = cli.commands[group].commands
    options = {param.opts[0] for each in commands.values() for param in each.params if isinstance(param, click.Option)}

    assert re.findall(r"^- `ringflow \w+ (\w+)", section(group), re.MULTILINE) == list(commands)
    assert sorted(re.findall(r"^\| `(--[a-z-]+)", section(group), re.MULTILINE)) == sorted(options)


def test_numbers_are_those_of_the_code():
    assert f"at most {MOST_FILES} in all" in section("listen")
    assert f"at most {LATEST_S / 86400:.0f} days ahead" in section("call")
    assert LEAST_S == 3600.0
    assert "an hour at least" in section("db")
