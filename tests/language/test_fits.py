"""The quick yes or no about a file's shape is the answer that jsonschema gives."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from engine.core.verbs import VERBS
from engine.language.fits import fits
from engine.language.reader import read
from engine.language.schema import flow_schema, project_schema
from engine.language.shape import plain

ROOT = Path(__file__).resolve().parent.parent.parent
SCHEMAS = {"flow": flow_schema(), "project": project_schema()}
FITS = {kind: fits(schema) for kind, schema in SCHEMAS.items()}
VALIDATORS = {kind: Draft202012Validator(schema) for kind, schema in SCHEMAS.items()}


def values_of(*patterns: str) -> list[Any]:
    roots = [read(path.read_bytes(), path.name).root for pattern in patterns for path in sorted(ROOT.glob(pattern))]
    return [plain(root) for root in roots if root is not None]


FILES = {
    "flow": values_of("flows/*.flow.yaml", "examples/*/*.flow.yaml", "tests/golden/*/*.flow.yaml"),
    "project": values_of("flows/project.yaml", "tests/golden/project.yaml", "tests/golden/*/*/project*.yaml"),
}
WORDS = sorted({"stay", "anything_else", "nothing", "digits", "1", "30s", "me", "forever", "any", "project", *VERBS})
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-3, 4000)
    | st.sampled_from([0.5, 1.0, 30.0, -1.5])
    | st.sampled_from([*WORDS, "", "+15551230000", "Upper", "{{ x }}", "https://example.com/x", "leave", "2 to 4"])
    | st.text(max_size=3)
)
NAMES = st.sampled_from([*WORDS, *flow_schema()["properties"], *project_schema()["properties"]]) | st.text(max_size=3)
ANYTHING = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=6
)


@st.composite
def spoilt(draw: st.DrawFn, kind: str) -> Any:
    """Draw a file of the tree with one or two places put wrong: replaced, taken out, or added to."""
    value = copy.deepcopy(draw(st.sampled_from(FILES[kind])))
    for _ in range(draw(st.integers(1, 2))):
        value = _with_a_change(draw, value)
    return value


def _with_a_change(draw: st.DrawFn, value: Any) -> Any:
    if not isinstance(value, dict | list) or not value or draw(st.integers(0, 15)) == 0:
        if isinstance(value, dict) and draw(st.booleans()):
            return value | {draw(NAMES): draw(ANYTHING)}
        return draw(ANYTHING if isinstance(value, dict | list) else LEAVES)
    place = draw(st.sampled_from([*value] if isinstance(value, dict) else range(len(value))))
    if draw(st.integers(0, 9)) == 0:
        del value[place]
    else:
        value[place] = _with_a_change(draw, value[place])
    return value


@pytest.mark.parametrize("kind", SCHEMAS)
def test_files_of_the_tree_get_the_answer_of_jsonschema(kind: str) -> None:
    answers = [(FITS[kind](value), VALIDATORS[kind].is_valid(value)) for value in FILES[kind]]

    assert [quick for quick, _ in answers] == [sure for _, sure in answers]
    assert (True, True) in answers


@given(value=spoilt("flow"))
@example(value=1.0)
@example(value={"flow": "a", "start": "b", "states": {}})
def test_spoilt_flows_get_the_answer_of_jsonschema(value: Any) -> None:
    assert FITS["flow"](value) == VALIDATORS["flow"].is_valid(value), json.dumps(value)


@given(value=spoilt("project") | ANYTHING)
def test_spoilt_projects_get_the_answer_of_jsonschema(value: Any) -> None:
    assert FITS["project"](value) == VALIDATORS["project"].is_valid(value), json.dumps(value)


@given(
    value=ANYTHING,
    schema=st.fixed_dictionaries(
        {},
        optional={
            "type": st.lists(
                st.sampled_from(["string", "integer", "number", "boolean", "null", "array", "object"]), min_size=1
            ),
            "pattern": st.sampled_from(["^a", "[0-9]", "^(stay|any)$"]),
            "enum": st.lists(st.sampled_from(WORDS), min_size=1),
            "minimum": st.integers(-5, 5),
            "maximum": st.integers(-5, 5),
            "minItems": st.integers(0, 2),
            "minProperties": st.integers(0, 2),
            "maxProperties": st.integers(0, 2),
            "required": st.lists(st.sampled_from(WORDS), max_size=1),
            "propertyNames": st.just({"pattern": "^[a-z]"}),
            "items": st.sampled_from([{"type": "string"}, {"minimum": 3}, False]),
            "additionalProperties": st.sampled_from([True, False, {"type": ["string", "null"]}]),
        },
    ),
)
def test_any_keywords_together_get_the_answer_of_jsonschema(value: Any, schema: dict[str, Any]) -> None:
    assert fits(schema)(value) == Draft202012Validator(schema).is_valid(value)


@pytest.mark.parametrize(
    "schema",
    [
        {"oneOf": []},
        {"type": "object", "properties": {"a": {"minLength": 1}}},
        {"enum": [1]},
        {"$ref": "#/$defs/a", "type": "string"},
    ],
)
def test_what_it_does_not_know_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"engine/language/fits\.py"):
        fits(schema)
