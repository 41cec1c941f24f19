"""
Each of Telnyx's 75 operations from a flow: what is sent is what Telnyx documents.

The requests are those that small flows make in virtual time. Method and path are the catalogue's and the official
SDK's, names percent-encoded; the parameters fit the SDK's own types, with nothing unknown in them; the simulated
Telnyx takes them, or refuses the moment, never a parameter.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import official_sdk
import pytest
from core_stage import Phone, flow
from open_world import OPERATIONS, OpenWorld, Request, assert_documented, path_pattern, requests_for, unflattened
from parameter_samples import ODD_NAME, needed, shapes, whole, wrong

from engine.check.run import check_files
from engine.core.catalogue import Operation


def sent_by(*steps: str, wait_s: float = 3.0) -> list[Request]:
    """Return what a call sends that is answered, in the room of its team, and does *steps*."""
    lines = "".join(f"      - {step}\n" for step in ("answer", f"join_conference: {json.dumps(ODD_NAME)}", *steps))
    text = f"  a:\n    do:\n{lines}    after: {{20m: hangup}}\n  broken:\n    after: {{20m: hangup}}\n"
    phone = Phone(flow(text, top=TOP), world=OpenWorld, unknown_parameters="refused")
    phone.calls(wait=wait_s)
    assert not [line for line in phone.stage.journal if line.kind == "failed"]
    assert isinstance(phone.world, OpenWorld)
    return phone.world.requests


# -- any operation, with Telnyx's own parameters ---------------------------------------------------------------


TOP = "\nremember:\n  kept: {type: list}\n  part: {type: text}\n"


def _keeps(operation: Operation) -> dict[str, Any]:
    """Return what a reading operation needs besides: where its answer goes."""
    return {"into": {"kept" if operation.lists else "part": next(iter(operation.answer))}} if operation.is_read else {}


def in_yaml(operation: Operation, parameters: Mapping[str, Any]) -> str:
    """Return the step that does *operation*, one parameter a line."""
    parameters = {**parameters, **_keeps(operation)}
    lines = "".join(
        f"\n          {name}: {json.dumps(value, ensure_ascii=False)}" for name, value in parameters.items()
    )
    return f"telnyx:\n          operation: {operation.name}{lines}"


def test_the_official_sdk_has_every_operation_with_the_same_parameters():
    for operation in OPERATIONS.values():
        assert official_sdk.knows(operation), operation.name
        ours, theirs = operation.parameters.keys() | operation.query.keys(), official_sdk.names(operation)
        assert ours <= theirs <= ours | {*operation.path_parameters}, operation.name


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_parameter_of_an_operation_arrives_as_telnyx_documents_it(name: str):
    operation = OPERATIONS[name]
    used: set[str] = set()
    for parameters in (needed(operation), *whole(operation)):
        requests = requests_for(operation, sent_by(in_yaml(operation, parameters)))

        assert len(requests) >= 1, f"{name} was not sent"
        assert_documented(operation, requests[-1])
        used |= _given(operation, requests[-1], parameters)

    assert used == shapes(operation).keys() | {*operation.path_parameters}


def _given(operation: Operation, request: Request, parameters: Mapping[str, Any]) -> set[str]:
    """Return the names of *parameters* that arrived with their values, those of the path included."""
    in_path = re.fullmatch(path_pattern(operation), request.path)
    assert in_path is not None
    arrived = {
        **{key: unquote(value) for key, value in in_path.groupdict().items()},
        **unflattened(operation, request.query), **request.body,
    }  # fmt: skip
    for name, value in parameters.items():
        assert arrived[name] == value, name
    return {name for name in parameters} | in_path.groupdict().keys()


# -- what Telnyx would refuse is found by the checker ----------------------------------------------------------


def _errors(*steps: str) -> tuple[str, list[tuple[int, str]]]:
    """Return the flow with *steps*, and where the checker finds errors in it, with the name of the rule."""
    lines = "".join(f"      - {step}\n" for step in ("answer", *steps))
    text = flow(f"  a:\n    do:\n{lines}    after: {{20m: hangup}}\n", top=TOP)
    found = check_files({"desk.flow.yaml": text.encode()})
    return text, [(problem.line, problem.name) for problem in found if problem.severity == "error"]


def _on_one_line(operation: Operation, parameters: Mapping[str, Any]) -> str:
    return f"telnyx: {json.dumps({'operation': operation.name, **parameters, **_keeps(operation)}, ensure_ascii=False)}"


def _line_of(text: str, word: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if line.strip().startswith(word))


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_the_checker_finds_every_parameter_that_telnyx_would_refuse(name: str):
    operation = OPERATIONS[name]
    base = needed(operation)
    assert _errors(in_yaml(operation, base))[1] == []
    for parameter, shape in shapes(operation).items():
        values = list(wrong(shape, parameter))
        for begin in range(0, len(values), 50):
            steps = [_on_one_line(operation, {**base, parameter: value}) for value in values[begin : begin + 50]]
            text, errors = _errors(*steps)
            marked = [number for number, line in enumerate(text.splitlines(), 1) if "- telnyx:" in line]
            missed = {*marked} - {line for line, _ in errors}
            assert not missed, f"not found: {[text.splitlines()[line - 1].strip() for line in missed]}"
            assert {line for line, _ in errors} == {*marked}


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_the_checker_finds_what_is_unknown_missing_or_at_odds(name: str):
    operation = OPERATIONS[name]
    base = needed(operation)

    text, errors = _errors(in_yaml(operation, {**base, "no_such_parameter": 1}))
    assert errors == [(_line_of(text, "no_such_parameter"), "unknown-option")]
    for ours in ("client_state", "command_id"):
        text, errors = _errors(in_yaml(operation, {**base, ours: "eA=="}))
        assert errors == [(_line_of(text, ours), "unknown-option")]
    for parameter in base:
        text, errors = _errors(in_yaml(operation, {key: value for key, value in base.items() if key != parameter}))
        assert errors == [(_line_of(text, "- telnyx"), "missing-part")], parameter
    for one, other in operation.conflicts:
        both = {word: good_of(operation, word) for word in (one, other)}
        text, errors = _errors(in_yaml(operation, {**base, **both}))
        assert (_line_of(text, f"{other}:"), "one-of-several") in errors
    for one, other in operation.requires:
        text, errors = _errors(in_yaml(operation, {**base, one: good_of(operation, one)}))
        assert errors == [(_line_of(text, f"{one}:"), "missing-part")], other


def good_of(operation: Operation, name: str) -> Any:
    return next(one[name] for one in whole(operation) if name in one)
