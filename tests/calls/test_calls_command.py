"""``ringflow calls``: which calls it lists, how, and what it says when there are none."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from recorded import keep, played, shipped

from engine.cli import main

DESK = """
caller: calls from "+34600111222"
hears: You are number 1 in line
agent: calls from "+15552220001"
agent: presses 1
is_in: talking
wait: 65s
agent: hangs up
hears: How did we do
"""


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "ringflow.db"
    keep(path, played(shipped(), DESK, test="support_desk").stage, shipped())
    monkeypatch.setenv("RINGFLOW_DATABASE", f"sqlite:///{path}")
    monkeypatch.setenv("TZ", "UTC")
    return path


def listed(capsys: pytest.CaptureFixture[str], *options: str) -> list[dict[str, object]]:
    assert main(["calls", *options, "--format", "json"]) == 0
    found: list[dict[str, object]] = json.loads(capsys.readouterr().out)
    return found


def test_a_table_for_people(database: Path, capsys: pytest.CaptureFixture[str]):
    code = main(["calls"])

    lines = capsys.readouterr().out.splitlines()
    assert code == 0
    assert re.split(r"  +", lines[0]) == ["call", "began", "status", "flow", "state", "from", "to", "lasted"]
    assert [re.split(r"  +", line)[2:7] for line in lines[1:]] == [
        ["ended", "support_desk, agent", "talking", "+…0001", "+…1112"],
        ["live", "support_desk", "ask_rating", "+…1222", "+…1111"],
    ]
    assert re.split(r"  +", lines[1])[7] == "1:05"


def test_every_key_for_programs(database: Path, capsys: pytest.CaptureFixture[str]):
    agent, caller = listed(capsys)

    assert {name: value for name, value in caller.items() if name not in ("call", "version", "to")} == {
        "flow": "support_desk", "role": "caller", "state": "ask_rating", "from": "+…1222",
        "started_at": "2026-01-05T10:00:00.020+00:00", "ended_at": None, "status": "live",
    }  # fmt: skip
    assert re.fullmatch(r"[a-km-z2-9]{8}", str(caller["call"]))
    assert (agent["role"], agent["status"]) == ("agent", "ended")
    assert str(agent["ended_at"]).startswith("2026-01-05T10:01:")


@pytest.mark.parametrize(
    ("options", "roles"),
    [
        (["--live"], ["caller"]),
        (["--limit", "1"], ["agent"]),
        (["--flow", "support_desk"], ["agent", "caller"]),
        (["--flow", "front_desk"], []),
        (["--number", "+34600"], ["caller"]),
        (["--number", "+15552220001"], ["agent"]),
        (["--since", "1m"], []),
    ],
)
def test_options_choose(database: Path, capsys: pytest.CaptureFixture[str], options: list[str], roles: list[str]):
    assert [call["role"] for call in listed(capsys, *options)] == roles


def test_whole_numbers_are_shown_when_the_log_shows_them(
    database: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("RINGFLOW_LOG_NUMBERS", "full")

    assert listed(capsys, "--live")[0]["from"] == "+34600111222"


def test_no_call_is_said_in_words(database: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["calls", "--flow", "nothing"]) == 0
    assert capsys.readouterr().out == "no calls like that\n"


def test_a_time_that_is_none_is_refused(database: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["calls", "--since", "yesterday"]) == 2
    assert "--since yesterday: write a length of time, such as 30m, 2h or 90s" in capsys.readouterr().err


def test_without_a_database_it_says_which_one_was_looked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("RINGFLOW_DATABASE", f"sqlite:///{tmp_path}/other.db")

    assert main(["calls"]) == 3
    assert capsys.readouterr().err == (
        f"ringflow: there is no database {tmp_path}/other.db; set RINGFLOW_DATABASE as the service has it\n"
    )
    assert list(tmp_path.iterdir()) == []
