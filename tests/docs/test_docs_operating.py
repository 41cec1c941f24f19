"""docs/operating.md names every setting and log line that there is, and no other."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest
from pages import DOCS, ROOT

from engine import cli, config, reloading, service, versions
from engine.core import delivery
from engine.runtime import outside
from engine.telnyx import signature
from engine.web.limits import Limits

PAGE = (DOCS / "operating.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(title: str) -> list[str]:
    """Return the rows of the section's table, without its head."""
    return [line for line in section(title).splitlines() if line.startswith("| `")]


def engine_source() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "engine").rglob("*.py"))


def test_every_setting_has_its_row():
    named = [re.findall(r"`([^`]+)`", row)[0] for row in rows("Settings")]

    assert sorted(named) == sorted([*config._NAMES, "RINGFLOW_SECRET_<NAME>"])


def test_defaults_are_those_of_the_settings():
    defaults = {field.name: field.default for field in fields(config.Settings)}

    shown = {re.findall(r"`([^`]+)`", row)[0]: row.rsplit("|", 2)[1] for row in rows("Settings")}

    for name in ("flows", "database", "listen", "admin_listen", "log_level"):
        assert f"`{defaults[name]}`" in shown[f"RINGFLOW_{name.upper()}"], name
    assert f"`{defaults['telnyx_api_url']}`" in shown["TELNYX_API_URL"]


def test_every_line_of_the_log_is_described():
    written = set(re.findall(r"log\.(?:info|warning|error)\(\s*\"(\w+)\"", engine_source()))
    written |= set(service._TOLD) | {"command_refused", "command_in_doubt"}

    described = {name for row in rows("Logs") for name in re.findall(r"`(\w+)`", row.split("|")[1])} - {"event"}

    assert described == written


@pytest.mark.parametrize(
    ("sentence", "number"),
    [
        ("has {} seconds; then it ends", service._DRAIN_S),
        ("looks every {} seconds", service._HOUSEKEEPING_S),
        ("ended is kept with its history: `12h`, `{}d`", config.Settings().keep_calls_s / 86400),
        ("| `{}d`, or as long as the others", config.Settings().keep_failed_calls_s / 86400),
        ("attempt begins {} seconds after the first", delivery._STOP_S),
        ("differ by {}\n  seconds at most", signature.TOLERANCE_S),
        ("a line each, {} at most", versions._MOST_TOLD),
        ("{} KB at most", outside._MAX_BYTES / 1024),
        ("ten minutes, {} seconds each", outside._ATTEMPT_S),
        ("and {} connections", Limits().max_connections),
        ("within {} seconds", Limits().receive_s),
    ],
)
def test_numbers_are_those_of_the_code(sentence: str, number: float):
    assert re.search(sentence.replace("{}", f"{number:g}").replace("\n  ", r"\s+"), PAGE), sentence


def test_folder_is_looked_at_as_often_as_the_page_says():
    assert reloading._LOOK_S == 1.0
    assert "looks at the folder once a second" in section("New flows")


def test_exit_codes_are_those_of_the_command():
    codes = {int(line.split("|")[1]) for line in section("Exit codes").splitlines() if re.match(r"\| \d", line)}

    assert codes == {cli.OK, cli.PROBLEMS, cli.USAGE, cli.ENGINE, 130}
