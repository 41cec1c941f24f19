"""From method and path to a row of the catalogue, and what a command sees of its request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from engine.core.catalogue import Catalogue, Operation
from engine.simulator.exchange import Exchange
from engine.simulator.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Request:
    """One request for an operation: *path* holds the values of the path's braces."""

    operation: Operation
    defaults: Mapping[str, Any]
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        """Return the body's parameter, else the catalogue's default, else None."""
        value = self.body.get(name)
        return self.defaults.get(name) if value is None else value

    @property
    def target(self) -> str:
        """The call, room or queue that the request is about, as named in its path or else its body."""
        names = ("call_control_id", "conference_id", "id", "queue_name")
        return next((str(source[name]) for source in (self.path, self.body) for name in names if name in source), "")

    @property
    def leg_id(self) -> str | None:
        """The call_control_id of the leg that the request is about, from its path or else its body."""
        found = self.path.get("call_control_id") or self.body.get("call_control_id")
        return found if isinstance(found, str) else None

    @property
    def is_about_call(self) -> bool:
        """True for what is under ``/calls/{call_control_id}``."""
        return self.operation.path.startswith("/calls/{")


# What carries an operation out: gets the request, changes the exchange, returns the answer's body ({} for 204).
Deed = Callable[[Exchange, Request], dict[str, Any]]


def done() -> dict[str, Any]:
    """Return the body of an accepted command."""
    return {"data": {"result": "ok"}}


class Router:
    """Finds the operation of a method and a path; the path's values are percent-decoded."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._rows = [
            (operation, operation.path.strip("/").split("/"), _defaults(catalogue, operation))
            for operation in catalogue.operations.values()
        ]

    def find(self, method: str, path: str, query: Mapping[str, str], body: Mapping[str, Any]) -> Request:
        """Return the request. Raises Refusal 404 for a path that no operation has."""
        parts = path.strip("/").split("/")
        if parts[0] == "v2":
            parts = parts[1:]
        for operation, pattern, defaults in self._rows:
            if operation.method != method or len(pattern) != len(parts):
                continue
            if all(want == part or want[0] == "{" for want, part in zip(pattern, parts, strict=True)):
                values = {
                    want[1:-1]: unquote(part) for want, part in zip(pattern, parts, strict=True) if want[0] == "{"
                }
                return Request(operation, defaults, values, query, body)
        raise Refusal(404, "10005", f"There is no {method} {path}.")


def _defaults(catalogue: Catalogue, operation: Operation) -> dict[str, Any]:
    shapes = {name: catalogue.shape(shape) for name, shape in operation.parameters.items()}
    return {name: shape["default"] for name, shape in shapes.items() if "default" in shape}
