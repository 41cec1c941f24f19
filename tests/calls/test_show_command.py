"""``ringflow show``: what people read of a call, what it never shows, and which call a name means."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from recorded import keep, played, shipped

from engine.cli import main

GOLDEN = Path(__file__).parent / "golden"
PIN = "7391"
FRONT_DESK = f"""
caller: calls from "+34600111222"
caller: presses 2
caller: presses 0000#
hears: That PIN is not right
caller: presses {PIN}#
is_in: team_room
wait: 10s
caller: hangs up
wait: 2s
"""
REFUSED = """
telnyx: {fails: transfer, with: 422, code: "90012"}
caller: calls from "+34600111222"
caller: presses 1
wait: 60s
"""
DESK = """
caller: calls from "+34600111222"
hears: You are number 1 in line
agent: calls from "+15552220001"
agent: presses 1
is_in: talking
wait: 65s
agent: hangs up
hears: How did we do
caller: presses 5
wait: 5s
"""
SALES = """
caller: calls from "+34600111222"
caller: presses 1
sales: is busy
hears: Goodbye
wait: 5s
"""
CALLS = {
    "front_desk": ("front_desk", FRONT_DESK), "refused": ("front_desk", REFUSED),
    "desk": ("support_desk", DESK), "sales": ("front_desk", SALES),
}  # fmt: skip


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Play one of CALLS and leave it in the database; returns the file."""

    def play(name: str) -> Path:
        flow, steps = CALLS[name]
        path = tmp_path / "ringflow.db"
        given = f'given: {{secrets: {{team_room_pin: "{PIN}"}}}}' if flow == "front_desk" else ""
        keep(path, played(shipped(), steps, test=flow, given=given).stage, shipped())
        monkeypatch.setenv("RINGFLOW_DATABASE", f"sqlite:///{path}")
        return path

    return play


@pytest.fixture
def database_of_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = "caller: is called\ncaller: does not answer\nwait: 7m"
    keep(tmp_path / "plan.db", played(shipped(), steps, test="callback").stage, shipped())
    monkeypatch.setenv("RINGFLOW_DATABASE", f"sqlite:///{tmp_path}/plan.db")


def name_of(capsys: pytest.CaptureFixture[str], role: str = "caller") -> str:
    main(["calls", "--format", "json"])
    return next(str(call["call"]) for call in json.loads(capsys.readouterr().out) if call["role"] == role)


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["show", *arguments]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("name", sorted(CALLS))
def test_a_call_reads_like_its_golden(kept, capsys, name: str):
    kept(name)

    told = shown(capsys, name_of(capsys))

    golden = GOLDEN / f"{name}.out"
    kept_lines = [line for line in told.splitlines(keepends=True) if not line.startswith(("began", "version"))]
    if os.environ.get("UPDATE_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text("".join(kept_lines), encoding="utf-8")
    assert "".join(kept_lines) == golden.read_text(encoding="utf-8")


def test_a_secret_is_in_no_line_and_not_in_the_history(kept, capsys):
    path = kept("front_desk")
    call = name_of(capsys)

    assert PIN not in shown(capsys, call)
    assert PIN not in shown(capsys, call, "--format", "json")
    with closing(sqlite3.connect(path)) as database:
        assert PIN not in str(database.execute("select record from journal").fetchall())


def test_programs_get_every_line_with_its_place(kept, capsys):
    kept("refused")

    told = json.loads(shown(capsys, name_of(capsys), "--format", "json"))

    assert (told["call"]["flow"], told["call"]["status"], told["linked"], told["whole"]) == (
        "front_desk", "ended", [], True,
    )  # fmt: skip
    assert [
        {name: value for name, value in line.items() if name not in ("at", "after_s", "line")}
        for line in told["lines"]
        if line["kind"] in ("refused", "plays", "error", "ended") or "transfer" in line["text"]
    ] == [
        {"kind": "does", "text": "transfer to=+…9999", "path": "front_desk.flow.yaml"},
        {
            "kind": "refused", "path": None,
            "text": "Telnyx refused transfer: Unable to execute command (90012, HTTP 422)",
        },
        {"kind": "error", "text": "error at transfer: Unable to execute command (90012)", "path": None},
        {"kind": "ended", "text": "the flow hung up", "path": None},
    ]  # fmt: skip
    assert told["lines"][0]["after_s"] == 0.0


def test_a_planned_call_and_an_attempt_that_nobody_answered(database_of_plan, capsys):
    main(["calls", "--format", "json"])
    attempt, planned = json.loads(capsys.readouterr().out)

    assert shown(capsys, attempt["call"]).splitlines()[-1] == "   0:30.0  ended    it was never answered"
    told = shown(capsys, planned["call"])
    assert re.search(r"^is planned, rings at 2026-01-05 \d\d:\d\d:30$", told, re.MULTILINE)
    assert "0:30.0  note     not answered: callback calls +…0101, why timeout" in told


def test_a_room_is_shown_by_its_name(kept, capsys):
    kept("front_desk")

    told = shown(capsys, "room:team_room")

    assert told.startswith("room:team_room\n")
    assert "does     conference_create name=team_room" in told


def test_a_call_is_found_by_its_call_control_id(kept, capsys):
    kept("front_desk")
    by_name = shown(capsys, call := name_of(capsys))
    control_id = played_control_id(os.environ["RINGFLOW_DATABASE"])

    assert shown(capsys, control_id) == by_name
    assert by_name.startswith(f"call {call}: front_desk")


def played_control_id(database: str) -> str:
    from engine.store.reading import read_history

    with read_history(database.removeprefix("sqlite:///")) as history:
        return str(json.loads(next(history.calls()).state)["call_control_id"])


def test_a_name_that_means_several_calls_names_them(kept, capsys):
    kept("desk")
    caller, agent = name_of(capsys), name_of(capsys, "agent")

    assert main(["show", caller[0]]) == 2
    assert capsys.readouterr().err == (
        f"ringflow: several calls begin with 'f': {caller}, {agent}; write more letters\n"
    )


def test_a_name_of_no_call_gets_the_nearest(kept, capsys):
    kept("front_desk")
    call = name_of(capsys)

    assert main(["show", call[:-1] + "x"]) == 2
    assert capsys.readouterr().err == (f"ringflow: there is no call '{call[:-1]}x'; did you mean '{call}'?\n")
    assert main(["show", "nobody"]) == 2
    assert capsys.readouterr().err == (
        "ringflow: there is no call 'nobody'; ringflow calls lists those that are kept\n"
    )
