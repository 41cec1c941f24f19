"""T012: a flow listens for an answering machine, and nobody asked Telnyx to look for one."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.machines import is_asked, leg_of
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.tree import FlowTree

CODE = Code("T012", "machine-not-asked", "A handler of call.machine events where no detection is asked for.", "warning")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one warning for each handler of ``call.machine.*`` of a leg that is never looked at."""
    for flow in folder.trees:
        if not flow.is_sound:
            continue
        roles = flow.role_names
        for role, branch in flow.handlers():
            leg = leg_of(branch.name, flow, role, folder)
            if leg in roles and not is_asked(flow, leg, folder):
                message = "this never happens: nobody asks Telnyx whether a machine answers"
                yield CODE.at(flow.path, branch.key.span, message, hint=_hint(flow, leg))


def _hint(flow: FlowTree, leg: str) -> str:
    starts = flow.caller.starts
    if leg != flow.caller.name:
        return f"Write dial: {{to: ..., as: {leg}, detect_machine: greeting_end}}."
    if starts.outgoing is None and starts.by_flows is None:
        return "Only somebody whom the flow calls can be a machine, not somebody who calls."
    return "Write settings: {call_attempts: {detect_machine: greeting_end}}."
