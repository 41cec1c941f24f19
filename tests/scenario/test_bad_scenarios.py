"""
What beginners write wrong in a test file: one mistake in each file of golden, one message for it, at its place.

The files of ``shape`` are wrong whatever the flow is: the schema for editors refuses them as well. Those of ``names``
are wrong only because of what stands in the flow or in another step.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from rehearsals import GOLDEN, OFFICE

from engine.check.run import load
from engine.core.verbs import VERBS
from engine.language.nodes import plain
from engine.language.reader import read
from engine.resources import load_schema
from engine.scenario.file import run_file
from engine.scenario.report import as_text

SHAPE = sorted((GOLDEN / "shape").glob("*.test.yaml"))
NAMES = sorted((GOLDEN / "names").glob("*.test.yaml"))
SCHEMA = Draft202012Validator(load_schema("scenario.schema.json"))
_LOADED = load(OFFICE)
_TEST = """\
test: office.flow.yaml
scenarios:
  - name: x
    steps:
      - caller: calls
      {step}
        within: 0.1s
"""
ODD_VALUES = ["20", "1.5", "two words", "true", "", "[]", "[a]", "{}", "{a: b}", '"{{ x }}"', "+15551230009"]


def name_of(path: Path) -> str:
    return path.name.removesuffix(".test.yaml")


def is_refused(path: Path) -> bool:
    """Tell whether an editor that knows the schema underlines something of the file, or cannot read it at all."""
    root = read(path.read_bytes(), path.name).root
    return root is None or not SCHEMA.is_valid(plain(root))


@pytest.mark.parametrize("path", [*SHAPE, *NAMES], ids=name_of)
def test_one_mistake_gets_one_message(path: Path) -> None:
    text = path.read_bytes()

    report = run_file(path.name, text, OFFICE)

    told = as_text(report, {path.name: text}, seconds=0.0)
    expected = path.with_name(f"{name_of(path)}.out")
    if os.environ.get("UPDATE_GOLDEN"):
        expected.write_text(told, encoding="utf-8")
    assert len(report.problems) == 1
    assert told == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", SHAPE, ids=name_of)
def test_mistake_of_shape_is_refused_by_the_schema_too(path: Path) -> None:
    assert is_refused(path)


@pytest.mark.parametrize("path", NAMES, ids=name_of)
def test_the_schema_leaves_to_the_checker_what_only_the_flow_knows(path: Path) -> None:
    assert not is_refused(path)


@pytest.mark.parametrize("verb", VERBS)
def test_any_value_of_an_option_is_a_check_or_a_problem(verb: str) -> None:
    steps = [
        f"- does: {{{verb}: {{{option.name}: {value}}}}}" for option in VERBS[verb].options for value in ODD_VALUES
    ]
    steps += [f"- does: {{{verb}: {value}}}" for value in ODD_VALUES]

    for step in steps:
        report = run_file("x.test.yaml", _TEST.format(step=step), OFFICE, load=lambda _: _LOADED)

        assert report.results or report.problems, step
