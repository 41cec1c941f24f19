"""``ringflow test --watch``, as a person uses it: a process of its own, files that change, Ctrl-C."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.cli import main

ROOT = Path(__file__).resolve().parent.parent.parent
SEPARATOR = re.compile(r"-- \d\d:\d\d:\d\d (.+) changed -+\n")


@pytest.fixture
def folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A folder as ``ringflow init`` makes it."""
    assert main(["init", str(tmp_path / "flows")]) == 0
    capsys.readouterr()
    return tmp_path / "flows"


class Watching:
    """A running ``ringflow test --watch``; what it prints is read as it comes."""

    def __init__(self, *arguments: object) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "engine", "test", "--watch", *map(str, arguments)],
            cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip

    def until(self, text: str) -> str:
        """Return what is printed up to and with the next line in which *text* stands."""
        read = []
        assert self._process.stdout is not None
        for line in self._process.stdout:
            read.append(line)
            if text in line:
                return "".join(read)
        raise AssertionError(f"ended without '{text}':\n{''.join(read)}")

    def press_ctrl_c(self) -> tuple[int, str]:
        """
        Press Ctrl-C as a terminal does, for all processes at once; return the exit code and what was still said.

        The output ends when the last process that could write to it has ended: nothing runs on.
        """
        os.killpg(self._process.pid, signal.SIGINT)
        rest, _ = self._process.communicate(timeout=30)
        return self._process.returncode, rest

    def kill(self) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()


@pytest.fixture
def watching(folder: Path) -> Iterator[Watching]:
    process = Watching(folder)
    yield process
    process.kill()


def test_a_change_runs_the_tests_again(folder: Path, watching: Watching) -> None:
    first = watching.until("passed,")
    (folder / "hello.flow.yaml").write_text((folder / "hello.flow.yaml").read_text().replace("Goodbye", "Farewell"))
    second = watching.until("passed,")

    assert re.search(r"^4 passed, 0 failed", first, re.MULTILINE)
    assert SEPARATOR.search(second)[1] == "hello.flow.yaml"
    assert re.search(r"^1 passed, 3 failed", second, re.MULTILINE)


def test_it_goes_on_after_a_file_with_an_error(folder: Path, watching: Watching) -> None:
    test, project = folder / "hello.test.yaml", folder / "project.yaml"
    whole = test.read_text()
    watching.until("passed,")

    test.write_text(whole.replace("scenarios:", "scenaros:"))
    broken = watching.until("problem in")
    test.unlink()
    empty = watching.until("there is no test in")
    test.write_text(whole)
    mended = watching.until("passed,")
    project.write_text(project.read_text() + "secrets: [a_pin]\n")
    with_secret = watching.until("passed,")

    assert "a scenario file has no 'scenaros'; did you mean 'scenarios'?" in broken
    assert f"ringflow: there is no test in {folder}; a test is a file whose name ends in .test.yaml\n" in empty
    assert re.search(r"^4 passed, 0 failed", mended, re.MULTILINE)
    assert SEPARATOR.search(with_secret)[1] == "project.yaml"


def test_ctrl_c_ends_it_with_exit_code_0(watching: Watching) -> None:
    watching.until("passed,")

    code, said = watching.press_ctrl_c()

    assert (code, said.partition("changed")[2]) == (0, "")
    assert "Traceback" not in said


def test_a_folder_that_is_not_there_is_no_reason_to_wait(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "--watch", str(tmp_path / "none")]) == 1

    assert capsys.readouterr().err == (
        f"ringflow: there is no {tmp_path}/none; name a folder that holds tests, or one test\n"
    )
