"""How long the checker takes, start-up included: people run it after every change, and CI on every push."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from crowd_of_flows import FLOWS, write_crowd
from slowness import slowness

ONE_S = 0.5
CROWD_S = 2.0


@pytest.fixture
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of an installation: compiled modules are kept, whatever this machine does."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(tmp_path_factory.mktemp("compiled"))}


def seconds_of(arguments: list[object], environment: dict[str, str]) -> float:
    """
    Return the processor seconds of one ``ringflow`` command, the best of five that follow a first one.

    One thread does all the work, so on an idle machine these are the seconds on the clock. Where others use the
    machine as well, even processor seconds pass more quickly, by turns: hence the best of several, and a loop whose
    length is known to say how busy the machine is throughout.
    """
    _seconds(arguments, environment)
    return min(_seconds(arguments, environment) / slowness() for _ in range(5))


def _seconds(arguments: list[object], environment: dict[str, str]) -> float:
    command = [sys.executable, "-m", "engine", *map(str, arguments)]
    process = subprocess.Popen(
        command, cwd=FLOWS.parent, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert process.stdout is not None
    shown = process.stdout.read()
    process.stdout.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, shown.decode()
    return usage.ru_utime + usage.ru_stime


def test_one_flow_is_checked_in_half_a_second(environment: dict[str, str]) -> None:
    assert seconds_of(["check", FLOWS / "support_desk.flow.yaml"], environment) < ONE_S


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_hundred_long_flows_are_checked_in_two_seconds(tmp_path: Path, environment: dict[str, str]) -> None:
    write_crowd(tmp_path, flows=100, lines=200)
    assert all(path.read_text().count("\n") >= 200 for path in tmp_path.glob("*.flow.yaml"))

    assert seconds_of(["check", tmp_path], environment) < CROWD_S


def test_the_crowd_is_one_of_good_and_different_flows(tmp_path: Path) -> None:
    write_crowd(tmp_path, flows=10, lines=200)

    flows = [path.read_text() for path in sorted(tmp_path.glob("*.flow.yaml"))]
    done = subprocess.run(
        [sys.executable, "-m", "engine", "check", tmp_path],
        cwd=FLOWS.parent,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout == "No problems in 11 files\n"
    assert len(set(flows)) == 10
