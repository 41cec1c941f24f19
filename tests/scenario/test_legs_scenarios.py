"""Scenarios with several people: rung by a flow, called later, called because somebody ordered it."""

from __future__ import annotations

import textwrap

import pytest

from engine.scenario.file import run_file
from engine.scenario.report import Report

PROJECT = b"""\
telnyx: {connection_id: "2811212257810187875"}
may_call: ["+1555"]
audio:
  hold_music: {url: "https://example.com/hold.mp3"}
"""
DESK = b"""\
flow: desk
about: Rings an agent and connects the caller; when nobody is there, calls back.
starts_when:
  calls_to: ["+15551230000"]
remember:
  account: {type: digits}
anywhere:
  on_error: sorry
start: welcome
states:
  welcome:
    do:
      - answer
      - gather: {speak: "Your number, please.", digits: 4, into: account, wait: 8s}
    keys:
      digits: ring
      nothing: ring
  ring:
    do:
      - play: {audio: hold_music, repeat: forever}
      - dial: {to: "+15557770001", as: agent, ring_for: 20s}
    then: connect
    on:
      agent.call.hangup: later
  connect:
    do:
      - bridge: {to: agent}
    then: talking
    on:
      agent.left: later
  talking:
    on:
      agent.says.later: later
      agent.left: sorry
    after:
      2h: hangup
  later:
    do:
      - call_later: {flow: callback, to: "{{ caller.number }}", in: 1h, give: {reason: busy}}
      - speak: We will call you back.
    then: hangup
    on:
      action.refused: sorry
  sorry:
    do:
      - speak: Sorry.
    then: hangup
roles:
  agent:
    anywhere:
      on_error: hangup
    start: hello
    states:
      hello:
        do:
          - speak: "A call from account {{ caller.account }}."
        on:
          call.bridged: talking
        after:
          10s: hangup
      talking:
        on:
          call.dtmf.received:
            do:
              - tell: {caller: later}
          caller.left: hangup
        after:
          2h: hangup
"""
CALLBACK = b"""\
flow: callback
about: Calls somebody back, three times at most.
starts_when:
  another_flow_calls: {needs: {reason: text}}
settings:
  call_from: "+15551233333"
  call_attempts: {tries: 3, wait_between: 20m, ring_for: 30s, detect_machine: greeting_end}
prompts:
  message: {en-US: "This is Acme. Please call us."}
anywhere:
  on_error: hangup
start: listen
states:
  listen:
    on:
      call.machine.detection.ended:
        - if: event.result == "machine"
          then: machine
        - then: greet
    after:
      4s: greet
  machine:
    on:
      call.machine.greeting.ended: leave_message
    after:
      30s: leave_message
  leave_message:
    do:
      - prompt: message
    then: hangup
  greet:
    do:
      - speak: "You called us because of {{ reason }}."
    then: hangup
"""
FILES = {"desk.flow.yaml": DESK, "callback.flow.yaml": CALLBACK, "project.yaml": PROJECT}


def report_of(steps: str, flow: str = "desk") -> Report:
    lines = [f"test: {flow}.flow.yaml", "scenarios:", "  - name: x", "    steps:"]
    lines.append(textwrap.indent(textwrap.dedent(steps).strip("\n"), "      "))
    return run_file("x.test.yaml", "\n".join(lines) + "\n", FILES)


def passes(steps: str, flow: str = "desk") -> None:
    report = report_of(steps, flow)
    assert not report.problems, [str(problem) for problem in report.problems]
    assert not report.results[0].problem, report.results[0].problem


def message(steps: str, flow: str = "desk") -> str:
    return report_of(steps, flow).problems[0].message


RINGS = """
- caller: calls from "+15551112222"
- caller: presses 4711
- does: {dial: {to: "+15557770001", as: agent}}
"""


def test_a_rung_leg_answers_and_talks():
    passes(
        RINGS
        + """
- agent: answers
- agent: {hears: A call from account 4711}
- does: {bridge: {to: agent}}
- agent: {is_in: talking}
- is_in: talking
- agent: hangs up
- hears: Sorry
"""
    )


def test_a_word_that_is_told_leads_on():
    passes(RINGS + "- agent: answers\n- agent: {is_in: talking}\n- agent: presses 1\n- hears: We will call you back\n")


@pytest.mark.parametrize(("how", "wait"), [("is busy", ""), ("does not answer", "- wait: 20s\n")])
def test_nobody_answers(how, wait):
    passes(RINGS + f"- agent: {how}\n{wait}- hears: We will call you back\n")


def test_a_call_that_is_made_later_is_tried_again():
    passes(
        RINGS
        + """
- agent: is busy
- hears: We will call you back
- wait: 1h
- callback: does not answer
- wait: 20m
- wait: 30s
- callback: is busy
- wait: 20m
- callback: answers
- callback: {hears: You called us because of busy}
- callback: {is_in: greet}
"""
    )


def test_a_machine_answers_a_call_that_is_made_later():
    passes(
        RINGS
        + """
- agent: is busy
- wait: 1h
- wait: 10s
- callback: answers as a machine
- callback: {is_in: machine}
- callback: {hears: {prompt: message}}
"""
    )


def test_a_flow_that_only_calls_can_be_tested_by_itself():
    passes(
        """
- caller: is called
- caller: answers
- hears: You called us because of
""",
        "callback",
    )
    passes('- caller: is called at "+15557778888"\n- caller: is busy\n- wait: 20m\n- caller: answers\n', "callback")


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ("- agent: calls\n", "the agent does not call in: no 'starts_when' of the flow says so"),
        ("- caller: calls\n- caller: answers\n", "the caller calls in and is not rung, so there is nothing to answer"),
        ("- caller: is called\n", "nobody can have this flow call the caller"),
        ("- agent: {is_in: hello}\n", "the agent has not been rung yet; a step 'agent: answers' must come first"),
        ("- callback: {is_in: hello}\n", "there is no state 'hello'"),
        ("- callback: calls\n", "callback does not call in: no 'starts_when' of the flow says so"),
    ],
)
def test_what_people_cannot_do_is_said(steps, said):
    assert message(steps) == said


def test_a_leg_that_is_not_rung_cannot_answer():
    problem = report_of('- caller: calls from "+15551112222"\n- callback: answers\n').results[0].problem

    assert "the flow did not ring callback within 60s" in problem


def test_the_caller_hears_music_while_an_agent_is_rung():
    passes(RINGS + "- hears: {audio: hold_music}\n- wait: 15s\n- agent: answers\n- is_in: talking\n")
