"""``ringflow test``: what is chosen, in how many processes it runs, when it fails, and what it writes for CI."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from junitparser import JUnitXml

from engine.cli import main
from engine.commands.processes import processors, worthwhile

ROOT = Path(__file__).resolve().parent.parent.parent
OUTSIDE = os.environ | {"PYTHONPATH": str(ROOT)}
# Runs the command, and says so on a line of its own as soon as two more processes are at work.
TELLING = """
import multiprocessing, sys, threading
from engine.cli import main

def tell():
    while len(multiprocessing.active_children()) < 2:
        pass
    print("started", flush=True)

threading.Thread(target=tell, daemon=True).start()
sys.exit(main(sys.argv[1:]))
"""
FLOW = """\
flow: {name}
starts_when: {{calls_to: ["+1555000000{number}"]}}
anywhere: {{on_error: hangup}}
start: greet
states:
  greet:
    do: [answer, {{gather: {{speak: Press a key., digits: 1}}}}]
    keys: {{"1": over, anything_else: greet, nothing: hangup}}
  over:
    do: [speak: Goodbye.]
    then: hangup
"""
TEST = """\
test: {name}.flow.yaml
scenarios:
  - name: Whoever presses 1 hears goodbye
    steps: [caller: calls, caller: presses 1, hears: Goodbye, does: hangup]
  - name: Whoever presses 2 hears no goodbye
    steps: [caller: calls, caller: presses 2, hears: Goodbye]
"""


@pytest.fixture
def flows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three flows, two of them with a test."""
    folder = tmp_path / "flows"
    folder.mkdir()
    for number, name in enumerate(("day", "night", "noon")):
        (folder / f"{name}.flow.yaml").write_text(FLOW.format(name=name, number=number))
    for name in ("day", "night"):
        (folder / f"{name}.test.yaml").write_text(TEST.format(name=name))
    monkeypatch.chdir(tmp_path)
    return folder


