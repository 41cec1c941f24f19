"""What every command keeps: help with an example, the nearest name, exit codes, quiet pipes, completion."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.cli import cli, main

ROOT = Path(__file__).resolve().parent.parent.parent
DESK = (ROOT / "tests/commands/golden/desk.flow.yaml").read_text()
COMMANDS = [*cli.commands]
WARNED = """\
flow: other
starts_when: {calls_to: any}
anywhere: {on_error: hangup}
start: hello
states:
  hello: {do: [answer], then: hangup}
"""


@pytest.fixture
def flows(tmp_path: Path) -> Path:
    (tmp_path / "desk.flow.yaml").write_text(DESK)
    return tmp_path


def ringflow(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "engine", *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | environment,
        text=True,
        capture_output=True,
        timeout=50,
        check=False,
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_one_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0

    out = capsys.readouterr().out
    assert out.count("Example: ") == 1
    assert f"ringflow {command}" in out.partition("Example: ")[2]


@pytest.mark.parametrize("command", COMMANDS)
def test_unknown_option_gets_the_nearest_one(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--hlep"]) == 2

    assert capsys.readouterr().err == (
        f"ringflow: ringflow {command} has no option '--hlep'; did you mean '--help'?\nTry: ringflow {command} --help\n"
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_unknown_command_gets_the_nearest_one(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([f"{command}x"]) == 2

    assert capsys.readouterr().err == (
        f"ringflow: there is no command '{command}x'; did you mean '{command}'?\nTry: ringflow --help\n"
    )


def test_unknown_option_before_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--verison"]) == 2

    assert "ringflow has no option '--verison'; did you mean '--version'?" in capsys.readouterr().err


def test_no_command_shows_them_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0

    listed = capsys.readouterr().out.partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in listed if line.startswith("  ") and line[2] != " "] == COMMANDS


@pytest.mark.parametrize(
    ("fail_on", "text", "code"),
    [
        ("error", DESK, 1),
        ("warning", DESK, 1),
        ("never", DESK, 0),
        ("error", WARNED, 0),
        ("warning", WARNED, 1),
        ("never", WARNED, 0),
    ],
)
def test_what_fails_is_chosen(
    fail_on: str, text: str, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "desk.flow.yaml").write_text(text)

    assert main(["check", "--fail-on", fail_on, "--format", "json", str(tmp_path)]) == code

    assert len(json.loads(capsys.readouterr().out)) >= 1


def test_annotations_name_files_from_the_current_directory(
    flows: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(flows.parent)

    for path in (flows.name, f"./{flows.name}/", flows, flows / "desk.flow.yaml"):
        main(["check", "--format", "github", str(path)])

        assert capsys.readouterr().out.startswith(f"::error file={flows.name}/desk.flow.yaml,line=")


def test_a_file_outside_keeps_its_whole_path(flows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "--format", "github", str(flows)])

    assert capsys.readouterr().out.startswith(f"::error file={flows}/desk.flow.yaml,")


@pytest.mark.parametrize("arguments", [["check"], ["explain"], ["verbs"], ["--help"], ["schema", "flow"]])
def test_pipe_gets_no_escapes(arguments: list[str], flows: Path) -> None:
    result = ringflow(*arguments, RINGFLOW_FLOWS=str(flows), TERM="xterm-256color", FORCE_COLOR="1")

    assert "\x1b" not in result.stdout + result.stderr
    assert result.stdout


@pytest.mark.parametrize("no_color", ["", "1"])
def test_no_color_is_honoured_on_a_terminal(no_color: str, flows: Path) -> None:
    import pty

    reader, terminal = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "NO_COLOR": no_color}
    command = [sys.executable, "-m", "engine", "check", flows]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=terminal)
    os.close(terminal)
    shown = b""
    try:
        while piece := os.read(reader, 65536):
            shown += piece
    except OSError:  # the terminal's other end is closed
        pass
    os.close(reader)

    assert process.wait(timeout=50) == 1
    assert (b"\x1b[" in shown) == (not no_color)


@pytest.mark.parametrize(
    ("arguments", "code"), [(["check"], 1), (["explain"], 0), (["verbs", "--format", "json"], 0), (["schema"], 0)]
)
def test_a_reader_that_leaves_changes_neither_code_nor_words(arguments: list[str], code: int, flows: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)

    process = subprocess.Popen(
        [sys.executable, "-m", "engine", *arguments],
        cwd=ROOT,
        env=os.environ | {"RINGFLOW_FLOWS": str(flows)},
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writer)
    _, errors = process.communicate(timeout=50)

    assert (process.returncode, errors) == (code, "")


def test_help_to_a_reader_that_leaves_says_nothing() -> None:
    reader, writer = os.pipe()
    os.close(reader)

    process = subprocess.Popen(
        [sys.executable, "-m", "engine", "--help"], cwd=ROOT, stdout=writer, stderr=subprocess.PIPE, text=True
    )
    os.close(writer)

    assert process.communicate(timeout=50)[1] == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_there_for_each_shell(shell: str) -> None:
    result = subprocess.run(
        [Path(sys.executable).parent / "ringflow"],
        env=os.environ | {"_RINGFLOW_COMPLETE": f"{shell}_source"},
        text=True,
        capture_output=True,
        timeout=50,
        check=False,
    )

    if "Bash version is older" in result.stderr or "Couldn't detect Bash" in result.stderr:
        pytest.skip("no bash of a version that click completes for")
    assert "_RINGFLOW_COMPLETE" in result.stdout, result.stderr


@pytest.mark.parametrize(
    ("words", "found"),
    [("ringflow expl", "explain"), ("ringflow explain R00", "R001"), ("ringflow verbs enq", "enqueue"),
     ("ringflow check --fail-on w", "warning")],
)  # fmt: skip
def test_words_are_completed(words: str, found: str) -> None:
    result = subprocess.run(
        [Path(sys.executable).parent / "ringflow"],
        env=os.environ
        | {"_RINGFLOW_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))},
        text=True,
        capture_output=True,
        timeout=50,
        check=False,
    )

    assert f"plain,{found}" in result.stdout.splitlines(), result.stderr


def test_the_start_of_a_reference_command_imports_no_service() -> None:
    code = "import sys; from engine.cli import main; main(['check', 'flows']); print(*sys.modules, file=sys.stderr)"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, text=True, capture_output=True, check=True)

    assert "engine.check.run" in result.stderr.split()
    assert not {"asyncio", "aiohttp", "httpx", "sqlite3", "transitions", "jsonschema"} & set(result.stderr.split())
