"""``--faults``: scenarios again while Telnyx misbehaves. Good flows hold; planted bugs of each kind are found."""

from __future__ import annotations

import textwrap

from telling import PROJECT, desk

from engine.check.run import load
from engine.core.program import Library
from engine.scenario.faults import faults_of
from engine.scenario.parse import parse
from engine.scenario.run import INSTALL, run_scenario
from engine.simulator.options import Options
from engine.tables import catalogue

GOOD = """\
welcome:
  do: [answer, {enqueue: {queue: team, max_wait: 10m}}, {play: {audio: tune, repeat: forever}}]
  on:
    call.enqueued:
      do: [{speak: "You are number {{ event.current_position }}."}]
    call.dtmf.received: over
    call.dequeued: over
"""
LINE = """
- caller: calls
- hears: You are number 1
- wait: 20s
- caller: presses 1
- hears: This is the end
- does: hangup
"""


def trials(flow: str, steps: str) -> dict[str, str]:
    """Return each trial of the scenario *steps* against *flow*, with the first lines of what was told."""
    files = {"desk.flow.yaml": flow.encode(), "project.yaml": PROJECT}
    loaded = load(files)
    assert loaded.version is not None, [str(problem) for problem in loaded.problems]
    text = "test: desk.flow.yaml\nscenarios:\n  - name: x\n    steps:\n" + textwrap.indent(steps, "      ")
    flows = {found.path: found for found in loaded.version.flows.values()}
    parsed = parse(text, "desk.test.yaml", flows=flows, project=loaded.version.project, catalogue=catalogue())
    assert parsed.file is not None, [str(problem) for problem in parsed.problems]
    library = Library(install=INSTALL, catalogue=catalogue(), current=loaded.version, secrets={"pin": "4821"})
    (scenario,) = parsed.file.scenarios
    assert run_scenario(scenario, parsed.file, library, options=Options()).problem == ""
    return dict(faults_of(scenario, parsed.file, library, options=Options()))


def found_in(flow: str, steps: str) -> dict[str, str]:
    """Return the sentence of each trial that found something."""
    return {name: problem.splitlines()[1].strip() for name, problem in trials(flow, steps).items() if problem}


def test_a_good_flow_holds_whatever_telnyx_does() -> None:
    assert found_in(desk(GOOD), LINE) == {}


def test_everything_that_can_go_wrong_is_tried() -> None:
    names = trials(desk(GOOD), LINE).keys()

    assert {
        "every webhook delivered twice",
        "every second webhook overtaken by others",
        "every webhook a second late",
        "429 to the first attempt of every request",
        "500 to the first attempt of every request that may be repeated",
        "no answer to the first attempt of every request that may be repeated",
        "slow answers",
    } <= names
    for event in ("call.initiated", "call.enqueued", "call.speak.ended", "call.dtmf.received", "call.hangup"):
        assert any(name.startswith(event) and name.endswith("lost") for name in names), event
        assert any(name.startswith(event) and name.endswith("under two ids") for name in names), event
    for operation in ("answer", "enqueue", "speak", "playback_start", "leave_queue", "hangup"):
        assert any(name.startswith(operation) and name.endswith("refused") for name in names), operation
        assert any(name.startswith(operation) and name.endswith("not done") for name in names), operation


def test_a_flow_that_announces_twice_on_a_duplicate_is_found() -> None:
    flow = """\
welcome:
  do: [answer, {play: {audio: tune, repeat: forever}}]
  on:
    call.dtmf.received:
      do: [{speak: "You have pressed {{ event.digit }}."}]
  after: {1m: over}
"""
    steps = """
- caller: calls
- caller: presses 1
- hears: You have pressed 1
- hears: This is the end
"""

    found = found_in(desk(flow), steps)

    ((name, sentence),) = found.items()
    assert name == "call.dtmf.received (webhook 3) reported twice, under two ids"
    assert sentence == 'at 1:00.1: the caller hears "You have pressed 1." twice, and without this fault once'


def test_a_flow_that_hangs_on_a_lost_webhook_is_found() -> None:
    flow = """\
welcome:
  do: [answer, {speak: "Say your name.", on_error: over}]
  then: name
name:
  do: [{record: {during: call, longest: 5s}}]
  on:
    call.recording.saved: over
  after: {9m: over}
"""
    flow = flow.replace(", on_error: over", "")
    steps = """
- caller: calls
- hears: Say your name
- hears: This is the end
"""

    found = found_in(desk(flow), steps)

    assert {sentence.split(": ")[1] for sentence in found.values()} == {
        "the caller sits in silence for longer than 10s"
    }
    assert any(name.startswith("call.recording.saved") and name.endswith("lost") for name in found)


def test_a_flow_without_an_exit_for_refusals_is_found() -> None:
    flow = """\
welcome:
  do: [answer, {speak: Hello.}]
  then: over
  on_error: stay
"""
    steps = """
- caller: calls
- hears: Hello
- does: hangup
"""

    found = found_in(desk(flow), steps)

    assert found["speak (request 2) refused"].endswith("the caller sits in silence for longer than 10s")
