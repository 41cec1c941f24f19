"""Each planted fault is found, and shown by a test that fails with it and passes once the flow is mended."""

from __future__ import annotations

import os

import pytest

from engine.check.run import check_files
from engine.scenario.file import run_file
from tests.explore.planted import HERE, PLANTED, files_of, finding_of

# What mends each flow: a text of it, and what to write instead.
MENDED = {
    "agent_leaves": ("{1h: hangup}\nroles", "{1h: hangup}\n    on: {agent.left: hangup}\nroles"),
    "answering_machine": ("{5s: machine}", "{5s: hangup}"),
    "asks_for_ever": ("nothing: sorry", "nothing: hangup"),
    "busy_agent": ("{15s: sorry}", "{5s: sorry}"),
    "closed": ("  closed:\n    after", "  closed:\n    do: [play: {audio: music, repeat: forever}]\n    after"),
    "counts_for_ever": ("turns == 0", "turns == 3"),
    "left_ringing": ("then: end", "then: hangup"),
    "lookup_answers": ("{30s: hangup}", "{3s: hangup}"),
    "lookup_fails": ("{20s: hangup}", "{2s: hangup}"),
    "queue_for_ever": ("then: again", "then: hangup"),
    "retries_for_ever": ("    on_error: welcome", "    on_error: hangup"),
    "right_pin": ("{1m: hangup}", "{1s: hangup}"),
    "silent_error": ("on_error: stay", "on_error: hangup"),
    "silent_timeout": ("{12s: menu}", "{2s: hangup}"),
    "told_ai": ("{30s: hangup}", "{3s: hangup}"),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTED)
def test_fault_is_found_and_shown(name: str) -> None:
    finding = finding_of(files_of(name), name)

    assert (finding.result, finding.problem) == ("failed", PLANTED[name])
    golden = HERE / "golden" / f"{name}.test.yaml"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(finding.scenario, encoding="utf-8")
    assert finding.scenario == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PLANTED)
def test_flow_passes_the_checker(name: str) -> None:
    assert not check_files(files_of(name))


@pytest.mark.parametrize("name", MENDED)
def test_shown_test_fails_at_the_same_place_until_the_flow_is_mended(name: str) -> None:
    files, scenario = files_of(name), (HERE / "golden" / f"{name}.test.yaml").read_bytes()
    old, new = MENDED[name]
    flow = files[f"{name}.flow.yaml"].decode()

    before = run_file("found.test.yaml", scenario, files)
    after = run_file("found.test.yaml", scenario, files | {f"{name}.flow.yaml": flow.replace(old, new).encode()})

    assert old in flow
    assert [result.status for result in before.results] == ["failed"]
    said = before.results[0].problem.splitlines()[1].partition(": ")[2]
    assert said == PLANTED[name].partition(", in ")[0] or said.startswith("that was not done for the caller within ")
    assert [result.status for result in after.results] == ["passed"], after.results[0].problem


def test_every_fault_but_one_can_be_mended_here() -> None:
    assert PLANTED.keys() - MENDED.keys() == {"raw_dial"}  # no step of a test can name the leg that rings
