"""The generated schemas: committed as generated, valid, flat."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from engine.core.verbs import VERBS
from engine.language.schema import flow_schema, project_schema
from engine.resources import schema_path
from engine.scenario.schema import scenario_schema

SCHEMAS = {
    "flow.schema.json": flow_schema,
    "project.schema.json": project_schema,
    "scenario.schema.json": scenario_schema,
}


def everything_in(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from everything_in(inner)


@pytest.mark.parametrize("name", SCHEMAS)
def test_committed_schema_is_the_generated_one(name: str) -> None:
    generated = json.dumps(SCHEMAS[name](), indent=1) + "\n"

    if os.environ.get("UPDATE_GOLDEN"):
        schema_path(name).write_text(generated, encoding="utf-8")
    assert schema_path(name).read_text(encoding="utf-8") == generated


@pytest.mark.parametrize("name", SCHEMAS)
def test_schema_is_valid_and_flat(name: str) -> None:
    schema = SCHEMAS[name]()

    Draft202012Validator.check_schema(schema)
    words = {word for part in everything_in(schema) for word in part}

    assert not words & {"oneOf", "anyOf", "allOf", "not", "else"}


def test_every_verb_and_option_is_in_the_schema() -> None:
    definitions = flow_schema()["$defs"]

    missing = [
        (verb.name, option.name)
        for verb in VERBS.values()
        for option in verb.options
        if option.name not in definitions[f"verb_{verb.name}"]["properties"]
    ]

    assert missing == []
