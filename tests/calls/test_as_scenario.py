"""``ringflow show --as-scenario``: a call comes back as a test that passes on the flows that it ran on."""

from __future__ import annotations

from pathlib import Path

import pytest
from recorded import FLOWS, keep, played, shipped
from test_show_command import CALLS, PIN, name_of, shown

from engine.cli import main
from engine.commands.as_scenario import scenario_of
from engine.flows_folder import read_tests
from engine.scenario.bench import Bench, Material
from engine.scenario.file import run_file
from engine.store.reading import read_history

EXPECTED = """\
# ringflow show f388bqv2 --as-scenario
test: front_desk.flow.yaml
given:
  time: 2026-01-05 10:00 UTC
  secrets: {team_room_pin: "1111"}    # made up, as are the secret keys below

scenarios:
  - name: The call f388bqv2
    steps:
      - caller: calls
      - is_in: welcome
      - hears: "Welcome to Acme."
      - wait: 1s
      - caller: presses 2
      - is_in: ask_pin
      - hears: "Please enter your four digit PIN, then press pound."
      - caller: presses 2222#
      - is_in: check_pin
      - hears: "That PIN is not right."
      - is_in: ask_pin
      - hears: "Please enter your four digit PIN, then press pound."
      - caller: presses 1111#
      - is_in: team_room
      - hears: "You are joining the team room."
      - wait: 10.3s
      - caller: hangs up
"""

ROLES = ("caller", "agent")
DOOR = {
    "project.yaml": b'telnyx: {connection_id: "77", caller_id: "+15559990000"}',
    "door.flow.yaml": b"""\
flow: door
about: Rings an agent.
starts_when: {calls_to: any}
anywhere: {on_error: hangup}
start: hello
states:
  hello:
    do:
      - answer
      - dial: {to: "+15559991111", as: agent, ring_for: 20s}
    then: talk
    on: {agent.call.hangup: hangup}
  talk:
    do: [{bridge: {to: agent}}]
    on: {call.bridged: stay, agent.left: hangup}
    after: {1h: hangup}
roles:
  agent:
    anywhere: {on_error: hangup}
    start: ready
    states:
      ready:
        do: [{speak: "A caller."}]
        then: talk
      talk:
        after: {1h: hangup}
""",
}


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "ringflow.db"
    monkeypatch.setenv("RINGFLOW_DATABASE", f"sqlite:///{path}")
    return path


def play(name: str, database: Path) -> None:
    flow, steps = CALLS[name]
    given = f'given: {{secrets: {{team_room_pin: "{PIN}"}}}}' if flow == "front_desk" else ""
    keep(database, played(shipped(), steps, test=flow, given=given).stage, shipped())


def test_a_call_becomes_a_script_with_a_made_up_pin(database, capsys):
    play("front_desk", database)

    assert shown(capsys, name_of(capsys), "--as-scenario") == EXPECTED


@pytest.mark.parametrize("name", sorted(CALLS))
def test_the_script_passes(database, capsys, tmp_path, name: str):
    play(name, database)
    for file, content in shipped().items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_bytes(content)

    text = shown(capsys, name_of(capsys), "--as-scenario")
    (tmp_path / "again.test.yaml").write_text(text, encoding="utf-8")

    assert main(["test", str(tmp_path / "again.test.yaml")]) == 0
    assert "is_in: " in text
    assert "hears: " in text


def test_whoever_is_rung_has_a_name_and_answers(database, capsys):
    steps = 'caller: calls from "+34600111222"\nagent: answers\nwait: 30s\nagent: hangs up\nwait: 3s'
    keep(database, played(DOOR, steps, test="door").stage, DOOR)

    steps_of = [shown(capsys, name_of(capsys, role), "--as-scenario").partition("steps:\n")[2] for role in ROLES]

    assert [step.strip() for step in steps_of[0].splitlines()] == [
        "- caller: calls", "- agent: answers", "- is_in: talk", "- agent: {is_in: talk}", "- wait: 30s",
        "- agent: hangs up", "- does: hangup",
    ]  # fmt: skip
    assert "- agent: hangs up" in steps_of[1]


def test_a_script_notices_that_the_flow_has_changed(database, capsys):
    play("sales", database)
    text = shown(capsys, name_of(capsys), "--as-scenario")
    changed = {name: content.replace(b"en-US: Goodbye.", b"en-US: See you.") for name, content in shipped().items()}

    (result,) = run_file("x.test.yaml", text, changed).results

    assert result.status == "failed"
    assert 'the caller did not hear "Goodbye." within 60s' in result.problem


def test_people_are_called_by_their_numbers_only_when_asked(database, capsys):
    play("desk", database)
    call = name_of(capsys)

    made_up = shown(capsys, call, "--as-scenario")
    full = shown(capsys, call, "--as-scenario", "--numbers", "full")

    assert "- caller: calls\n" in made_up
    assert '- agent: calls from "+15552220001"\n' in made_up  # it stands in project.yaml: agents are known by it
    assert '- caller: calls from "+34600111222"\n' in full


@pytest.mark.parametrize("test", ["callback.test.yaml", "front_desk.test.yaml"])
def test_every_call_of_our_tests_comes_back_as_a_test_that_passes(tmp_path, test: str):
    bench = Bench(Material(tests={test: read_tests(FLOWS / test)[FLOWS / test]}, folders={"": shipped()}))
    for number, work in enumerate(bench.works):
        stage = bench.outcome(work).stage
        keep(tmp_path / f"{number}.db", stage, shipped())
        with read_history(tmp_path / f"{number}.db") as history:
            states = {line.run for line in stage.journal if line.kind == "state"}
            for run in states:
                text = scenario_of(history, run, full_numbers=False)

                (result,) = run_file("x.test.yaml", text, shipped()).results
                assert result.status == "passed", f"{bench.scenario(work).name}: {text}\n{result.problem}"


def test_a_call_that_depended_on_others_says_so(database, capsys):
    steps = """
    caller: calls
    hears: You are number 1 in line
    caller_2: calls
    caller_2: {hears: You are number 2 in line}
    agent: calls from "+15552220002"
    agent: presses 1
    wait: 2m
    caller: hangs up
    agent: {is_in: ready}
    agent: presses 1
    caller_2: {is_in: talking}
    """
    stage = played(shipped(), steps, test="support_desk").stage
    keep(database, stage, shipped())
    second = [run for run in stage.rows if "talking" in stage.rows[run].state and ":" not in run]

    texts = [shown(capsys, run, "--as-scenario") for run in second]

    assert [text.startswith("# This test fails as it stands: ") for text in texts].count(True) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["room:team_room", "--as-scenario"],
            "only a call that has rung can become a test, and room:team_room is none",
        ),
        (["f388", "--as-scenario", "--format", "json"], "a test is text: leave out --format json, or --as-scenario"),
        (["f388", "--numbers", "full"], "--numbers is for --as-scenario"),
    ],
)
def test_what_cannot_be_a_test_is_refused(database, capsys, arguments: list[str], message: str):
    play("front_desk", database)

    assert main(["show", *arguments]) == 2
    assert message in capsys.readouterr().err
