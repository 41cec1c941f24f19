"""Who is recorded must be told, on every way that leads there."""

from __future__ import annotations

import pytest

from engine.check.run import check_files

HEAD = """flow: small
starts_when: {calls_to: any}
anywhere: {on_error: message}
start: hello
states:
"""
MESSAGE = "  message: {do: [{record: {longest: 1m}}], then: hangup}\n"
PROJECT = b'audio: {recording_notice: {url: "https://example.com/a.mp3"}, chime: {url: "https://example.com/b.mp3"}}'
TOLD = {
    "two_states_before": "  hello: {do: [answer, {speak: We record calls.}], then: ask}\n"
    "  ask: {do: [{speak: Your name.}], then: message}\n",
    "by_audio_of_that_name": "  hello: {do: [answer, {play: recording_notice}], then: message}\n",
    "on_the_way_of_a_rule": "  hello:\n    do: [answer]\n    then:\n      - do: [{speak: We record calls.}]\n"
    "        then: message\n",
}
UNTOLD = {
    "by_other_audio": "  hello: {do: [answer, {play: chime}], then: message}\n",
    "on_one_of_two_ways": "  hello:\n    do: [answer]\n    then:\n"
    "      - if: caller.number == ''\n        then: message\n"
    "      - do: [{speak: We record calls.}]\n        then: message\n",
}


def rules_of(states: str) -> list[str]:
    files = {"small.flow.yaml": f"{HEAD}{states}{MESSAGE}".encode(), "project.yaml": PROJECT}
    return [problem.rule for problem in check_files(files)]


@pytest.mark.parametrize("case", TOLD)
def test_recording_that_is_told_of(case: str) -> None:
    assert rules_of(TOLD[case]) == []


@pytest.mark.parametrize("case", UNTOLD)
def test_recording_that_some_callers_are_not_told_of(case: str) -> None:
    assert rules_of(UNTOLD[case]) == ["T021"]
