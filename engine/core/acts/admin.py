"""queue_create to queued_call_remove: the lines themselves, and who stands in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.core.acts import paging
from engine.core.acts.act import Act, Failure, Result, Verdict
from engine.core.leg import Running
from engine.core.turn import Turn


def _queue(turn: Turn, running: Running) -> str:
    return str(turn.option(running.frame, "queue"))


def _about(operation: str, **parameters: str) -> Act:
    """Return the act for one queue, named in the path; *parameters* maps Telnyx's names to the verb's options."""

    def begin(turn: Turn, running: Running) -> Result:
        given = {name: turn.option(running.frame, option) for name, option in parameters.items()}
        turn.send(operation, given, path={"queue_name": _queue(turn, running)})
        return Verdict.WAITS

    return Act(begin=begin)


def _about_call(operation: str, **parameters: str) -> Act:
    """Return the act for one call in one queue: the one named, else this call."""

    def begin(turn: Turn, running: Running) -> Result:
        written = turn.action(running.frame).options.get("call")
        call = turn.leg.call_control_id if written is None else str(turn.option(running.frame, "call") or "")
        if not call:
            return Failure("no_call", title="The call that is meant has no value")
        given = {name: turn.option(running.frame, option) for name, option in parameters.items()}
        turn.send(operation, given, path={"queue_name": _queue(turn, running), "call_control_id": call})
        return Verdict.WAITS

    return Act(begin=begin)


def _create(turn: Turn, running: Running) -> Result:
    most = turn.option(running.frame, "max_callers")
    turn.send("queue_create", path={}, queue_name=_queue(turn, running), max_size=most)
    return Verdict.WAITS


def _list(operation: str, field: str, path: Callable[[Turn, Running], dict[str, Any]]) -> Act:
    return paging.listing(operation, take=lambda row: row.get(field), path=path)


ACTS = {
    "queue_create": Act(begin=_create),
    "queue_update": _about("queue_update", max_size="max_callers"),
    "queue_delete": _about("queue_delete"),
    "queue_list": _list("queue_list", "name", lambda _turn, _running: {}),
    "queued_call_list": _list(
        "queued_call_list", "call_control_id", lambda turn, running: {"queue_name": _queue(turn, running)}
    ),
    "queued_call_update": _about_call("queued_call_update", keep_after_hangup="keep_after_hangup"),
    "queued_call_remove": _about_call("queued_call_remove"),
}
