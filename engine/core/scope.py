"""The names that formulas and texts may read, looked up when they are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from engine.core.formula_functions import FIRST_HOURS, LANGUAGE, NOW
from engine.core.leg import Leg
from engine.core.program import Program

Recalled = Callable[[frozenset[str], Callable[[], object]], object]


def field_of(payload: Mapping[str, Any], path: str) -> Any:
    """Return ``event.<path>`` of *payload*, None where it is missing ("recording_urls.mp3" goes one level down)."""
    value: Any = payload
    for part in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(part)
    return value


class Scope(Mapping[str, object]):
    """
    The names of one moment of a leg: variables, ``digits``, ``event.*``, numbers, queue, room, secrets, lists, hours.

    *event* is the payload of the event in whose handler a formula stands, or the fields that its block kept.
    *recalled* works a formula out that may read what the history masks (see Turn.recalled).
    """

    __slots__ = ("_event", "_leg", "_now", "_program", "recalled")

    def __init__(
        self, program: Program, leg: Leg, event: Mapping[str, Any], now: float, recalled: Recalled | None = None
    ) -> None:
        self.recalled = recalled
        self._program = program
        self._now = now
        self._leg = leg
        self._event = event

    def __getitem__(self, name: str) -> object:
        head, dot, rest = name.partition(".")
        if not dot:
            variables = self._leg.variables
            return variables[name] if name in variables else self._plain(name)
        return self._dotted(name, head, rest)

    def _plain(self, name: str) -> object:
        flow = self._program.flow
        if name == "digits":
            return self._leg.digits
        if name == NOW:
            return self._now
        if name == LANGUAGE:
            return self._leg.language or flow.settings.language
        return next(iter(flow.hours.values()), None) if name == FIRST_HOURS else flow.hours[name]

    def _dotted(self, name: str, head: str, rest: str) -> object:
        leg = self._leg
        if head == "event":
            return self._event[name] if name in self._event else field_of(self._event, rest)
        if head == "secret":
            return self._program.secrets[rest]
        if head == "list":
            return self._program.project.lists[rest]
        if head == "queue":
            return leg.place.get(rest)
        if head == "room":
            return leg.room if rest == "name" else leg.room_seen.get(rest)
        if head == "participant":
            return leg.participant_seen.get(rest)
        if name == "called.number":
            return leg.our_number
        if rest == "number":
            return leg.number if head == leg.role else self._linked_number(head)
        if rest in self._program.flow.variables:
            return leg.variables.get(rest) if head == leg.role else self._linked_value(head, rest)
        raise KeyError(name)

    def _linked_number(self, role: str) -> str:
        link, origin = self._leg.links.get(role), self._leg.origin
        if link is None and origin is not None and origin.role == role:
            return str(origin.person.get("number") or "")
        return link.number if link else ""

    def _linked_value(self, role: str, name: str) -> object:
        """Return a variable of another leg: an empty text or None without a link, and until it has told."""
        link, kind = self._leg.links.get(role), self._program.flow.variables[name].type
        found = link.variables.get(name) if link else None
        return "" if found is None and kind in ("text", "digits") else found

    def __iter__(self) -> Iterator[str]:
        return iter(self._leg.variables)

    def __len__(self) -> int:
        return len(self._leg.variables)


def resolve(value: Any, scope: Scope) -> Any:
    """Return *value*, with formulas and texts in it (also inside mappings and lists) worked out in *scope*."""
    if isinstance(value, Mapping):
        return {key: resolve(item, scope) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(resolve(item, scope) for item in value)
    evaluate = getattr(value, "evaluate", None)
    return value if evaluate is None else evaluate(scope)
