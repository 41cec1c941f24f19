"""``ringflow explore`` as people and programs meet it."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from engine.cli import main

ROOT = Path(__file__).resolve().parent.parent.parent
PLANTED = ROOT / "tests/explore/flows"
GOOD = """\
flow: good
starts_when: {calls_to: any}
anywhere: {on_error: hangup}
start: hello
states:
  hello:
    do:
      - answer
      - speak: "Hello."
    then: hangup
"""


@pytest.fixture
def flows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one flow that is proved and one that fails, in which the command runs."""
    (tmp_path / "good.flow.yaml").write_text(GOOD)
    for name in ("closed.flow.yaml", "project.yaml"):
        shutil.copy(PLANTED / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(text: str) -> str:
    """Return what was printed, but for how long it took."""
    return re.sub(r"\d+\.\d s\)", "0.1 s)", text)


def test_each_flow_has_its_line_and_the_scenario_is_below(flows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explore", "."]) == 1

    assert told(capsys.readouterr().out) == (
        "failed   closed: the caller sits in silence for longer than 10s, in closed (5 moments, 3 ways, 0.1 s)\n"
        "proved   good: whatever people do, and whichever command Telnyx refuses, every call goes well"
        " (6 moments, 8 ways, 0.1 s)\n"
        "\n"
        "To see it happen, write this to closed_found.test.yaml and run: ringflow test closed_found.test.yaml\n"
        "\n" + (ROOT / "tests/explore/golden/closed.test.yaml").read_text()
    )


def test_what_is_shown_can_be_run(flows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["explore", "closed.flow.yaml"])
    (flows / "closed_found.test.yaml").write_text(capsys.readouterr().out.partition("yaml\n\n")[2])

    assert main(["test", "closed_found.test.yaml"]) == 1

    assert "the caller sits in silence for longer than 10s" in capsys.readouterr().out


def test_flow_without_a_fault_exits_with_0(flows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explore", "good.flow.yaml"]) == 0

    assert capsys.readouterr().out.count("\n") == 1


def test_walk_that_is_not_finished_says_how_far_it_came(flows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explore", "--depth", "1", "good.flow.yaml"]) == 0

    assert told(capsys.readouterr().out) == (
        "bounded  good: every call with up to 1 deed goes well; longer ones were not all walked"
        " (3 moments, 2 ways, 0.1 s)\n"
    )


def test_programs_get_json(flows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explore", "--format", "json", "."]) == 1

    closed, good = json.loads(capsys.readouterr().out)
    assert closed.pop("seconds") > 0
    assert closed.pop("scenario") == (ROOT / "tests/explore/golden/closed.test.yaml").read_text()
    assert closed == {
        "flow": "closed",
        "path": "closed.flow.yaml",
        "result": "failed",
        "depth": 0,
        "all_tried": False,
        "states": 5,
        "edges": 3,
        "problem": "the caller sits in silence for longer than 10s, in closed",
    }
    assert (good["result"], good["problem"], good["scenario"]) == ("proved", "", "")


def test_folder_with_mistakes_is_not_walked(flows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (flows / "good.flow.yaml").write_text(GOOD.replace("then: hangup", "then: nowhere"))

    assert main(["explore", "."]) == 1

    printed = capsys.readouterr()
    assert printed.out == ""
    assert "there is no state 'nowhere'" in printed.err


@pytest.mark.parametrize("arguments", [["--depth", "0"], ["--limit", "0"], ["--refusals", "9"]])
def test_limits_that_make_no_sense_are_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explore", *arguments]) == 2

    assert arguments[0] in capsys.readouterr().err
