"""docs/commands.md names every command, and every option and format of those it describes."""

from __future__ import annotations

import json
import re

import click
import pytest
from pages import DOCS

from engine.check.explain import rule_pages
from engine.cli import cli, main

PAGE = (DOCS / "commands.md").read_text(encoding="utf-8")


def section(heading: str) -> str:
    return PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def test_every_command_has_its_row():
    rows = re.findall(r"^\| `ringflow (\w+)", PAGE, re.MULTILINE)

    assert rows == list(cli.commands)


def test_every_choice_of_check_has_its_row():
    options = [param for param in cli.commands["check"].params if isinstance(param, click.Option)]
    choices = [f"{option.opts[0]} {choice}" for option in options for choice in option.type.choices]

    assert re.findall(r"^\| `(--[^`]+)` \|", section("check"), re.MULTILINE) == choices


@pytest.mark.parametrize(("arguments", "heading"), [(["explain", "R001"], "explain"), (["verbs", "log"], "verbs")])
def test_keys_of_json_are_described(arguments: list[str], heading: str, capsys: pytest.CaptureFixture[str]):
    main([*arguments, "--format", "json"])
    printed = json.loads(capsys.readouterr().out)
    keys = list(printed if isinstance(printed, dict) else printed[0])

    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]

    assert f"`{{{', '.join(keys)}}}`" in section.replace("\n", " ")


def test_rules_that_are_shown_exist():
    shown = set(re.findall(r"ringflow explain ([\w-]+)`?$", PAGE, re.MULTILINE))

    assert shown == {"R001", "unknown-state"}
    assert shown <= {name for page in rule_pages() for name in (page.code, page.name)}
