"""The command line as its users meet it: what is printed where, and the exit code."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from engine.cli import cli, main

ROOT = Path(__file__).resolve().parent.parent
GOOD = """\
flow: hello
about: Says hello.
starts_when:
  calls_to: ["+15551230000"]
anywhere:
  on_error: hangup
start: hello
states:
  hello:
    do:
      - answer
      - speak: "Hello."
    then: hangup
"""
PUBLIC_KEY = "A" * 43 + "="
ServeFails = Callable[..., tuple[int, str]]


@pytest.fixture
def flows(tmp_path: Path) -> Path:
    """A folder with one good flow."""
    folder = tmp_path / "flows"
    folder.mkdir()
    (folder / "hello.flow.yaml").write_text(GOOD)
    return folder


def environment(tmp_path: Path, **settings: str) -> dict[str, str]:
    base = {name: value for name, value in os.environ.items() if not name.startswith(("RINGFLOW_", "TELNYX_"))}
    return (
        base
        | {
            "TELNYX_API_KEY": "KEY1",
            "TELNYX_PUBLIC_KEY": PUBLIC_KEY,
            "RINGFLOW_DATABASE": f"sqlite:///{tmp_path}/ringflow.db",
            "RINGFLOW_LISTEN": "127.0.0.1:0",
        }
        | settings
    )


def ringflow(*arguments: object, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "engine", *map(str, arguments)],
        cwd=ROOT,
        env=env,
        text=True,
        capture_output=True,
        timeout=50,
        check=False,
    )


@pytest.fixture
def serve_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> ServeFails:
    """A function that takes settings, and returns the exit code and the errors of a service that never begins."""

    def fails(**settings: str) -> tuple[int, str]:
        for name, value in environment(tmp_path, **settings).items():
            monkeypatch.setenv(name, value)
        return main(["serve"]), capsys.readouterr().err

    return fails


def test_good_flows_have_no_problems(flows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(flows)]) == 0

    assert capsys.readouterr().out == "No problems in 1 file\n"


def test_a_mistake_is_shown_with_its_place(flows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (flows / "hello.flow.yaml").write_text(GOOD.replace("start: hello", "start: helo"))

    assert main(["check", str(flows)]) == 1

    path = flows / "hello.flow.yaml"
    assert capsys.readouterr().out.startswith(f"{path}:7:8: error: there is no state 'helo'; did you mean 'hello'?")


def test_json_is_a_list_of_problems(flows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (flows / "hello.flow.yaml").write_text(GOOD.replace("speak:", "say:"))

    assert main(["check", "--format", "json", str(flows / "hello.flow.yaml")]) == 1

    (problem,) = json.loads(capsys.readouterr().out)
    assert {
        "path",
        "line",
        "column",
        "end_line",
        "end_column",
        "severity",
        "rule",
        "name",
        "message",
        "hint",
        "fix",
    } <= problem.keys()
    assert (problem["line"], problem["column"]) == (12, 9)


def test_only_the_named_file_is_reported(flows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (flows / "other.flow.yaml").write_text(GOOD.replace("flow: hello", "flow: other").replace("0000", "0001"))
    (flows / "hello.flow.yaml").write_text(GOOD.replace("speak:", "say:"))

    assert main(["check", str(flows / "other.flow.yaml")]) == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [(["check", "/nowhere"], "there is no /nowhere"), (["check", str(ROOT / "README.md")], "is not a flow")],
)
def test_missing_places_are_one_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1

    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1


def test_unknown_command_and_option_get_the_nearest_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chekc"]) == 2
    assert main(["check", "--fromat", "json"]) == 2

    error = capsys.readouterr().err
    assert "'check'" in error
    assert "'--format'" in error


def test_route_says_who_answers_and_why(flows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["route", "--flows", str(flows), "--to", "+15551230000"]) == 0
    assert main(["route", "--flows", str(flows), "--to", "+15559999999"]) == 1

    out = capsys.readouterr().out.splitlines()
    assert out == [
        "+15551230000: flow hello, role caller, because its starts_when has calls_to +15551230000",
        "+15559999999: no flow answers; such calls are left alone (unrouted in project.yaml)",
    ]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"TELNYX_API_KEY": ""}, "TELNYX_API_KEY is not set"),
        ({"TELNYX_PUBLIC_KEY": "abc"}, "TELNYX_PUBLIC_KEY"),
        ({"RINGFLOW_LISTEN": "8080"}, "RINGFLOW_LISTEN"),
        ({"RINGFLOW_DATABASE": "mysql://x"}, "RINGFLOW_DATABASE"),
    ],
)
def test_a_wrong_setting_is_one_line_and_exit_code_2(
    serve_fails: ServeFails, flows: Path, settings: dict[str, str], sentence: str
) -> None:
    code, error = serve_fails(RINGFLOW_FLOWS=str(flows), **settings)

    assert code == 2, error
    assert error.startswith(f"ringflow: {sentence}")
    assert error.count("\n") == 1


def test_serve_names_each_missing_secret(tmp_path: Path, flows: Path) -> None:
    (flows / "project.yaml").write_text("secrets: [pin, code]\n")

    result = ringflow("serve", env=environment(tmp_path, RINGFLOW_FLOWS=str(flows)))

    assert result.returncode == 2
    assert result.stderr.splitlines() == [
        "ringflow: the secret pin of project.yaml has no value; set RINGFLOW_SECRET_PIN",
        "ringflow: the secret code of project.yaml has no value; set RINGFLOW_SECRET_CODE",
    ]


def test_serve_prints_the_problems_of_a_broken_flow_and_ends(serve_fails: ServeFails, flows: Path) -> None:
    (flows / "hello.flow.yaml").write_text(GOOD.replace("then: hangup", "then: hangupp"))

    code, error = serve_fails(RINGFLOW_FLOWS=str(flows))

    assert code == 1
    assert "hello.flow.yaml:13:11: error: there is no state 'hangupp'; did you mean 'hangup'?" in error
    assert "have problems; mend them first" in error


def test_serve_without_its_folder_says_so(serve_fails: ServeFails, tmp_path: Path) -> None:
    code, error = serve_fails(RINGFLOW_FLOWS=str(tmp_path / "none"))

    assert code == 1
    assert "set RINGFLOW_FLOWS" in error


def test_a_file_that_is_no_database_is_told_and_left_alone(tmp_path: Path, flows: Path) -> None:
    (tmp_path / "ringflow.db").write_text("not a database, " * 100)

    result = ringflow("serve", env=environment(tmp_path, RINGFLOW_FLOWS=str(flows)))

    assert result.returncode == 3, result.stderr
    assert "ringflow.db" in result.stderr
    assert "Traceback" not in result.stderr
    assert (tmp_path / "ringflow.db").read_text().startswith("not a database")


def test_a_locked_database_is_told(tmp_path: Path, flows: Path) -> None:
    other = sqlite3.connect(tmp_path / "ringflow.db", isolation_level=None)
    other.execute("create table t (x)")
    other.execute("begin exclusive")

    result = ringflow("serve", env=environment(tmp_path, RINGFLOW_FLOWS=str(flows)))
    other.close()

    assert result.returncode == 3, result.stderr
    assert "locked" in result.stderr
    assert "Traceback" not in result.stderr


def test_every_command_has_help_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    for command in cli.commands:
        assert main([command, "--help"]) == 0
        assert "Example: " in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0

    assert capsys.readouterr().out.startswith("ringflow, version ")


def test_defect_is_exit_code_3_with_a_sentence(monkeypatch, capsys):
    def fail() -> None:
        raise ZeroDivisionError("planted")

    monkeypatch.setitem(cli.commands, "boom", click.Command("boom", callback=fail))

    assert main(["boom"]) == 3
    shown = capsys.readouterr().err
    assert "ZeroDivisionError: planted" in shown
    assert shown.splitlines()[-1].startswith("ringflow: this is a defect of ringflow")
