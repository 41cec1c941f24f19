"""T011: a flow that people order calls with has no number or no connection to call from."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("T011", "nothing-to-call-from", "A flow for outgoing calls without a number or a connection to call from.")


def check(folder: Folder) -> Iterator[Problem]:
    """
    Yield what is missing to ring somebody, for each flow with ``outgoing_call``.

    A call that another call plans or makes takes what it lacks from that one: its connection, and the number called.
    """
    project = folder.project
    if not project.is_sound:
        return
    for flow in folder.trees:
        place = flow.caller.starts.outgoing
        if place is None or not flow.is_sound:
            continue
        if not (flow.settings.call_from or project.project.caller_id):
            message = "nothing says from which of your numbers this flow calls"
            yield CODE.at(flow.path, place.span, message, hint='Write settings: {call_from: "+15551230000"}.')
        if not project.project.connection_id:
            message = "nothing says over which connection of your Telnyx account this flow calls"
            hint = 'Write in project.yaml: telnyx: {connection_id: "..."}; the Telnyx portal shows the number.'
            yield CODE.at(flow.path, place.span, message, hint=hint)
