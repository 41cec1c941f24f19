"""The wheel, installed into an empty environment and run from another folder: what a user installs must work."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the command that an empty environment got from the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "build", "--outdir", folder, ROOT], check=True, capture_output=True)
    wheel = next(folder.glob("*.whl"))
    venv.create(folder / "venv", with_pip=True)
    pip = [folder / "venv/bin/python", "-m", "pip", "install", "--quiet", wheel]
    subprocess.run(pip, check=True, capture_output=True)
    return folder / "venv/bin/ringflow"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_installed_command_checks_and_tests_the_shipped_flows(installed: Path, tmp_path: Path) -> None:
    for command in ("check", "test"):
        result = subprocess.run(
            [installed, command, ROOT / "flows"], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_installed_command_finds_its_tables(installed: Path, tmp_path: Path) -> None:
    code = "from engine.tables import catalogue; print(len(catalogue().operations), len(catalogue().events))"
    result = subprocess.run(
        [installed.parent / "python", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == ["75", "62"]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "arguments", [["explain", "R001"], ["verbs", "speak"], ["schema", "flow"], ["init", "flows"]], ids=" ".join
)
def test_the_installed_command_carries_its_reference(installed: Path, tmp_path: Path, arguments: list[str]) -> None:
    result = subprocess.run([installed, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout
