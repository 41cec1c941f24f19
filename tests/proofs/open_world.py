"""A simulated Telnyx that keeps every request as it came, and what must be true of each of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import official_sdk

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


def path_pattern(operation: Operation) -> str:
    """Return the regular expression of the operation's path, with its values by name."""
    return re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", operation.path)


def requests_for(operation: Operation, requests: Iterable[Request]) -> list[Request]:
    """Return those of *requests* that are for *operation*, by method and path."""
    pattern = path_pattern(operation)
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
    if operation.takes_client_state and (operation.name == "dial" or "call_control_id" in operation.path_parameters):
        assert body["client_state"], "only a leg's own run counts its commands; a room's run sends none"
    official_sdk.accepts(operation, _for_the_sdk(operation, request, body))
    assert request.response.code not in _PARAMETER_ERRORS, request.response.body


def _for_the_sdk(operation: Operation, request: Request, body: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters as the SDK's types want them: some hold a value of the path as well."""
    values = re.fullmatch(path_pattern(operation), request.path)
    assert values is not None
    wanted = official_sdk.names(operation)
    if operation.name == "bridge" and not body.get("call_control_id"):
        # The SDK marks call_control_id as required, and forbids it together with queue (facts.md, section 0, 4).
        body["call_control_id"] = "v3:unused"
    in_path = {name: unquote(value) for name, value in values.groupdict().items() if name in wanted}
    return in_path | unflattened(operation, request.query) | body


def unflattened(operation: Operation, query: Mapping[str, str]) -> dict[str, Any]:
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
