"""The README shows what is really there: its flow, the checker's words, the demo's lines, the settings."""

from __future__ import annotations

import re
from pathlib import Path

from engine import config
from engine.check.report import as_text
from engine.check.run import check_files

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
FIRST_FLOW = (ROOT / "examples/first_flow/first_flow.flow.yaml").read_text(encoding="utf-8")


def block(name: str) -> str:
    """Return the content of the fenced block between the comments called *name*."""
    found = re.search(rf"<!-- {name} -->\n```\w+\n(.*?)```\n<!-- /{name} -->", README, re.DOTALL)
    assert found is not None, name
    return found[1]


def test_the_flow_is_the_shipped_one_and_has_at_most_25_lines():
    assert block("first_flow") == FIRST_FLOW
    assert FIRST_FLOW.count("\n") <= 25


def test_the_checkers_words_are_its_own():
    mistaken = FIRST_FLOW.replace("then: menu", "then: meun").replace("- speak", "- say")
    files = {
        "first_flow.flow.yaml": mistaken.encode(),
        "project.yaml": (ROOT / "examples/first_flow/project.yaml").read_bytes(),
    }

    assert block("check") == as_text(check_files(files), files)


def test_the_demos_lines_are_of_the_three_acts():
    lines = block("demo").splitlines()

    assert sum(bool(re.match(r"\d\. ", line)) for line in lines) == 3
    assert all(re.match(r"  +\d+\.\ds  \w+ ", line) for line in lines if line.startswith("  "))
    assert lines[-1].startswith("All three flows did their job in ")


def test_every_setting_is_in_the_table():
    for name in (*config._NAMES, "RINGFLOW_SECRET_<NAME>"):
        assert f"`{name}`" in README, name
