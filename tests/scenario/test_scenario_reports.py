"""What people and programs get to read: failures, misspelt files, JSON, coverage."""

import json
import os
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from rehearsals import GOLDEN, OFFICE, report_of

from engine.check.run import load
from engine.flows_folder import read_folder
from engine.language.nodes import plain
from engine.language.reader import read
from engine.resources import load_schema
from engine.scenario.file import run_file
from engine.scenario.parse import parse
from engine.scenario.report import as_json, as_text, merged
from engine.tables import catalogue

_ROOT = Path(__file__).parents[2]
SCENARIOS = sorted([*_ROOT.glob("flows/*.test.yaml"), *_ROOT.glob("examples/*/*.test.yaml")])


@pytest.mark.parametrize("name", ["failures", "misspelt"])
def test_what_people_read_is_as_agreed(name):
    path = f"{name}.test.yaml"
    text = (GOLDEN / path).read_bytes()

    told = as_text(run_file(path, text, OFFICE), {**OFFICE, path: text}, seconds=0.0)

    if os.environ.get("UPDATE_GOLDEN"):
        (GOLDEN / f"{name}.out").write_text(told, encoding="utf-8")
    assert told == (GOLDEN / f"{name}.out").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.name)
def test_the_scenarios_of_our_flows_pass(path):
    report = run_file(path.name, path.read_bytes(), read_folder(path.parent))

    assert report.is_good, as_text(report, {}, seconds=0.0)


@pytest.mark.parametrize("path", [*SCENARIOS, *_ROOT.glob("engine/templates/*.test.yaml")], ids=lambda path: path.name)
def test_the_schema_for_editors_accepts_our_scenarios(path):
    schema = Draft202012Validator(load_schema("scenario.schema.json"))
    root = read(path.read_bytes(), path.name).root

    assert [error.message for error in schema.iter_errors(plain(root))] == []


def test_the_same_scenario_leaves_the_same_trace_twice():
    text = (GOLDEN / "failures.test.yaml").read_bytes()

    assert run_file("failures.test.yaml", text, OFFICE) == run_file("failures.test.yaml", text, OFFICE)


def test_json_has_the_agreed_keys():
    report = report_of("- caller: calls\n- hears: Good evening\n  within: 2s")

    whole = json.loads(as_json(report, seconds=0.1234))

    assert list(whole) == ["passed", "failed", "seconds", "scenarios", "coverage", "problems"]
    assert (whole["passed"], whole["failed"], whole["seconds"], whole["problems"]) == (0, 1, 0.123, [])
    scenario = whole["scenarios"][0]
    assert list(scenario) == ["path", "line", "name", "status", "problem", "faults", "seconds"]
    assert (scenario["path"], scenario["line"], scenario["status"]) == ("x.test.yaml", 4, "failed")
    assert list(whole["coverage"]) == ["states", "exits", "rules"]


def test_several_reports_become_one():
    one = report_of("- caller: calls\n- caller: presses 2\n- is_in: code")
    other = report_of("- caller: calls\n- caller: presses 4\n- is_in: line\n  within: 1s")

    both = merged([one, other])

    assert (both.passed, both.failed, both.is_good) == (1, 1, False)
    assert both.coverage.states.hit == 4
    assert both.coverage.states.total == one.coverage.states.total


def test_a_flow_with_errors_is_not_run():
    broken = {**OFFICE, "office.flow.yaml": OFFICE["office.flow.yaml"].replace(b"then: menu", b"then: mneu")}

    report = run_file("x.test.yaml", (GOLDEN / "failures.test.yaml").read_bytes(), broken)

    assert [problem.rule for problem in report.problems] == ["R001"]
    assert (report.results, report.is_good) == ((), False)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "this file is empty"),
        ("- caller: calls", "a scenario file needs the line 'test: NAME.flow.yaml'"),
        ("test: offce.flow.yaml", "did you mean 'office.flow.yaml'?"),
        ("test: office.flow.yaml", "'scenarios' must be a list"),
        ("test: office.flow.yaml\nscenarios: [x]", "a scenario has a name and steps"),
        ("test: office.flow.yaml\nscenarios: [{steps: []}]", "'name' is missing"),
        ("test: office.flow.yaml\nscenarios: [{name: x}]", "'steps' is missing"),
        ("test: office.flow.yaml\ngiven: 10\nscenarios: [{name: x, steps: [{wait: 1s}]}]", "'given' must have"),
    ],
)
def test_a_file_without_the_right_shape_says_what_is_missing(text, message):
    report = run_file("x.test.yaml", text, OFFICE)

    assert any(message in problem.message for problem in report.problems), report.problems


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("2026-11-20 10:00", 1795168800),
        ("2026-11-20 10:00:30", 1795168830),
        ("2026-11-20 10:00 UTC", 1795168800),
        ("2026-11-20 10:00 +01:00", 1795165200),
    ],
)
def test_the_time_is_utc_unless_it_says_otherwise(written, seconds):
    text = f'test: office.flow.yaml\ngiven: {{time: "{written}"}}\nscenarios:\n  - {{name: x, steps: [{{wait: 1s}}]}}\n'

    assert _parsed(text).start == seconds


def _parsed(text):
    version = load(OFFICE).version
    flows = {flow.path: flow for flow in version.flows.values()}
    result = parse(text, "x.test.yaml", flows=flows, project=version.project, catalogue=catalogue())
    assert result.file is not None, result.problems
    return result.file
