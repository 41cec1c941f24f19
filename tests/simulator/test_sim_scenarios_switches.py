"""The shipped flows do what their tests say whatever Telnyx does where its documents are silent."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from engine.flows_folder import read_folder
from engine.scenario.file import run_file
from engine.simulator.switches import NAMES, NUMBER, describe_switches, options_from

FLOWS = Path(__file__).resolve().parents[2] / "flows"
TESTS = sorted(path.name for path in FLOWS.glob("*.test.yaml"))
POSITIONS = [
    (switch.name, position)
    for switch in describe_switches()
    for position in switch.positions
    if position not in (NUMBER, NAMES, switch.default)
]

# What a switch makes impossible, and not by a defect: nothing that a flow could say would help. Only scenarios in which
# one of these words stands may fail there.
CANNOT = {
    # A queued call that cannot be spoken to does not hear its place in line; the flow goes to on_error.
    ("queued_audio", "refused"): ("in line", "enqueue", "support"),
    # What was not saved cannot be handed over.
    ("storage", "broken"): ("notify",),
}


@cache
def folder() -> dict[str, bytes]:
    return dict(read_folder(FLOWS))


@pytest.mark.slow
@pytest.mark.parametrize(("switch", "position"), POSITIONS)
@pytest.mark.parametrize("name", TESTS)
def test_a_shipped_flow_works_with_the_switch_there(name, switch, position):
    text = (FLOWS / name).read_text(encoding="utf-8")
    sources = text.split("  - name: ")

    report = run_file(name, text, folder(), options=options_from({switch: position}))

    assert report.problems == ()
    failed = {result.name: result.problem for result in report.results if result.status != "passed"}
    words = CANNOT.get((switch, position), ())
    excused = {source.splitlines()[0] for source in sources[1:] if any(word in source for word in words)}
    assert failed.keys() <= excused, "\n\n".join(failed.values())
