"""``ringflow replay`` and ``ringflow diff``, on a database and on folders. UPDATE_GOLDEN=1 writes their goldens."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from recorded import FLOWS, keep, played, shipped
from test_show_command import CALLS, GOLDEN, PIN, kept, name_of

from engine.cli import main

__all__ = ["kept"]


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with the front desk alone, and its tests."""
    folder = tmp_path / "desk"
    folder.mkdir()
    for name in ("front_desk.flow.yaml", "front_desk.test.yaml", "project.yaml"):
        shutil.copy(FLOWS / name, folder)
    return folder


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """The shipped flows, with another key for sales in the menu of the front desk."""
    folder = tmp_path / "changed"
    shutil.copytree(FLOWS, folder)
    desk = folder / "front_desk.flow.yaml"
    text = desk.read_text(encoding="utf-8")
    assert '"1": sales' in text
    desk.write_text(text.replace('"1": sales', '"3": sales'), encoding="utf-8")
    return folder


def printed(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert main(arguments) == code
    return capsys.readouterr().out


def assert_golden(text: str, name: str) -> None:
    golden = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def spoil(path: Path, old: str, new: str) -> None:
    """Change the history in a database, as a defect of ringflow's would."""
    with closing(sqlite3.connect(path)) as database:
        count = database.execute(
            "update journal set record = replace(record, ?, ?) where record like ?", (old, new, f"%{old}%")
        ).rowcount
        database.commit()
    assert count > 0


@pytest.mark.parametrize("name", sorted(CALLS))
def test_a_recorded_call_comes_out_as_recorded(kept, capsys: pytest.CaptureFixture[str], name: str):
    kept(name)
    call = name_of(capsys)

    told = printed(capsys, "replay", call)
    assert_golden(told, f"replay_{name}.out")
    assert PIN not in told

    found = json.loads(printed(capsys, "replay", call, "--format", "json"))
    assert found.keys() == {"call", "exact", "events", "commands", "difference"}
    assert (found["exact"], found["difference"]) == (True, None)
    assert f"{found['events']} events, {found['commands']} commands" in told


def test_the_first_line_that_is_not_as_recorded_is_told(kept, capsys: pytest.CaptureFixture[str]):
    spoil(kept("sales"), '"state":"sales"', '"state":"support"')
    call = name_of(capsys)

    assert_golden(printed(capsys, "replay", call, code=1), "replay_spoilt.out")
    found = json.loads(printed(capsys, "replay", call, "--format", "json", code=1))
    assert {side: line["record"]["state"] for side, line in found["difference"].items()} == {
        "recorded": "support", "replayed": "sales",
    }  # fmt: skip


def test_a_history_of_an_older_ringflow_is_refused(kept, capsys: pytest.CaptureFixture[str]):
    path = kept("sales")
    with closing(sqlite3.connect(path)) as database:
        database.execute("delete from journal where kind = 'recorded'")
        database.commit()
    call = name_of(capsys)

    assert main(["replay", call]) == 2
    assert "did not keep enough of it to replay a call" in capsys.readouterr().err


def test_a_room_cannot_be_replayed(kept, capsys: pytest.CaptureFixture[str]):
    kept("desk")

    assert main(["replay", "queue:support"]) == 2
    assert "only a call that has rung can be replayed" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["front_desk", "sales", "refused"])
def test_a_recorded_call_on_changed_flows_says_what_callers_would_notice(
    kept, changed: Path, capsys: pytest.CaptureFixture[str], name: str
):
    kept(name)
    call = name_of(capsys)

    told = printed(capsys, "replay", call, "--with", str(changed), code=0 if name == "front_desk" else 1)
    assert_golden(told.replace(str(changed), "changed"), f"replay_{name}_changed.out")


def test_one_changed_flow_answers_the_call_whatever_it_is_called(
    kept, changed: Path, capsys: pytest.CaptureFixture[str]
):
    kept("sales")
    desk = (changed / "front_desk.flow.yaml").rename(changed / "new_desk.flow.yaml")
    desk.write_text(desk.read_text(encoding="utf-8").replace("flow: front_desk", "flow: new_desk"), encoding="utf-8")
    for test in changed.glob("*.test.yaml"):
        test.unlink()

    found = json.loads(printed(capsys, "replay", name_of(capsys), "--with", str(desk), "--format", "json", code=1))

    assert found.keys() == {"call", "flow", "with", "alone", "changes", "guess"}
    assert (found["flow"], found["with"], found["alone"]) == ("front_desk", str(desk), False)
    assert found["changes"][0].keys() == {"after_s", "who", "before", "now", "guess"}
    assert found["guess"] == '"sales: is busy" is what came next, and nothing waits for it any more'


