"""The tables of Telnyx's operations and events: methods, paths, parameters, limits. Data in, no reading of files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from engine.core.command import Resend

# What a path or body calls the call and the room that a step is about.
THIS_CALL = "call_control_id"
ROOM_IDS = ("id", "conference_id")
RINGING = {"dial": "to", "transfer": "to", "refer": "sip_address"}  # operations, and which parameter is rung
_BRACES = re.compile(r"\{(\w+)\}")

# Operations without command_id that may be done twice without harm (facts.md, section 3).
_HARMLESS = frozenset(
    {
        "client_state_update",
        "conference_hold",
        "conference_unhold",
        "conference_mute",
        "conference_unmute",
        "conference_stop",
        "participant_update",
        "queue_update",
        "queue_delete",
        "queued_call_update",
        "queued_call_remove",
        "playback_stop",
        "gather_stop",
        "record_stop",
        "record_pause",
        "record_resume",
        "conference_record_stop",
        "conference_record_pause",
        "conference_record_resume",
        "conference_update",
        "hangup",
        "reject",
        "conference_end",
        "tell",
        "switch_supervisor_role",
    }
)
# Operations whose effect can be read back before they are sent again (runtime.md, "Commands", 3).
_ASKS_FIRST = frozenset(
    {
        "answer",
        "conference_join",
        "conference_leave",
        "conference_create",
        "enqueue",
        "leave_queue",
        "queue_create",
        "record_start",
        "conference_record_start",
        "bridge",
    }
)


@dataclass(frozen=True, slots=True)
class Operation:
    """
    One row of the table of operations.

    *takes_command_id*: Telnyx ignores a repeated id for 60 s. *parameters* maps a body parameter's name to its
    shape ({type, enum, minimum, maximum, maxLength, items, $ref ...}). *answer* maps each part of what Telnyx answers
    to its shape; *lists*: it answers with many of them, page by page.
    """

    name: str
    method: str
    path: str
    group: str
    takes_command_id: bool
    takes_client_state: bool
    in_seeds: bool
    required: tuple[str, ...]
    parameters: Mapping[str, Any]
    query: Mapping[str, Any]
    one_of_required: tuple[tuple[str, ...], ...]
    conflicts: tuple[tuple[str, str], ...]
    requires: tuple[tuple[str, str], ...]
    expected_webhooks: tuple[str, ...]
    path_id_accepts_name: bool
    answer: Mapping[str, Any]
    lists: bool

    @property
    def path_parameters(self) -> tuple[str, ...]:
        return tuple(_BRACES.findall(self.path))

    @property
    def is_read(self) -> bool:
        return self.method == "GET"

    @property
    def resend(self) -> Resend:
        """How the operation may be sent again when its first answer was lost."""
        if self.is_read or self.name in _HARMLESS:
            return "harmless"
        return "asks_first" if self.name in _ASKS_FIRST else "at_most_once"

    def answered(self, path: str) -> Mapping[str, Any] | None:
        """
        Return the shape of the part *path* of an answer ("ended_by.call_control_id"), None where it has none.

        Of an operation that lists, a number in front means that entry of the list ("0.name").
        """
        first, _, rest = path.partition(".")
        if self.lists and first.isascii() and first.isdigit():
            path = rest
        shape: Mapping[str, Any] = {"properties": self.answer}
        for word in path.split("."):
            if word not in shape.get("properties", {}):
                return None
            shape = shape["properties"][word]
        return shape

    def url_path(self, values: Mapping[str, str]) -> str:
        """Return the path with *values* percent-encoded into its braces. Raises KeyError for a missing one."""
        return _BRACES.sub(lambda match: quote(values[match[1]], safe=""), self.path)


@dataclass(frozen=True, slots=True)
class EventType:
    """One row of the table of webhooks: *fields* maps each payload field to its shape."""

    name: str
    group: str
    in_seeds: bool
    wrapped_in_data: bool
    occurred_at: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All operations, event types, shared shapes and error titles."""

    operations: Mapping[str, Operation]
    events: Mapping[str, EventType]
    shapes: Mapping[str, Any]
    errors: tuple[Mapping[str, Any], ...]

    @classmethod
    def from_tables(cls, operations: Mapping[str, Any], events: Mapping[str, Any]) -> Catalogue:
        """Build it from the parsed ``operations.json`` and ``events.json``."""
        return cls(
            operations={name: _operation(name, row) for name, row in operations["operations"].items()},
            events={
                name: EventType(
                    name, row["group"], row["in_seeds"], row["wrapped_in_data"], row["occurred_at"], row["payload"]
                )
                for name, row in events["events"].items()
            },
            shapes=operations["schemas"],
            errors=tuple(events["errors"]),
        )

    def shape(self, shape: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return *shape*, with a ``$ref`` into the shared shapes followed."""
        while "$ref" in shape:
            shape = self.shapes[shape["$ref"].rsplit("/", 1)[-1]]
        return shape

    def seed_operations(self) -> Iterator[Operation]:
        return (operation for operation in self.operations.values() if operation.in_seeds)


def _operation(name: str, row: Mapping[str, Any]) -> Operation:
    return Operation(
        name=name,
        method=row["method"],
        path=row["path"],
        group=row["group"],
        takes_command_id=row["command_id"],
        takes_client_state=row["client_state"],
        in_seeds=row["in_seeds"],
        required=tuple(row["required"]),
        parameters=row["parameters"],
        query=row["query"],
        one_of_required=tuple(tuple(group) for group in row["one_of_required"]),
        conflicts=tuple((a, b) for a, b in row["conflicts"]),
        requires=tuple((a, b) for a, b in row["requires"]),
        expected_webhooks=tuple(row["expected_webhooks"]),
        path_id_accepts_name=row["path_id_accepts_name"],
        answer=row["response"].get("data") or {},
        lists=row["response"]["kind"] == "paged_list",
    )


def flat_query(query: Mapping[str, Any], around: str = "") -> Iterator[tuple[str, str]]:
    """Yield the pairs of a query string as Telnyx spells them: {"filter": {"name": "x"}} is ``filter[name]=x``."""
    for name, value in query.items():
        key = f"{around}[{name}]" if around else name
        if isinstance(value, Mapping):
            yield from flat_query(value, key)
        elif value is not None:
            yield key, str(value).lower() if isinstance(value, bool) else str(value)
