"""docs/commands.md names every command, and every option and format of those it describes."""

from __future__ import annotations

import json
import re

import click
import pytest
from pages import DOCS, ROOT

from engine.check.explain import rule_pages
from engine.cli import cli, main
from engine.listen.fixture import MOST_FILES

PAGE = (DOCS / "commands.md").read_text(encoding="utf-8")
WITH_OPTIONS = ("doctor", "listen", "call", "calls", "show")


def section(heading: str) -> str:
    return PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def test_every_command_has_its_row():
    rows = re.findall(r"^\| `ringflow (\w+)", PAGE, re.MULTILINE)

    assert rows == list(cli.commands)


def test_every_choice_of_check_has_its_row():
    options = [param for param in cli.commands["check"].params if isinstance(param, click.Option)]
    choices = [f"{option.opts[0]} {choice}" for option in options for choice in option.type.choices]

    assert re.findall(r"^\| `(--[^`]+)` \|", section("check"), re.MULTILINE) == choices


@pytest.mark.parametrize("name", WITH_OPTIONS)
def test_every_option_has_its_row(name: str):
    options = [param.opts[0] for param in cli.commands[name].params if isinstance(param, click.Option)]

    assert re.findall(r"^\| `(--[a-z-]+)", section(name), re.MULTILINE) == options


def test_every_option_of_test_has_its_row():
    options = {param.opts[0] for param in cli.commands["test"].params if isinstance(param, click.Option)}

    assert set(re.findall(r"^\| `(--[\w-]+)[^`]*` \|", section("test"), re.MULTILINE)) == options


@pytest.mark.parametrize(
    ("arguments", "heading"),
    [(["explain", "R001"], "explain"), (["verbs", "log"], "verbs"), (["test", "examples/first_flow"], "test")],
)
def test_keys_of_json_are_described(
    arguments: list[str], heading: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(ROOT)
    main([*arguments, "--format", "json"])
    printed = json.loads(capsys.readouterr().out)

    first = printed if isinstance(printed, dict) else printed[0]
    kinds = [first, *first.get("scenarios", [])[:1], *first.get("coverage", {}).values()]

    for keys in {", ".join(kind) for kind in kinds}:
        assert f"`{{{keys}}}`" in section(heading).replace("\n", " ")


def test_rules_that_are_shown_exist():
    shown = set(re.findall(r"ringflow explain ([\w-]+)`?$", PAGE, re.MULTILINE))

    assert shown == {"R001", "unknown-state"}
    assert shown <= {name for page in rule_pages() for name in (page.code, page.name)}


def test_the_number_of_files_that_listen_writes_is_that_of_the_code():
    assert f"at most {MOST_FILES} in all" in section("listen")