def test_diff_groups_calls_and_tests_by_what_would_be_noticed(
    kept, desk: Path, changed: Path, capsys: pytest.CaptureFixture[str]
):
    kept("sales")

    told = printed(capsys, "diff", str(desk), str(changed), code=1)

    assert_golden(told.replace(str(desk), "flows"), "diff.out")


def test_diff_needs_no_database(
    desk: Path, changed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("RINGFLOW_DATABASE", f"sqlite:///{tmp_path}/none.db")

    found = json.loads(printed(capsys, "diff", str(desk), str(changed), "--format", "json", code=1))

    [flow] = found
    assert flow.keys() == {"flow", "calls", "groups", "left_out"}
    assert (flow["flow"], flow["left_out"]) == ("front_desk", [])
    [group] = flow["groups"]
    assert group.keys() == {"calls", "changes", "guess"}
    assert (len(group["calls"]), flow["calls"]) == (3, 11)
    assert not (tmp_path / "none.db").exists()


@pytest.mark.slow
def test_diff_of_flows_with_themselves_is_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("RINGFLOW_DATABASE", f"sqlite:///{tmp_path}/none.db")

    told = printed(capsys, "diff", str(FLOWS), str(FLOWS))

    assert all("nothing that a caller would notice" in line for line in told.splitlines())


def test_diff_knows_a_version_of_the_database_by_its_letters(kept, changed: Path, capsys: pytest.CaptureFixture[str]):
    path = kept("sales")
    with closing(sqlite3.connect(path)) as database:
        [(version,)] = database.execute("select version from versions")

    told = printed(capsys, "diff", version[:8], str(changed), code=1)

    assert told.startswith("front_desk: 1 of 1 call would go otherwise\n  call ")


LINE = """
caller: calls
hears: You are number 1 in line
caller_2: calls
caller_2: {hears: You are number 2 in line}
agent: calls from "+15552220002"
agent: presses 1
wait: 2m
caller: hangs up
agent: {is_in: ready}
agent: presses 1
caller_2: {is_in: talking}
"""


def test_calls_that_depended_on_others_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    stage = played(shipped(), LINE, test="support_desk").stage
    keep(tmp_path / "line.db", stage, shipped())
    monkeypatch.setenv("RINGFLOW_DATABASE", f"sqlite:///{tmp_path}/line.db")
    shutil.copytree(FLOWS, tmp_path / "bare", ignore=shutil.ignore_patterns("*.test.yaml"))

    told = printed(capsys, "diff", str(tmp_path / "bare"), str(FLOWS))
    lines = told.splitlines()

    assert lines[0] == "support_desk: nothing that a caller would notice, in 1 call"
    assert len(lines) == 2
    assert "it depended on others who are not in it, such as callers ahead in line" in lines[1]
    alone = lines[1].partition("call ")[2].partition(":")[0].rpartition(" ")[2]
    assert "note: the call depended on others" in printed(capsys, "replay", alone, "--with", str(FLOWS))


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["diff", "nowhere", str(FLOWS)], 1, "there is no folder nowhere, nor a version of that name"),
        (["diff", str(FLOWS), str(FLOWS), "--calls", "5"], 3, "there is no database"),
        (["diff", "bare", str(FLOWS)], 2, "there is nothing to play: bare has no tests, and no recorded call fits"),
    ],
)
def test_what_is_missing_is_told(
    tmp_path: Path, monkeypatch, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, message: str
):
    monkeypatch.setenv("RINGFLOW_DATABASE", f"sqlite:///{tmp_path}/none.db")
    monkeypatch.chdir(tmp_path)
    shutil.copytree(FLOWS, "bare", ignore=shutil.ignore_patterns("*.test.yaml"))

    assert main(arguments) == code
    assert message in capsys.readouterr().err


def test_a_call_whose_flows_are_not_kept_any_more_is_refused(kept, capsys: pytest.CaptureFixture[str]):
    path = kept("sales")
    with closing(sqlite3.connect(path)) as database:
        database.execute("delete from versions")
        database.commit()
    call = name_of(capsys)

    assert main(["replay", call]) == 2
    assert f"no flow had the call {call}, or its flows are not kept any more" in capsys.readouterr().err
