"""Which names a formula may read, by the place where it stands, and what kind each of them is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.core.catalogue import Catalogue
from engine.core.expression import Kind
from engine.core.flow import Project, Variable
from engine.core.formula_functions import FIRST_HOURS, LANGUAGE, NOW
from engine.language.events import EventName

_KINDS: Mapping[str, Kind] = {
    "string": Kind.TEXT,
    "integer": Kind.NUMBER,
    "number": Kind.NUMBER,
    "boolean": Kind.YES_NO,
    "array": Kind.LIST,
}
_ERROR_FIELDS = {"event.error.code": Kind.TEXT, "event.error.status": Kind.NUMBER, "event.error.step": Kind.TEXT}
_QUEUE_FIELDS = {
    "queue.position": Kind.NUMBER,
    "queue.size": Kind.NUMBER,
    "queue.average_wait": Kind.NUMBER,
    "queue.waited": Kind.NUMBER,
}
_FIELDS_OF: Mapping[str, Mapping[str, Kind]] = {
    "check_queue": _QUEUE_FIELDS,
    "check_conference": {"room.people": Kind.NUMBER, "room.started_at": Kind.TIME, "room.ends_at": Kind.TIME},
    "participant_retrieve": {
        "participant.muted": Kind.YES_NO,
        "participant.on_hold": Kind.YES_NO,
        "participant.status": Kind.TEXT,
    },
}
_ACTION_FIELDS = {"event.step": Kind.TEXT, "event.reason": Kind.TEXT}
_DEEPEST = 3  # event.call_quality_stats.inbound.mos is the deepest that Telnyx documents


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a flow offers everywhere: its variables, the project's secrets and lists, the numbers of its legs."""

    names: Mapping[str, Kind]
    secrets: frozenset[str]

    def at(self, extra: Mapping[str, Kind]) -> Mapping[str, Kind]:
        """Return the names of a place that offers *extra* besides."""
        return {**self.names, **extra} if extra else self.names


def flow_scope(
    variables: Mapping[str, Variable],
    doubtful: frozenset[str],
    roles: tuple[str, ...],
    project: Project,
    hours: Collection[str] = (),
) -> Scope:
    """Return what every formula of the flow may read; *doubtful* variables exist, but their kind is not known."""
    names = dict.fromkeys((FIRST_HOURS, *hours) if hours else (), Kind.HOURS)
    names |= dict.fromkeys(doubtful, Kind.ANY)
    names |= {name: Kind(variable.type) for name, variable in variables.items()}
    names |= {f"secret.{name}": Kind.TEXT for name in project.secrets}
    names |= {f"list.{name}": Kind.LIST for name in project.lists}
    names |= {f"{role}.number": Kind.TEXT for role in roles}
    readable = [variable for variable in variables.values() if not variable.is_secret]
    names |= {f"{role}.{variable.name}": Kind(variable.type) for role in roles for variable in readable}
    names |= {"called.number": Kind.TEXT, "room.name": Kind.TEXT}
    names |= {NOW: Kind.TIME, LANGUAGE: Kind.TEXT}
    secrets = {name for name, variable in variables.items() if variable.is_secret}
    secrets |= {f"secret.{name}" for name in project.secrets}
    return Scope(names=names, secrets=frozenset(secrets))


def state_names(verbs: frozenset[str], *, has_gather: bool) -> dict[str, Kind]:
    """Return what a state offers besides: ``digits`` where it gathers, and what the *verbs* of its role read."""
    names = {"digits": Kind.DIGITS} if has_gather else {}
    for verb in _FIELDS_OF.keys() & verbs:
        names |= _FIELDS_OF[verb]
    return names


def own_event_names(event: EventName) -> Mapping[str, Kind]:
    """Return the ``event.*`` names of an event of the engine's own."""
    if event.kind == "says":
        return {"event.value": Kind.ANY}
    return _ACTION_FIELDS if event.prefix == "action" else {}


def error_names() -> Mapping[str, Kind]:
    """Return the ``event.error.*`` of ``on_error``."""
    return _ERROR_FIELDS


def event_names(event: str, catalogue: Catalogue) -> Mapping[str, Kind]:
    """Return the ``event.*`` names of a Telnyx event; of one that the catalogue lacks, any."""
    row = catalogue.events.get(event)
    if row is None:
        return {"event.*": Kind.ANY}
    return dict(_fields("event", row.fields, catalogue, 0))


def _fields(prefix: str, fields: Mapping[str, Any], catalogue: Catalogue, depth: int) -> Iterator[tuple[str, Kind]]:
    for name, shape in fields.items():
        shape = catalogue.shape(shape)
        if shape.get("properties") and depth < _DEEPEST:
            yield from _fields(f"{prefix}.{name}", shape["properties"], catalogue, depth + 1)
        else:
            yield f"{prefix}.{name}", _KINDS.get(shape.get("type", ""), Kind.ANY)