def report(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:
    main(["test", "--format", "json", *arguments])
    return json.loads(capsys.readouterr().out)


def without_times(printed: str) -> str:
    return re.sub(r"\d+\.\d+ s$|(?<=seconds\": )[\d.]+|time=\"[\d.]+\"", "T", printed, flags=re.MULTILINE)


# -- what is run -----------------------------------------------------------------------------------------------


def test_only_the_scenarios_with_a_text_in_their_names_are_run(flows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["test", "flows", "--only", "presses 1 HEARS"])

    assert code == 0
    assert without_times(capsys.readouterr().out) == (
        "passed  Whoever presses 1 hears goodbye\npassed  Whoever presses 1 hears goodbye\n\n2 passed, 0 failed in T\n"
    )


def test_a_text_that_fits_no_name_gets_the_nearest_ones(flows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["test", "flows", "--only", "no good bye"])

    assert code == 2
    assert capsys.readouterr().err == (
        "ringflow: no scenario has 'no good bye' in its name; the nearest are:\n"
        "  Whoever presses 2 hears no goodbye\n  Whoever presses 1 hears goodbye\nTry: ringflow test --help\n"
    )


def test_a_file_with_an_error_is_told_although_no_name_fits(flows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("day", "night"):
        (flows / f"{name}.test.yaml").write_text(TEST.format(name="dya"))

    code = main(["test", "flows", "--only", "goodbye"])

    assert code == 1
    assert "flows/day.test.yaml:1:7: error: there is no flow file 'dya.flow.yaml'; did you mean 'day.flow.yaml'?" in (
        capsys.readouterr().out
    )


def test_problems_of_a_flow_are_told_once_with_its_path(flows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flow = FLOW.format(name="noon", number=7)
    (flows / "noon.flow.yaml").write_text(flow.replace("nothing: hangup", "nothing: ovr"))

    code = main(["test", "flows"])

    printed = capsys.readouterr().out
    assert code == 1
    assert printed.count("flows/noon.flow.yaml:8:54: error: there is no state 'ovr'; did you mean 'over'?") == 1
    assert '8 |     keys: {"1": over, anything_else: greet, nothing: ovr}' in printed


# -- processes -------------------------------------------------------------------------------------------------


def test_several_processes_print_what_one_prints(flows: Path) -> None:
    printed = []
    for jobs in ("1", "3"):
        for form in ("text", "json"):
            options = ["--jobs", jobs, "--format", form, "--junit", f"{jobs}.xml"]
            result = subprocess.run(
                [sys.executable, "-m", "engine", "test", flows, *options],
                cwd=flows.parent, env=OUTSIDE, text=True, capture_output=True, timeout=50, check=False,
            )  # fmt: skip
            assert (result.returncode, result.stderr) == (1, "")
            printed.append(without_times(result.stdout))
        printed.append(without_times((flows.parent / f"{jobs}.xml").read_text()))

    assert printed[0].count("passed  ") == printed[0].count("failed  ") == 2
    assert printed[:3] == printed[3:]


@pytest.mark.parametrize(
    ("spent_s", "done", "left", "count"),
    [
        (0.45, 30, 0, 1),
        (0.31, 20, 10, 1),
        (0.31, 20, 100, 1),
        (0.31, 20, 140, 2),
        (0.31, 20, 1000, 15),
        (0.29, 1, 1000, 1),
    ],
    ids=["thirty are done", "thirty", "a hundred", "a hundred and more", "a thousand", "too early to tell"],
)
def test_processes_begin_only_where_they_pay(spent_s: float, done: int, left: int, count: int) -> None:
    assert worthwhile(spent_s, done, left) == min(count, processors())


@pytest.mark.parametrize(("way", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_no_process_stays_when_a_run_is_broken_off(way: signal.Signals, code: int, flows: Path) -> None:
    long = "  - {name: long, steps: [caller: calls, repeat: 300, steps: [caller: presses 2]]}\n"
    (flows / "day.test.yaml").write_text("test: day.flow.yaml\nscenarios:\n" + long * 500)
    process = subprocess.Popen(
        [sys.executable, "-c", TELLING, "test", flows, "--jobs", "2"],
        env=OUTSIDE, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"

    if way is signal.SIGINT:
        os.killpg(process.pid, way)  # as a terminal does, to all of them
    else:
        process.kill()

    # The output ends when the last process that could write to it has ended.
    said, _ = process.communicate(timeout=40)
    assert process.returncode == code
    assert "Traceback" not in said


def test_results_come_in_the_order_of_files_and_scenarios(flows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = report(capsys, "flows/night.test.yaml", "flows")

    assert [(scenario["path"], scenario["line"]) for scenario in found["scenarios"]] == [
        ("flows/night.test.yaml", 3), ("flows/night.test.yaml", 5), ("flows/day.test.yaml", 3),
        ("flows/day.test.yaml", 5),
    ]  # fmt: skip


def test_each_scenario_says_how_long_it_took(flows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = report(capsys, "flows")

    times = [scenario["seconds"] for scenario in found["scenarios"]]
    assert all(0 < seconds < 30 for seconds in times)
    assert sum(times) <= found["seconds"]


# -- --fail-under ----------------------------------------------------------------------------------------------


def test_too_little_use_fails_and_lists_all_that_is_missing(flows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (flows / "day.test.yaml").write_text(TEST.format(name="day").partition("  - name: Whoever presses 2")[0])
    (flows / "night.test.yaml").unlink()

    code = main(["test", "flows", "--fail-under", "40"])

    printed = capsys.readouterr()
    assert code == 1
    assert printed.err == (
        "ringflow: too little is tested: the scenarios use 33.3 % of the states, 13.3 % of the exits and 13.3 % of the "
        "rules, and --fail-under asks for 40 %\n"
    )
    assert "  flows/noon.flow.yaml:9: over\n" in printed.out
    assert "  flows/day.flow.yaml:8: greet, keys nothing -> hangup\n" in printed.out


def test_enough_use_passes(flows: Path) -> None:
    (flows / "day.test.yaml").write_text(TEST.format(name="day").partition("  - name: Whoever presses 2")[0])

    assert main(["test", "flows/day.test.yaml", "--fail-under", "40"]) == 0


def test_a_flow_without_any_test_counts_where_its_folder_is_tested(
    flows: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    totals = [
        report(capsys, *arguments)["coverage"]["states"]["total"]
        for arguments in (["flows"], ["flows", "--fail-under", "1"], ["flows/day.test.yaml", "--fail-under", "1"])
    ]

    assert totals == [4, 6, 2]


def test_what_was_missed_is_told_to_programs(flows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = report(capsys, "flows/day.test.yaml")["coverage"]

    assert found["exits"] == {
        "hit": 4,
        "total": 5,
        "missed": [{"path": "flows/day.flow.yaml", "line": 3, "what": "anywhere, on_error -> hangup"}],
    }


def test_the_share_of_some_scenarios_means_nothing(flows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "flows", "--only", "goodbye", "--fail-under", "50"]) == 2

    assert "--fail-under is about all scenarios, and --only leaves some out" in capsys.readouterr().err


# -- --junit ---------------------------------------------------------------------------------------------------


def test_junit_file_says_what_the_report_says(flows: Path) -> None:
    (flows / "night.test.yaml").write_text(TEST.format(name="night").replace("presses 2, hears", "presses 2, heers"))

    code = main(["test", "flows", "--junit", "found.xml"])

    written = JUnitXml.fromfile("found.xml")
    assert code == 1
    assert (written.name, written.tests, written.failures, written.errors) == ("ringflow", 3, 1, 1)
    assert [(suite.name, suite.tests, suite.failures, suite.errors) for suite in written] == [
        ("flows/day.test.yaml", 2, 1, 0), ("flows/night.test.yaml", 1, 0, 1),
    ]  # fmt: skip
    cases = [case for suite in written for case in suite]
    assert [(case.classname, case.name, case._elem.get("file"), case._elem.get("line")) for case in cases] == [
        ("flows/day.test.yaml", "Whoever presses 1 hears goodbye", "flows/day.test.yaml", "3"),
        ("flows/day.test.yaml", "Whoever presses 2 hears no goodbye", "flows/day.test.yaml", "5"),
        ("flows/night.test.yaml", "N001 unknown-step", "flows/night.test.yaml", "6"),
    ]
    assert cases[0].result == []
    [failure], [error] = cases[1].result, cases[2].result
    assert re.fullmatch(r'at 1:\d\d\.\d: the caller did not hear "Goodbye" within 60s', failure.message)
    assert failure.text.startswith("flows/day.test.yaml:6: hears: Goodbye\n")
    assert error.message == "there is no step 'heers'; did you mean 'hears'?"


def test_a_junit_file_that_cannot_be_written_is_one_sentence(flows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "flows", "--junit", "nowhere/found.xml"]) == 2

    assert capsys.readouterr().err == (
        "ringflow: nowhere/found.xml cannot be written: No such file or directory\nTry: ringflow test --help\n"
    )
