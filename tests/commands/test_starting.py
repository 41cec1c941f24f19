"""``ringflow init`` and ``new``: what they write works at once, and what was there stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.cli import main


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_folder_passes_check_and_test(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "deep" / "flows"

    assert main(["init", str(folder)]) == 0

    assert names(folder) == ["hello.flow.yaml", "hello.test.yaml", "project.yaml"]
    assert capsys.readouterr().out.splitlines() == [
        f"wrote {folder}/hello.flow.yaml",
        f"wrote {folder}/hello.test.yaml",
        f"wrote {folder}/project.yaml",
        f"Now try: ringflow check {folder}, then: ringflow test {folder}",
    ]
    assert main(["check", "--fail-on", "warning", str(folder)]) == 0
    assert main(["test", str(folder)]) == 0


def test_new_flows_stand_beside_the_first_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RINGFLOW_FLOWS", str(tmp_path))
    assert main(["init", str(tmp_path)]) == 0

    assert main(["new", "night_desk"]) == 0
    assert main(["new", "day_desk", "--flows", str(tmp_path)]) == 0

    assert {"night_desk.flow.yaml", "night_desk.test.yaml", "day_desk.flow.yaml"} <= set(names(tmp_path))
    capsys.readouterr()
    assert main(["check", "--fail-on", "warning"]) == 0, capsys.readouterr().out
    assert main(["test"]) == 0
    assert main(["route", "--to", "+12025550102"]) == 0


@pytest.mark.parametrize("there", ["hello.flow.yaml", "hello.test.yaml", "project.yaml"])
def test_nothing_is_overwritten_and_nothing_half_done(
    there: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / there).write_text("mine")

    assert main(["init", str(tmp_path)]) == 2

    assert names(tmp_path) == [there]
    assert (tmp_path / there).read_text() == "mine"
    assert capsys.readouterr().err == (
        f"ringflow: {tmp_path}/{there} would be overwritten; choose another name, or remove it first\n"
    )


@pytest.mark.parametrize("name", ["Night", "night-desk", "../night", "", "1st", "n" * 61])
def test_a_name_that_no_flow_can_have_is_wrong_usage(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", name, "--flows", str(tmp_path)]) == 2

    assert f"'{name}' cannot be the name of a flow" in capsys.readouterr().err
    assert names(tmp_path) == []


def test_new_needs_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "night", "--flows", str(tmp_path / "none")]) == 2

    assert "ringflow init" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")

    assert main(["init", str(tmp_path / "file" / "flows")]) == 2

    error = capsys.readouterr().err
    assert "cannot be written" in error
    assert error.count("\n") == 1
