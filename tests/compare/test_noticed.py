"""What callers would notice of a changed flow, to the letter. UPDATE_GOLDEN=1 writes the files of golden/ anew."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.check.run import load
from engine.compare.report import FlowReport, text_of
from engine.compare.run import Call, Verdict, verdict
from engine.scenario.bench import Bench, Material

GOLDEN = Path(__file__).parent / "golden"
FLOW = """\
flow: desk
about: Asks what somebody wants.
starts_when: {calls_to: ["+15550000001"]}
anywhere: {on_error: bye}
start: menu
states:
  menu:
    do:
      - answer
      - gather: {speak: "For sales, press 1. For news, press 2.", digits: 1, wait: 5s, tries: 1}
    keys: {"1": sales, "2": news, anything_else: bye, nothing: bye}
  sales:
    do:
      - speak: One moment
      - transfer: {to: "+15551239999", ring_for: 20s, as: sales}
    on:
      call.bridged: end
      sales.call.hangup: bye
    after: {30s: bye}
  news:
    do: [{play: {audio: tune, repeat: forever}}]
    after: {20s: bye}
  bye:
    do: [{speak: Goodbye}]
    then: hangup
"""
PROJECT = b"audio:\n  tune: {media: tune}\n"
TESTS = """\
test: desk.flow.yaml
scenarios:
  - name: Sales answers
    steps: [caller: calls, caller: presses 1, sales: answers, wait: 5s, caller: hangs up]
  - name: News
    steps: [caller: calls, caller: presses 2, hears: Goodbye]
  - name: Silence
    steps: [caller: calls, wait: 10s]
"""
CHANGES = {
    "a_text": ("One moment", "Just a moment"),
    "a_key_that_is_gone": ('"1": sales, "2"', '"3": sales, "2"'),
    "a_longer_wait": ("{20s: bye}", "{40s: bye}"),
    "a_shorter_wait": ("{20s: bye}", "{5s: bye}"),
    "one_more_question": (
        "    do: [{speak: Goodbye}]\n    then: hangup\n",
        '    do: [{gather: {speak: "Press 1 if you liked this.", digits: 1, wait: 4s, tries: 1}}]\n'
        "    keys: {digits: thanks, anything_else: thanks, nothing: thanks}\n"
        "  thanks:\n    do: [{speak: Goodbye}]\n    then: hangup\n",
    ),
    "a_silence": ("    do: [{play: {audio: tune, repeat: forever}}]\n", ""),
    "another_ending": ("      call.bridged: end\n", "      call.bridged: bye\n"),
    "another_name_of_a_state": ("news", "latest"),
    "another_flow": ("flow: desk", "flow: counter"),
}  # fmt: skip


def calls(flow: str = FLOW, tests: str = TESTS) -> list[Call]:
    files = {"desk.flow.yaml": flow.encode(), "project.yaml": PROJECT}
    bench = Bench(Material(tests={"desk.test.yaml": tests}, folders={"": files}))
    assert not bench.report([]).problems
    return [
        Call(
            name=bench.scenario(work).name, steps=bench.scenario(work).steps, file=bench.file(work),
            library=bench.library(work),
        )
        for work in bench.works
    ]  # fmt: skip


def verdicts(flow: str, name: str = "desk", *, ai: Call | None = None) -> list[Verdict]:
    version = load({f"{name}.flow.yaml": flow.encode(), "project.yaml": PROJECT}).version
    assert version is not None
    return [verdict(call, version) for call in ([ai] if ai is not None else calls())]


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_told_as_callers_notice_it(name: str):
    old, new = CHANGES[name]
    assert old in FLOW

    found = verdicts(FLOW.replace(old, new), "counter" if name == "another_flow" else "desk")

    told = "\n".join(text_of([FlowReport(flow="desk", verdicts=found)])) + "\n"
    golden = GOLDEN / f"{name}.out"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(told, encoding="utf-8")
    assert told == golden.read_text(encoding="utf-8")


def test_nobody_notices_a_flow_that_stays_as_it_is():
    assert [found.comparison.changes for found in verdicts(FLOW)] == [(), (), ()]


def test_a_test_that_fails_on_the_old_flows_is_left_out():
    [call] = calls(tests=TESTS.partition("  - name: News")[0].replace("wait: 5s", "hears: Good evening"))

    found = verdict(call, call.library.current)

    assert found.comparison.changes == ()
    assert found.problem == 'line 4, hears: Good evening: the caller did not hear "Good evening" within 60s'
    assert list(text_of([FlowReport(flow="desk", verdicts=[found])])) == [
        "desk: nothing that a caller would notice, in 0 calls",
        f"  left out, as it cannot be played again: Sales answers: {found.problem}",
    ]


AI = """\
flow: desk
starts_when: {calls_to: ["+15550000001"]}
remember: {name: {type: text}}
anywhere: {on_error: hangup}
start: ask
states:
  ask:
    do:
      - answer
      - gather_using_ai:
          greeting: Who are you?
          parameters: {type: object, properties: {name: {type: string, description: A name.}}}
          longest: 1m
          into: {name: name}
      - speak: "Hello {{ name }}"
    then: hangup
"""
AI_TEST = """\
test: desk.flow.yaml
scenarios:
  - name: Ann
    steps: [caller: calls, caller: {tells_ai: {name: Ann}}, hears: Hello Ann]
"""


def test_what_an_ai_was_told_it_is_told_again():
    [call] = calls(AI, AI_TEST)

    [found] = verdicts(AI.replace("Hello {{", "Good day {{"), ai=call)

    assert [(change.before, change.now) for change in found.comparison.changes] == [
        (('hears "Hello Ann"',), ('hears "Good day Ann"',))
    ]
