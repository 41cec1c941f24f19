"""telnyx: any operation of the catalogue, with Telnyx's own parameters; the checker has held them against it."""

from __future__ import annotations

from typing import Any

from engine.core.acts.act import Act, Failure, Result, Verdict
from engine.core.acts.calls import forbidden
from engine.core.catalogue import RINGING, ROOM_IDS, THIS_CALL
from engine.core.leg import Running
from engine.core.turn import Turn


def _begin(turn: Turn, running: Running) -> Result:
    given: dict[str, Any] = dict(turn.option(running.frame, "parameters") or {})
    row = turn.program.catalogue.operations[turn.action(running.frame).options["operation"]]
    if row.name in RINGING:
        written = turn.action(running.frame).options["parameters"]["to"]
        if (refusal := forbidden(turn, written, given["to"])) is not None:
            return refusal
    path = {}
    for name in row.path_parameters:
        value = given.pop(name) if name in given and name not in row.parameters else None
        path[name] = str(value or _default(turn, name) or "")
    if not all(path.values()):
        return Failure("no_room", title="The call is in no room")
    query = {name: given.pop(name) for name in row.query if name in given}
    if THIS_CALL in row.required and THIS_CALL not in row.path_parameters:
        given.setdefault(THIS_CALL, turn.leg.call_control_id)
    turn.send(row.name, given, path=path, query=query)
    return Verdict.WAITS


def _default(turn: Turn, name: str) -> str:
    if name == THIS_CALL:
        return turn.leg.call_control_id
    return turn.leg.conference_id if name in ROOM_IDS and turn.leg.is_in_room else ""


ACTS = {"telnyx": Act(begin=_begin)}
