"""How far the explorer goes, what it takes for a failure, and what not."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from engine.explore.run import explore
from engine.explore.walk import Walk
from engine.flows_folder import read_folder
from tests.explore.planted import ROOT, files_of, finding_of, version_of, walk_of
from tests.slowness import slowness

SHIPPED = [*sorted((ROOT / "flows").glob("*.flow.yaml")), *sorted((ROOT / "examples").rglob("*.flow.yaml"))]
CLOSED = ("callback", "front_desk", "main_number", "supervise")  # of those, the ones that are walked to the end
WRONG_KEYS = """
flow: wrong_keys
starts_when: {calls_to: any}
anywhere: {on_error: hangup}
start: menu
states:
  menu:
    do:
      - answer
      - gather: {speak: "Press 1.", digits: 1, wait: 5s, tries: 2}
    keys: {"1": hangup, anything_else: menu, nothing: hangup}
"""
SECOND_REFUSAL = """
flow: second_refusal
starts_when: {calls_to: any}
anywhere: {on_error: sorry}
start: hello
states:
  hello:
    do:
      - answer
      - speak: "Hello."
    then: hangup
  sorry:
    do:
      - play: {audio: music}
    then: hangup
    on_error: silent
  # check: allow G015 because the explorer is to find it
  silent:
    after: {20s: hangup}
"""
TALKERS = """
flow: talkers
starts_when: {calls_to: any}
anywhere: {on_error: hangup}
start: line
states:
  line:
    do:
      - answer
      - enqueue: {queue: help, max_wait: 2m}
      - play: {audio: music, repeat: forever}
    on:
      agent.joined: talking
      call.dequeued:
        - if: event.reason == "timeout"
          then: hangup
  talking:
    on: {agent.left: hangup}
    after: {10m: talking}
roles:
  agent:
    starts_when: {calls_to: ["+15551230011"]}
    anywhere: {on_error: hangup}
    start: take
    states:
      take:
        do:
          - answer
          - connect: {queue: help}
        then: talking
      talking:
        on: {caller.left: hangup}
        after: {10m: talking}
"""


def folder(flow: str) -> dict[str, bytes]:
    name = flow.split()[1]
    return files_of() | {f"{name}.flow.yaml": flow.encode()}


def test_wrong_keys_for_ever_are_no_failure() -> None:
    finding = finding_of(folder(WRONG_KEYS), "wrong_keys")

    assert (finding.result, finding.problem, finding.scenario) == ("proved", "", "")
    assert (finding.depth, finding.is_tried) == (20, True)


def test_those_who_talk_with_each_other_may_talk_for_ever() -> None:
    finding = finding_of(folder(TALKERS), "talkers", depth=3)

    assert finding.problem == ""


def test_second_refusal_is_found_where_two_are_asked_for() -> None:
    one = finding_of(folder(SECOND_REFUSAL), "second_refusal")
    two = finding_of(folder(SECOND_REFUSAL), "second_refusal", refusals=2)

    assert (one.result, two.result) == ("proved", "failed")
    assert two.problem == "the caller sits in silence for longer than 10s, in silent"
    assert "fails: speak, with: 422" in two.scenario
    assert "fails: playback_start, with: 422" in two.scenario


def test_without_refusals_none_is_tried() -> None:
    finding = finding_of(files_of("silent_error"), "silent_error", refusals=0)

    assert finding.result == "proved"


def test_depth_is_the_number_of_deeds() -> None:
    shallow = finding_of(files_of("right_pin"), "right_pin", depth=1)
    deep = finding_of(files_of("right_pin"), "right_pin", depth=2)

    assert (shallow.result, shallow.depth) == ("bounded", 1)
    assert deep.result == "failed"


def test_walk_that_is_stopped_says_how_far_it_came() -> None:
    version = version_of(read_folder(ROOT / "flows"))

    finding = explore(version.flows["support_desk"], version, may_go_on=lambda walk: walk.edges < 150)

    assert (finding.result, finding.is_tried, finding.problem) == ("bounded", False, "")
    assert finding.depth < 20
    assert finding.edges >= 150


def test_walk_can_be_stopped_in_a_long_silence() -> None:
    files = files_of("counts_for_ever")
    files["counts_for_ever.flow.yaml"] = files["counts_for_ever.flow.yaml"].replace(b"10m", b"4h")
    walk = walk_of(files, "counts_for_ever")

    steps = sum(1 for _ in range(4) if walk.step())

    assert steps == 4
    assert walk.edges < 500


def test_same_flow_gives_the_same_finding() -> None:
    files = files_of("agent_leaves")

    assert finding_of(files, "agent_leaves") == finding_of(files, "agent_leaves")


def test_moments_are_counted_once() -> None:
    walk = walk_of(folder(WRONG_KEYS), "wrong_keys", refusals=0)
    _finish(walk)

    # Before the call and after it; the prompt and the wait, twice; the wait after a wrong key, behind half a second of
    # prompt in which nobody could press another one.
    assert walk.is_closed
    assert len(walk.states) == 2 + 2 * 2 + 1


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name.partition(".")[0])
def test_nothing_is_found_in_a_shipped_flow(path: Path) -> None:
    version = version_of(read_folder(path.parent))
    flow = next(flow for flow in version.flows.values() if flow.path == path.name)

    finding = explore(flow, version, may_go_on=lambda walk: walk.edges < 700)

    assert finding.problem == ""


@pytest.mark.slow
@pytest.mark.parametrize("name", CLOSED)
def test_shipped_flow_is_proved_within_a_minute(name: str) -> None:
    version = version_of(read_folder(ROOT / "flows"))
    before, began = slowness(), time.process_time()

    finding = explore(version.flows[name], version)

    assert replace(finding, states=0, edges=0) == replace(finding, result="proved", depth=20, states=0, edges=0)
    assert time.process_time() - began < 60 * max(before, slowness())


def _finish(walk: Walk) -> None:
    while walk.step():
        pass
