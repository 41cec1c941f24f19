"""docs/explore.md shows what the explorer really says, and names every option and key."""

from __future__ import annotations

import json
import re

import click
from pages import DOCS, all_blocks, blocks

from engine.check.run import load
from engine.cli import cli
from engine.explore import report
from engine.explore.run import explore

GOOD = """
flow: good
starts_when: {calls_to: any}
anywhere: {on_error: hangup}
start: hello
states:
  hello: {do: [answer, speak: "Hello."], then: hangup}
"""
PAGE = (DOCS / "explore.md").read_text(encoding="utf-8")


def test_the_example_is_a_real_one():
    [shown] = all_blocks("text explore")
    [flow] = [block for block in blocks(DOCS / "explore.md") if block.what == "yaml"]
    version = load({"parcel.flow.yaml": flow.text.encode()}).version
    assert version is not None

    finding = explore(version.flows["parcel"], version)

    told = report.line(finding, seconds=0.1)
    example = report.counter_example(finding, path="flows/parcel_found.test.yaml")
    assert shown.text == f"{told}\n\n{example}"


def test_every_option_is_described():
    options = {param.opts[0] for param in cli.commands["explore"].params if isinstance(param, click.Option)}

    assert set(re.findall(r"^\| `(--\w+)", PAGE, re.MULTILINE)) == options


def test_keys_of_json_are_described():
    version = load({"good.flow.yaml": GOOD.encode()}).version
    assert version is not None

    [row] = json.loads(report.as_json([(explore(version.flows["good"], version), 1.0)]))

    assert f"`{{{', '.join(row)}}}`" in PAGE
