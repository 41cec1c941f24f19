"""Scenarios about what is looked up outside, and about an AI that asks."""

from __future__ import annotations

import pytest

from engine.scenario.file import run_file
from engine.scenario.report import Report

PROJECT = b"http_hosts: [crm.example.com]\n"
FLOW = b"""\
flow: desk
about: Greets callers by their names.
starts_when: {calls_to: ["+15550000001"]}
remember:
  name: {type: text}
anywhere: {on_error: sorry}
start: welcome
states:
  welcome:
    do:
      - answer
      - http: {get: "https://crm.example.com/people/{{ caller.number }}", into: {name: name}, if_fails: ask}
    then: greet
  ask:
    do:
      - gather_using_ai:
          greeting: Who are you?
          parameters: {type: object, properties: {name: {type: string}}}
          into: {name: name}
    then: greet
  greet:
    do:
      - speak: "Hello {{ name }}."
    then: hangup
  sorry:
    do:
      - speak: Sorry.
    then: hangup
"""
ANN = '"https://crm.example.com/": {body: {name: Ann}}'


def run(steps: str, *, given: str = f"http: {{{ANN}}}") -> Report:
    lines = "".join(f"      - {line}\n" for line in steps.strip().splitlines())
    text = f"test: desk.flow.yaml\ngiven:\n  {given}\nscenarios:\n  - name: A call\n    steps:\n{lines}"
    return run_file("desk.test.yaml", text, {"desk.flow.yaml": FLOW, "project.yaml": PROJECT})


def problems(report: Report) -> list[str]:
    return [*(result.problem for result in report.results if result.problem), *(p.message for p in report.problems)]


def test_an_address_answers_what_the_file_gives():
    assert problems(run("caller: calls\nhears: Hello Ann.\ndoes: {http: {into: {name: name}, if_fails: ask}}")) == []


def test_what_is_asked_can_be_checked_as_it_was_asked():
    address = "https://crm.example.com/people/%2B34600111222"
    steps = f'caller: calls from "+34600111222"\ndoes: {{http: {{get: "{address}", timeout: 3s}}}}\nhears: Hello Ann.'

    assert problems(run(steps)) == []
    assert problems(run(steps.replace("%2B346", "%2B347"))) != []


@pytest.mark.parametrize(
    "answer", ["{status: 500}", "times out", "{status: 404, body: {name: Ann}}", "{body: {nom: Ann}}", "{body: none}"]
)
def test_a_lookup_can_fail_and_the_flow_goes_on(answer):
    steps = "caller: calls\nis_in: ask\nhears: Who are you?\ncaller: {tells_ai: {name: Bob}}\nhears: Hello Bob."

    assert problems(run(steps, given=f'http: {{"https://crm.example.com/": {answer}}}')) == []


def test_the_longest_beginning_counts():
    given = f'http: {{{ANN}, "https://crm.example.com/people/%2B34": {{body: {{name: Eva}}}}}}'

    assert problems(run('caller: calls from "+34600111222"\nhears: Hello Eva.', given=given)) == []
    assert problems(run('caller: calls from "+15552223333"\nhears: Hello Ann.', given=given)) == []


def test_a_step_changes_what_is_answered_from_then_on():
    steps = 'http: {"https://crm.example.com/": {status: 503}}\ncaller: calls\nis_in: ask'

    assert problems(run(steps)) == []


def test_without_an_answer_the_lookup_fails_and_the_report_says_so_once():
    text = (
        "test: desk.flow.yaml\nscenarios:\n"
        "  - {name: One, steps: [caller: calls, is_in: ask]}\n  - {name: Two, steps: [caller: calls, is_in: ask]}\n"
    )

    report = run_file("desk.test.yaml", text, {"desk.flow.yaml": FLOW, "project.yaml": PROJECT})

    [problem] = report.problems
    address = "GET https://crm.example.com/people/%2B12025550101"
    assert problem.message == f"this test gives no answer for {address}, so that the lookup fails"
    assert (problem.rule, problem.severity, report.is_good) == ("N006", "warning", True)


def test_an_ai_that_finds_out_nothing_is_an_error_of_the_step():
    steps = "caller: calls\nhears: Who are you?\ncaller: {tells_ai: nothing}\nhears: Sorry."

    assert problems(run(steps, given='http: {"https://crm.example.com/": times out}')) == []


def test_nobody_can_tell_an_ai_that_does_not_ask():
    [problem] = problems(run("caller: calls\nhears: Hello Ann.\ncaller: {tells_ai: {name: Bob}}"))

    assert "the caller is not on the line" in problem or "no AI asked the caller for anything within 60s" in problem


def test_a_failed_scenario_tells_what_was_looked_up():
    [problem] = problems(run("caller: calls\nhears: Hello Eva."))

    assert "http for caller (url: https://crm.example.com/people/%2B12025550101, method: GET" in problem


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ('http: {"https://crm.exampel.com/": {status: 200}}',
         "'crm.exampel.com' is not among http_hosts of project.yaml; did you mean 'crm.example.com'?"),
        ('http: {"https://crm.example.com/": {statuss: 200}}', "an answer has no 'statuss'; did you mean 'status'?"),
        ('http: {"https://crm.example.com/": {status: 99}}', "'status' must be a whole number from 100 to 599"),
        ('http: {"https://crm.example.com/": slow}',
         "an address answers with {status: 200, body: {...}} or times out"),
        ("http: yes", "'http' needs addresses and what each answers, for example "
                      '{"https://crm.example.com/": {status: 200, body: {...}}}'),
    ],
)  # fmt: skip
def test_a_slip_in_an_answer_is_told(given, message):
    assert problems(run("caller: calls", given=given)) == [message]


def test_a_slip_in_what_an_ai_is_told_is_told():
    found = problems(run("caller: calls\ncaller: {tells_ai: Bob}"))

    assert found == ["it is written 'caller: {tells_ai: {name: Ann}}', or 'caller: {tells_ai: nothing}'"]
