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
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import official_sdk
import pytest
from core_stage import Phone, flow
from parameter_samples import ODD_NAME, needed, shapes, whole, wrong

from engine.check.run import check_files
from engine.core.catalogue import Operation
from engine.simulator.values import Response
from engine.simulator.world import World
from engine.tables import catalogue

OPERATIONS = catalogue().operations
_PARAMETER_ERRORS = {"10004", "10015", "10016", "10032", "10033"}
_SEGMENT = re.compile(r"[A-Za-z0-9._~-]|%[0-9A-F]{2}")


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it reached Telnyx."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Mapping[str, Any]
    response: Response


class OpenWorld(World):
    """A simulated Telnyx that keeps every request as it came."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.requests: list[Request] = []

    def request(
        self, method: str, path: str, *, query: Mapping[str, str], body: Mapping[str, Any], now: float
    ) -> Response:
        response = super().request(method, path, query=query, body=body, now=now)
        self.requests.append(Request(method, path, dict(query), json.loads(json.dumps(body)), response))
        return response


def sent_by(*steps: str, wait_s: float = 3.0) -> list[Request]:
    """Return what a call sends that is answered, in the room of its team, and does *steps*."""
    lines = "".join(f"      - {step}\n" for step in ("answer", f"join_conference: {json.dumps(ODD_NAME)}", *steps))
    text = f"  a:\n    do:\n{lines}    after: {{20m: hangup}}\n  broken:\n    after: {{20m: hangup}}\n"
    phone = Phone(flow(text), world=OpenWorld, unknown_parameters="refused")
    phone.calls(wait=wait_s)
    assert not [line for line in phone.stage.journal if line.kind == "failed"]
    assert isinstance(phone.world, OpenWorld)
    return phone.world.requests


def requests_for(operation: Operation, requests: list[Request]) -> list[Request]:
    """Return those of *requests* that are for *operation*, by method and path."""
    pattern = re.sub(r"\{\w+\}", "([^/]+)", operation.path)
    rivals = [row.path for row in OPERATIONS.values() if row.method == operation.method and row.path != operation.path]
    return [
        one
        for one in requests
        if one.method == operation.method and re.fullmatch(pattern, one.path) and one.path not in rivals
    ]


def assert_documented(operation: Operation, request: Request) -> None:
    """Fail unless Telnyx's documents, its SDK and its simulation allow *request*."""
    for segment in request.path.strip("/").split("/"):
        assert not _SEGMENT.sub("", segment), f"{segment} is not percent-encoded"
    body = dict(request.body)
    assert bool(body.pop("command_id", None)) == operation.takes_command_id
    assert body.keys() <= operation.parameters.keys()
    assert set(operation.required) <= body.keys()
    if operation.is_read or operation.method == "DELETE":
        assert not request.body
    if operation.takes_client_state and not operation.is_read:
        assert body["client_state"]
    official_sdk.accepts(operation, _for_the_sdk(operation, request, body))
    assert request.response.code not in _PARAMETER_ERRORS, request.response.body


def _for_the_sdk(operation: Operation, request: Request, body: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters as the SDK's types want them: some hold a value of the path as well."""
    values = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", operation.path), request.path)
    assert values is not None
    wanted = official_sdk.names(operation)
    if operation.name == "bridge" and not body.get("call_control_id"):
        # The SDK marks call_control_id as required, and forbids it together with queue (facts.md, section 0, 4).
        body["call_control_id"] = "v3:unused"
    in_path = {name: unquote(value) for name, value in values.groupdict().items() if name in wanted}
    return in_path | _unflattened(operation, request.query) | body


def _unflattened(operation: Operation, query: Mapping[str, str]) -> dict[str, Any]:
    """Return a query string as the values that it was made of."""
    found: dict[str, Any] = {}
    for key, text in query.items():
        if key in operation.query:
            found[key] = _read(operation.query[key], text)
            continue
        name, *parts = re.findall(r"[^\[\]]+", key)
        place, shape = found.setdefault(name, {}), operation.query[name]
        for part in parts[:-1]:
            place, shape = place.setdefault(part, {}), shape["properties"][part]
        place[parts[-1]] = _read(shape["properties"][parts[-1]], text)
    return found


def _read(shape: Mapping[str, Any], text: str) -> Any:
    return {"integer": int, "boolean": lambda text: text == "true"}.get(shape["type"], str)(text)


# -- any operation, with Telnyx's own parameters ---------------------------------------------------------------


def in_yaml(operation: Operation, parameters: Mapping[str, Any]) -> str:
    """Return the step that does *operation*, one parameter a line."""
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
    in_path = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", operation.path), request.path)
    assert in_path is not None
    arrived = {
        **{key: unquote(value) for key, value in in_path.groupdict().items()},
        **_unflattened(operation, request.query), **request.body,
    }  # fmt: skip
    for name, value in parameters.items():
        assert arrived[name] == value, name
    return {name for name in parameters} | in_path.groupdict().keys()


# -- what Telnyx would refuse is found by the checker ----------------------------------------------------------


def _errors(*steps: str) -> tuple[str, list[tuple[int, str]]]:
    """Return the flow with *steps*, and where the checker finds errors in it, with the name of the rule."""
    lines = "".join(f"      - {step}\n" for step in ("answer", *steps))
    text = flow(f"  a:\n    do:\n{lines}    after: {{20m: hangup}}\n")
    found = check_files({"desk.flow.yaml": text.encode()})
    return text, [(problem.line, problem.name) for problem in found if problem.severity == "error"]


def _on_one_line(operation: Operation, parameters: Mapping[str, Any]) -> str:
    return f"telnyx: {json.dumps({'operation': operation.name, **parameters}, ensure_ascii=False)}"


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
