"""docs/replay.md shows what diff and replay really print, and names options and keys. UPDATE_GOLDEN=1 writes it."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import click
import pytest
from recorded import keep, played

from engine.cli import cli, main

PAGE = Path(__file__).resolve().parents[2] / "docs" / "replay.md"
STEPS = "caller: calls\ncaller: presses 1\nhears: tomorrow\nwait: 5s"


def block(what: str) -> str:
    """The first block of the page with this info string."""
    return PAGE.read_text(encoding="utf-8").partition(f"\n```{what}\n")[2].partition("```\n")[0]


def assert_shown(what: str, text: str) -> None:
    if os.environ.get("UPDATE_GOLDEN"):
        page = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(page.replace(f"\n```{what}\n{block(what)}", f"\n```{what}\n{text}"), encoding="utf-8")
    assert block(what) == text


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Write old/ and new/ as the page has them; returns the files of old/."""
    monkeypatch.chdir(tmp_path)
    old = new = block("yaml")
    changes = block("diff").splitlines()
    for gone, come in zip(changes[::2], changes[1::2], strict=True):
        assert (gone[0], come[0], old.count(gone[1:])) == ("-", "+", 1)
        new = new.replace(gone[1:], come[1:])
    for name, text in (("old", old), ("new", new)):
        Path(name).mkdir()
        Path(name, "parcel.flow.yaml").write_text(text, encoding="utf-8")
    Path("old/parcel.test.yaml").write_text(block("yaml fragment"), encoding="utf-8")
    return {"parcel.flow.yaml": old.encode()}


def test_diff_prints_what_the_page_shows(folders, capsys: pytest.CaptureFixture[str]):
    assert main(["check", "new"]) == 0
    capsys.readouterr()

    assert main(["diff", "old/", "new/"]) == 1

    assert_shown("text diff", capsys.readouterr().out)


def test_replay_prints_what_the_page_shows(folders, monkeypatch, capsys: pytest.CaptureFixture[str]):
    keep(Path("ringflow.db"), played(folders, STEPS, test="parcel").stage, folders)
    main(["calls", "--format", "json"])
    call = json.loads(capsys.readouterr().out)[0]["call"]

    assert main(["replay", call]) == 0

    assert_shown("text replay", capsys.readouterr().out)


@pytest.mark.parametrize("name", ["diff", "replay"])
def test_every_option_is_described(name: str):
    options = [param.opts[0] for param in cli.commands[name].params if isinstance(param, click.Option)]
    section = PAGE.read_text(encoding="utf-8").partition(f"\n## {name}\n")[2].partition("\n## ")[0]

    assert re.findall(r"^\| `(--[a-z-]+)", section, re.MULTILINE) == options


def test_keys_of_json_are_described(folders, capsys: pytest.CaptureFixture[str]):
    keep(Path("ringflow.db"), played(folders, STEPS, test="parcel").stage, folders)
    main(["calls", "--format", "json"])
    call = json.loads(capsys.readouterr().out)[0]["call"]
    found = []
    for arguments in (["diff", "old", "new"], ["replay", call], ["replay", call, "--with", "new"]):
        main([*arguments, "--format", "json"])
        found.append(json.loads(capsys.readouterr().out))

    [flow], exact, other = found
    kinds = [flow, flow["groups"][0], flow["groups"][0]["changes"][0], exact, other, other["changes"][0]]
    text = " ".join(PAGE.read_text(encoding="utf-8").split())
    assert [keys for kind in kinds if (keys := f"`{{{', '.join(kind)}}}`") not in text] == []
