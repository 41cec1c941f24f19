"""
Every YAML block of docs/ is what it looks like.

``yaml``: a whole flow. ``yaml project``: a project.yaml. ``yaml test``: a whole test. ``yaml states``, ``yaml steps``:
pieces of a flow, checked inside one. ``yaml fragment``: a piece that stands for itself and is not checked.
``yaml excerpt``: lines of a good sample, which the golden tests check.
"""

from __future__ import annotations

import os
import re
from textwrap import indent

import pytest
from jsonschema import Draft202012Validator
from pages import PAGES, ROOT, Block, all_blocks, blocks

from engine.check.report import as_text
from engine.check.run import check_files
from engine.core.formula_functions import FUNCTIONS
from engine.language.nodes import plain
from engine.language.reader import read
from engine.resources import load_schema
from engine.scenario.file import run_file
from engine.scenario.report import Report
from engine.scenario.report import as_text as report_as_text

SCHEMA = Draft202012Validator(load_schema("scenario.schema.json"))
KINDS = {"yaml", "yaml project", "yaml test", "yaml states", "yaml steps", "yaml fragment", "yaml excerpt"}
PROJECT = next(block.text for block in all_blocks("yaml project")).encode()
# Where the pieces lead to, and what they use.
SINKS = ["menu", "goodbye", "voicemail", "apologise", "ask_pin", "ring"]
FRAME = """\
flow: frame
starts_when: {{calls_to: any}}
remember:
  pin: {{type: digits, secret: true}}
  extension: {{type: digits}}
  tries: {{type: number}}
  number_to_ring: {{type: text}}
  name: {{type: text}}
  asked_at: {{type: time}}
hours:
  office: {{timezone: Europe/Madrid, open: {{monday: "09:00 to 17:30"}}}}
anywhere: {{on_error: hangup}}
start: begin
states:
  begin:
    do: [answer]
    then: {first}
{states}
"""


def framed(states: str) -> str:
    names = re.findall(r"^(\w+):", states, re.MULTILINE)
    sinks = "".join(f"{name}:\n  then: hangup\n" for name in SINKS if name not in names)
    return FRAME.format(first=names[0], states=indent(states + sinks, "  "))


def as_flow(block: Block) -> str:
    if block.what == "yaml states":
        return framed(block.text)
    if block.what == "yaml steps":
        return framed(f"steps:\n  do:\n{indent(block.text, '    ')}  then: hangup\n")
    return block.text


def name_of(flow: str) -> str:
    found = re.search(r"^flow: (\w+)$", flow, re.MULTILINE)
    assert found is not None
    return f"{found[1]}.flow.yaml"


def test_every_yaml_block_says_what_it_is():
    found = [str(block) for page in PAGES for block in blocks(page) if block.what.startswith("yaml")]
    known = [str(block) for block in all_blocks(*KINDS)]

    assert found == known


@pytest.mark.parametrize("block", all_blocks("yaml"), ids=str)
def test_whole_flow_has_no_problem(block: Block):
    files = {name_of(block.text): block.text.encode(), "project.yaml": PROJECT}

    problems = check_files(files)

    assert not problems, as_text(problems, files)


@pytest.mark.parametrize("block", all_blocks("yaml states", "yaml steps"), ids=str)
def test_piece_of_a_flow_has_no_error(block: Block):
    files = {"frame.flow.yaml": as_flow(block).encode(), "project.yaml": PROJECT}

    problems = [problem for problem in check_files(files) if problem.severity == "error"]

    assert not problems, as_text(problems, files)


@pytest.mark.parametrize("block", all_blocks("yaml fragment"), ids=str)
def test_fragment_is_at_least_yaml(block: Block):
    problems = [problem for problem in read(block.text, "fragment").problems if problem.rule not in ("Y013",)]

    assert not problems


def report_of(block: Block, text: str) -> Report:
    """Return what comes of the test *text*, beside the flows of the page that *block* is on."""
    flows = {name_of(flow.text): flow.text for flow in blocks(block.page) if flow.what == "yaml"}
    files = {name: flow.encode() for name, flow in flows.items()} | {"project.yaml": PROJECT}
    return run_file("flows/extension.test.yaml", text, files)


@pytest.mark.parametrize("block", all_blocks("yaml test"), ids=str)
def test_test_passes(block: Block):
    report = report_of(block, block.text)

    assert report.results, report.problems
    assert report.is_good, report_as_text(report, {}, seconds=0)


@pytest.mark.parametrize("block", all_blocks("yaml test"), ids=str)
def test_test_is_accepted_by_the_schema_for_editors(block: Block):
    root = read(block.text, "fragment").root

    assert root is not None
    assert [error.message for error in SCHEMA.iter_errors(plain(root))] == []


def test_the_report_of_a_failing_test_is_a_real_one():
    [shown], [block] = all_blocks("text report"), all_blocks("yaml test")
    text = block.text.replace("hears: Goodbye", "hears: Good bye", 1)

    report = report_as_text(report_of(block, text), {}, seconds=0)

    failed = report[report.index("failed ") : report.index("passed  Nobody is in the office")]
    if os.environ.get("UPDATE_GOLDEN"):
        page = shown.page.read_text(encoding="utf-8")
        shown.page.write_text(page.replace(f"report\n{shown.text}```", f"report\n{failed}```"), encoding="utf-8")
    assert shown.text == failed or os.environ.get("UPDATE_GOLDEN")


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_function_is_described_and_its_example_works(function: str):
    example = FUNCTIONS[function].example
    state = f"x:\n  do:\n    - gather: {{digits: 1}}\n  keys:\n    digits:\n      - if: '{example} == {example}'\n"
    flow = framed(state + "        then: hangup\n      - then: hangup\n    nothing: hangup\n")
    rules = {problem.rule for problem in check_files({"frame.flow.yaml": flow.encode()}) if problem.severity == "error"}

    is_described = f"| `{example}` |" in (ROOT / "docs/flows.md").read_text(encoding="utf-8")

    assert rules == set()
    assert is_described
