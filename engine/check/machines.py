"""Answering machines: on which legs Telnyx is asked to look for one, and who listens for what it finds."""

from __future__ import annotations

from engine.check.reuse import uses
from engine.language.events import split_event
from engine.language.loader import Folder
from engine.language.tree import FlowTree, RoleTree, StepTree

_MACHINE = "call.machine."
_OFF = ("", "disabled", None)


def dials(flow: FlowTree, leg: str) -> list[StepTree]:
    """Return the steps that ring *leg* and ask for a detection."""
    return [step for step in flow.dials(leg) if step.values.get("detect_machine") not in _OFF]


def is_asked(flow: FlowTree, leg: str, folder: Folder) -> bool:
    """Tell whether Telnyx may be asked to look for a machine on *leg*, a role of the flow."""
    if leg != flow.caller.name:
        return bool(dials(flow, leg))
    if any(use.of is flow and use.gift.verb != "call_later" for use in uses(folder)):
        return True  # a call that another flow made may come here
    return flow.settings.call_attempts.detect_machine not in _OFF


def leg_of(event: str, flow: FlowTree, role: RoleTree, folder: Folder) -> str:
    """Return the leg whose ``call.machine.*`` *event* is, as *role* writes it; "" for any other event."""
    found = split_event(event, flow, role, folder.catalogue)
    is_machine = found.kind in ("telnyx", "leg") and found.name.startswith(_MACHINE)
    return (found.prefix or role.name) if is_machine else ""


def is_heard(flow: FlowTree, leg: str, folder: Folder) -> bool:
    """Tell whether some handler takes what Telnyx finds on *leg*."""
    return any(leg_of(branch.name, flow, role, folder) == leg for role, branch in flow.handlers())
