"""What refers to nothing cannot be allowed: a flow with such a fault has no meaning, and must not reach a caller."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.check.run import load
from engine.core.machine import build_machine
from engine.language.loader import load_version

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
ALLOWABLE = sorted(path for path in (GOLDEN / "err").glob("*.flow.yaml") if path.name[0] in "gtw")

FLOW = """\
flow: hello
about: Says hello.
starts_when: {calls_to: any}
anywhere: {on_error: hangup}
start: hello
states:
  hello:
    do:
      - answer
      # check: allow %s because I know better
      - %s
    # check: allow %s because I know better
    then: %s
"""


@pytest.mark.parametrize(
    ("rule", "step", "then"), [("R001", 'speak: "x"', "nowhere"), ("R002", "prompt: gone", "hangup")]
)
def test_a_reference_to_nothing_is_an_error_whatever_the_author_allows(rule: str, step: str, then: str) -> None:
    loaded = load({"hello.flow.yaml": (FLOW % (rule, step, rule, then)).encode()})

    assert loaded.version is None
    assert rule in {problem.rule for problem in loaded.problems}
    assert [p.message for p in loaded.problems if p.rule == "C001"] == [
        f"{rule} cannot be allowed: a flow with this fault cannot run"
    ] * 2


@pytest.mark.parametrize("path", ALLOWABLE, ids=lambda path: path.name.partition(".")[0])
def test_a_flow_with_a_fault_that_may_be_allowed_can_run(path: Path) -> None:
    files = {path.name: path.read_bytes(), "project.yaml": (GOLDEN / "project.yaml").read_bytes()}

    version = load_version(files).version

    if version is not None:  # else something else is wrong with it, which cannot be allowed
        for flow in version.flows.values():
            build_machine(flow)
