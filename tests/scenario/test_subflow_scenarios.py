"""Flows that use other flows, as an author writes and tests them."""

from __future__ import annotations

import pytest

from engine.check.run import check_files
from engine.scenario.file import run_file
from engine.scenario.report import Report

ASK = """\
flow: ask_account
about: Asks for an account number and says it back.
starts_when:
  another_flow_calls: {needs: {greeting: text}, answers: {account: digits, asked: number}}
anywhere:
  on_error: hangup
start: ask
states:
  ask:
    do:
      - count: asked
      - gather: {speak: "{{ greeting }} Type your account number.", digits: 4, into: account, tries: 2}
    keys:
      digits: confirm
      anything_else: ask
      nothing: hangup
  confirm:
    do:
      - run: {flow: yes_or_no, give: {question: "Is it {{ spoken_digits(account) }}?"}, into: {is_right: answer}}
    then:
      - if: is_right
        then: end
      - then: ask
remember:
  is_right: {type: yes_no}
"""
YES_OR_NO = """\
flow: yes_or_no
starts_when:
  another_flow_calls: {needs: {question: text}, answers: {answer: yes_no}}
anywhere:
  on_error: hangup
start: ask
states:
  ask:
    do:
      - gather: {speak: "{{ question }} Press 1 for yes, 2 for no.", digits: 1, only: "12"}
    keys:
      "1": yes_pressed
      anything_else: end
      nothing: hangup
  yes_pressed:
    do:
      - set: {answer: true}
    then: end
"""
MAIN = """\
flow: main_line
starts_when:
  calls_to: ["+15551230000"]
remember:
  account: {type: digits}
  times: {type: number}
anywhere:
  on_error: hangup
start: welcome
states:
  welcome:
    do:
      - answer
      - run: {flow: ask_account, give: {greeting: "Good morning."}, into: {account: account, times: asked}}
      - log: "account {{ account }} after {{ times }}"
    then: {flow: sales_desk, give: {account: "{{ account }}"}}
    on:
      call.dtmf.received:
        - if: event.digit == "*"
          then: operator
  operator:
    do:
      - speak: "The operator is not here."
    then: hangup
"""
SALES = """\
flow: sales_desk
starts_when:
  another_flow_calls: {needs: {account: digits}}
anywhere:
  on_error: hangup
start: hello
states:
  hello:
    do:
      - speak: "Welcome to sales, {{ account }}."
    then: hangup
"""
FILES = {"ask_account": ASK, "yes_or_no": YES_OR_NO, "main_line": MAIN, "sales_desk": SALES}


def play(steps: str) -> Report:
    files = {f"{name}.flow.yaml": text.encode() for name, text in FILES.items()}
    assert check_files(files) == ()
    text = f"test: main_line.flow.yaml\nscenarios:\n  - name: x\n    steps:\n{steps}"
    return run_file("main_line.test.yaml", text, files)


STORIES = {
    "an answer comes back through two flows and is given to a third": """\
      - caller: calls
      - hears: "Good morning. Type"
      - is_in: welcome
      - remembers: {times: 0}
      - caller: presses 1234
      - hears: "Press 1 for yes"
      - caller: presses 2
      - hears: "Good morning. Type"
      - caller: presses 4321
      - hears: "Press 1 for yes"
      - caller: presses 1
      - does: {log: "account 4321 after 2"}
      - hears: "Welcome to sales, 4321."
""",
    "hangup inside hangs up the call": """\
      - caller: calls
      - hears: "Good morning. Type"
      - caller: stays silent 60s
      - does: hangup
""",
    "a handler of the outer state leads out of both flows inside": """\
      - caller: calls
      - hears: "Good morning. Type"
      - caller: presses 1234
      - hears: "Is it"
      - caller: presses *
      - hears: "The operator is not here."
""",
}


@pytest.mark.parametrize("name", STORIES)
def test_story(name: str) -> None:
    report = play(STORIES[name])

    assert not report.problems, report.problems
    assert not report.results[0].problem, report.results[0].problem


def test_coverage_counts_only_the_states_of_the_flow_that_is_tested() -> None:
    coverage = play(STORIES["an answer comes back through two flows and is given to a third"]).coverage

    assert [place.what for place in coverage.states.missed] == ["operator"]
