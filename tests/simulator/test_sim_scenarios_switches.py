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

# Scenarios that a switch makes impossible, and not by a defect: nothing that a flow could say would help.
_NO_AUDIO = "a queued call that cannot be spoken to does not hear its place in line; the flow goes to on_error"
_NO_STORAGE = "what was not saved cannot be handed over"
CANNOT = {
    ("queued_audio", "refused", "main_number.test.yaml"): (
        _NO_AUDIO,
        {"In opening hours callers come to the support desk"},
    ),
    ("queued_audio", "refused", "supervise.test.yaml"): (
        _NO_AUDIO,
        {
            "A supervisor listens, whispers, joins in, and pauses the recording",
            "A key that does not fit changes nothing",
        },
    ),
    ("queued_audio", "refused", "support_desk.test.yaml"): (
        _NO_AUDIO,
        {
            "An agent takes a caller, hangs up, and the caller leaves a rating",
            "The caller hangs up and the agent takes the next one",
            "Nobody comes, and after fifteen minutes the caller leaves a message",
            "Star leads from the line to the voicemail",
            "A caller who hangs up in line is given to nobody",
        },
    ),
    ("storage", "broken", "supervise.test.yaml"): (
        _NO_STORAGE,
        {"A supervisor listens, whispers, joins in, and pauses the recording"},
    ),
    ("storage", "broken", "support_desk.test.yaml"): (
        _NO_STORAGE,
        {
            "Nobody comes, and after fifteen minutes the caller leaves a message",
            "The recording is handed over although the caller hangs up while speaking",
        },
    ),
}


@cache
def folder() -> dict[str, bytes]:
    return dict(read_folder(FLOWS))


@pytest.mark.slow
@pytest.mark.parametrize(("switch", "position"), POSITIONS)
@pytest.mark.parametrize("name", TESTS)
def test_a_shipped_flow_works_with_the_switch_there(name, switch, position):
    report = run_file(name, (FLOWS / name).read_bytes(), folder(), options=options_from({switch: position}))

    assert report.problems == ()
    failed = {result.name: result.problem for result in report.results if result.status != "passed"}
    _, impossible = CANNOT.get((switch, position, name), ("", set()))
    assert failed.keys() == impossible, "\n\n".join(failed.values())
