"""
How to find out whether a command was done, where nobody knows: a reading request, and what its answer says.

Telnyx remembers a command_id for 60 seconds only; later a command is not sent again before it was asked for
(runtime.md, "Commands", 3). What is only heard leaves no trace that could be read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core.answer import Answer
from engine.core.command import Command

_PAGE = 250  # the largest that Telnyx has (facts.md, section 3, "Pagination")
_GONE = 404


def question(command: Command) -> Command | None:
    """Return the request whose answer says whether *command* was done; None where none does."""
    path, given = command.path, command.parameters
    match command.operation:
        case "enqueue":
            place = {"queue_name": str(given["queue_name"]), "call_control_id": path["call_control_id"]}
            return Command(operation="queued_call_retrieve", path=place)
        case "queue_create":
            return Command(operation="queue_retrieve", path={"queue_name": str(given["queue_name"])})
        case "conference_join" | "conference_leave":
            query: dict[str, Any] = {"page[size]": _PAGE}
            if region := given.get("region"):
                query["region"] = region
            return Command(operation="participant_list", path={"conference_id": path["id"]}, query=query)
    return None


def is_done(command: Command, answer: Answer) -> bool | None:
    """Tell by the answer to its :func:`question` whether *command* was done; None when the answer does not say."""
    if not (answer.ok or answer.status == _GONE):
        return None
    match command.operation:
        case "conference_join" | "conference_leave":
            is_in = answer.ok and any(_is_of(row, command) for row in answer.items)
            if not is_in and not answer.is_last_page:
                return None
            return is_in == (command.operation == "conference_join")
    return answer.ok


def _is_of(row: Mapping[str, Any], command: Command) -> bool:
    is_here = row.get("status") not in ("left", "leaving")
    return is_here and row.get("call_control_id") == command.parameters.get("call_control_id")
