"""Reading the folder of flows."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import FlowError
from engine.flows_folder import read_folder


def test_flows_and_project_are_read_and_nothing_else(tmp_path: Path) -> None:
    for name in ("a.flow.yaml", "a.test.yaml", "project.yaml", "notes.txt", ".b.flow.yaml", "hold.mp3", ".x.wav"):
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "c.flow.yaml").write_bytes(b"c")
    (tmp_path / "music").mkdir()
    (tmp_path / "music" / "rain.wav").write_bytes(b"rain")
    (tmp_path / "linked.flow.yaml").symlink_to(tmp_path / "old" / "c.flow.yaml")

    files = read_folder(tmp_path)

    assert files == {
        "a.flow.yaml": b"a.flow.yaml",
        "hold.mp3": b"hold.mp3",
        "linked.flow.yaml": b"c",
        "music/rain.wav": b"rain",
        "project.yaml": b"project.yaml",
    }


def test_missing_folder_is_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(FlowError, match=r"there is no .*/flows; name the folder of your flows, or set"):
        read_folder(tmp_path / "flows")


def test_folder_without_flows_is_refused(tmp_path: Path) -> None:
    (tmp_path / "project.yaml").write_bytes(b"")

    with pytest.raises(FlowError, match=r"there is no flow in .*; a flow is a file whose name ends in \.flow\.yaml"):
        read_folder(tmp_path)


def test_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.flow.yaml").write_bytes(b"")

    with pytest.raises(FlowError, match="is a file; name the folder that holds your flows"):
        read_folder(tmp_path / "a.flow.yaml")


@pytest.mark.parametrize("name", ["desk.flow.yml", "project.yml", "desk.flow.yaml.txt"])
def test_misspelt_file_name_is_not_passed_over(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    (tmp_path / "a.flow.yaml").write_bytes(b"")

    with pytest.raises(FlowError, match=f"{name}: the name must end in .yaml"):
        read_folder(tmp_path)


def test_flow_that_is_a_folder_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.flow.yaml").mkdir()

    with pytest.raises(FlowError, match=r"a\.flow\.yaml cannot be read: "):
        read_folder(tmp_path)
