"""The pages and tables that are generated say what the engine's tables say. UPDATE_GOLDEN=1 writes them anew."""

from __future__ import annotations

import os

import pytest
from generated import PAGES, ROOT, all_rules

from engine.core.verbs import VERBS
from engine.tables import catalogue


@pytest.mark.parametrize("name", PAGES)
def test_page_says_what_the_tables_say(name: str):
    page = ROOT / name
    wanted = PAGES[name]()

    if os.environ.get("UPDATE_GOLDEN"):
        page.write_text(wanted, encoding="utf-8")

    assert page.read_text(encoding="utf-8") == wanted


def test_every_verb_and_option_is_in_the_page():
    sections = (ROOT / "docs/verbs.md").read_text(encoding="utf-8").split("\n## ")[1:]

    shown = {section.partition("\n")[0]: section for section in sections}

    assert list(shown) == list(VERBS)
    assert all(f"| `{option.name}`" in shown[verb.name] for verb in VERBS.values() for option in verb.options)


def test_every_rule_is_in_the_page_with_an_example():
    page = (ROOT / "docs/rules.md").read_text(encoding="utf-8")

    assert [line.code for line in all_rules() if f"### {line.code} {line.name}\n" not in page] == []
    assert {line.code for line in all_rules() if f"[{line.code} {line.name}]" not in line.report} == {"Y008"}


def test_every_rule_of_the_checker_is_shown_put_right():
    rules = [page for page in all_rules() if page.code[0] != "N" and page.code != "Y008"]
    sections = (ROOT / "docs/rules.md").read_text(encoding="utf-8").split("\n### ")
    shown = {section.split()[0]: section for section in sections}

    assert [page.code for page in rules if not page.good] == []
    assert [page.code for page in rules if "Put right:" not in shown[page.code]] == []


def test_every_operation_and_webhook_of_telnyx_is_in_the_page():
    page = (ROOT / "docs/telnyx.md").read_text(encoding="utf-8")
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| `")]
    table = catalogue()

    assert {row[0].strip("|` ") for row in rows} >= table.operations.keys()
    assert {name for name in table.events if f"`{name}`" not in page} == set()
    assert sum("test_seed_operation[" in row[-1] for row in rows) == 34
    assert sum("test_seed_webhook[" in row[-1] for row in rows) == 16
