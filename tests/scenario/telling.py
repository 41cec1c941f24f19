"""Small flows as an author writes them: whether the story of a call comes true, and what the checker says."""

from __future__ import annotations

import textwrap

from engine.check.run import check_files
from engine.scenario.file import run_file
from engine.simulator.options import Options

OFFICE = "+15550000001"
AGENTS = "+15550000002"
PROJECT = b"""\
telnyx: {connection_id: "77", caller_id: "+15559990000"}
audio:
  tune: {url: "https://example.com/tune.mp3"}
notify:
  inbox: {url: "https://example.com/hooks"}
secrets: [pin]
lists:
  members: ["+34600111222"]
may_call: ["+1555"]
"""
_ENDS = {
    "over": "  over:\n    do: [leave_queue, leave_conference, {speak: This is the end.}]\n    then: hangup\n",
    "broken": "  broken:\n    do: [leave_queue, leave_conference, {speak: Sorry.}]\n    then: hangup\n",
}


def desk(states: str, *, top: str = "", roles: str = "", name: str = "desk", number: str = OFFICE) -> str:
    """Return a flow of *states*, the first one its start; two states, ``over`` and ``broken``, stand behind them."""
    body = textwrap.dedent(states).strip("\n")
    top = textwrap.dedent(top).strip("\n")
    if "anywhere:" not in top:
        top += "\nanywhere:\n  on_error: broken"
    head = f'flow: {name}\nstarts_when:\n  calls_to: ["{number}"]\n{top}\nstart: {body.split(":")[0]}\nstates:\n'
    ends = "".join(text for state, text in _ENDS.items() if f"\n{state}:" not in f"\n{body}")
    return head + textwrap.indent(body, "  ") + "\n" + ends + textwrap.dedent(roles)


def comes_true(flow: str, steps: str, *others: str, **options: object) -> None:
    """Play the scenario *steps* against *flow*; *others* are more flows of the folder, *options* the world's."""
    problem = story(flow, steps, *others, **options)
    assert not problem, problem


def story(flow: str, steps: str, *others: str, time: str = "2026-01-05 10:00", **options: object) -> str:
    """Return why the scenario failed, "" when it came true; it begins at *time* (UTC, or the flow's hours')."""
    body = textwrap.indent(textwrap.dedent(steps).strip("\n"), "      ")
    given = f'given: {{secrets: {{pin: "4821"}}, time: {time}}}'
    text = f"test: f0.flow.yaml\n{given}\nscenarios:\n  - name: x\n    steps:\n{body}\n"
    report = run_file("x.test.yaml", text, _files(flow, *others), options=Options(**options))  # type: ignore[arg-type]
    assert not report.problems, [str(problem) for problem in report.problems]
    return report.results[0].problem


def faults(flow: str, *others: str, project: bytes = PROJECT) -> list[str]:
    """Return the codes of the errors that the checker finds, each once, sorted; warnings left out."""
    found = check_files({**_files(flow, *others), "project.yaml": project})
    return sorted({problem.rule for problem in found if problem.severity == "error"})


def _files(*flows: str) -> dict[str, bytes]:
    return {**{f"f{index}.flow.yaml": text.encode() for index, text in enumerate(flows)}, "project.yaml": PROJECT}
