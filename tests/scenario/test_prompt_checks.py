"""hears: {prompt: NAME} means what is heard: without the tags of SSML, whatever stands in for its formulas."""

from __future__ import annotations

import pytest

from engine.scenario.file import run_file

_FLOW = """\
flow: greeting
starts_when: {calls_to: any}
remember: {name: {type: text}}
prompts:
  pause: {en-US: '<speak>Hello <break time="300ms"/> and welcome.</speak>'}
  named: {en-US: "Hello {{ name }}, it is {{ name }}."}
  both: {en-US: "<speak>Hello <emphasis>{{ name }}</emphasis>.</speak>"}
anywhere: {on_error: hangup}
start: greet
states:
  greet:
    do:
      - answer
      - set: {name: "Ann & Bob"}
      - prompt: PROMPT
    then: hangup
"""
_TEST = """\
test: greeting.flow.yaml
scenarios:
  - name: The greeting
    steps:
      - caller: calls
      - hears: {prompt: PROMPT}
        within: 2s
"""


def _is_heard(said: str, expected: str) -> bool:
    flows = {"greeting.flow.yaml": _FLOW.replace("PROMPT", said).encode()}
    report = run_file("greeting.test.yaml", _TEST.replace("PROMPT", expected).encode(), flows)
    assert report.results, report.problems
    return report.is_good


@pytest.mark.parametrize("prompt", ["pause", "named", "both"])
def test_a_prompt_is_recognised_as_it_is_heard(prompt: str):
    assert _is_heard(prompt, prompt)


def test_another_prompt_is_not_taken_for_it():
    assert not _is_heard("pause", "named")
    assert not _is_heard("named", "both")
