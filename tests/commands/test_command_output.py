"""What the reference commands print, to the letter. UPDATE_GOLDEN=1 writes the files of golden/ anew."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.cli import main

HERE = Path(__file__).resolve().parent
GOLDEN = {
    "explain_r001.txt": (["explain", "R001"], 0),
    "explain_g002.json": (["explain", "wait-without-limit", "--format", "json"], 0),
    "verbs_enqueue.txt": (["verbs", "enqueue"], 0),
    "verbs_enqueue.json": (["verbs", "enqueue", "--format", "json"], 0),
    "verbs_speak.json": (["verbs", "speak", "--format=json"], 0),
    "check_text.txt": (["check", "golden/desk.flow.yaml"], 1),
    "check_json.json": (["check", "--format", "json", "golden/desk.flow.yaml"], 1),
    "check_github.txt": (["check", "--format", "github", "golden/desk.flow.yaml"], 1),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_command_prints_exactly_this(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments, code = GOLDEN[name]
    monkeypatch.chdir(HERE)

    assert main(arguments) == code

    printed = capsys.readouterr().out
    if os.environ.get("UPDATE_GOLDEN"):
        (HERE / "golden" / name).write_text(printed, encoding="utf-8")
    assert printed == (HERE / "golden" / name).read_text(encoding="utf-8")
