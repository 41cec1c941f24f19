"""What the flows want of a Telnyx account: numbers, applications, the right to ring somebody."""

from __future__ import annotations

from dataclasses import dataclass

from engine.core.flow import CALLER, Flow, Version

_RINGS = frozenset({"dial", "transfer", "call_later"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wants:
    """
    *numbers* maps each number to what the flows do with it, *connections* each connection_id to who names it.

    *ringing* names the flows that ring somebody.
    """

    numbers: dict[str, str]
    connections: dict[str, str]
    ringing: tuple[str, ...]


def wants_of(version: Version) -> Wants:
    """Return what the flows of *version* want."""
    project = version.project
    numbers: dict[str, str] = {}
    connections = {project.connection_id: "telnyx.connection_id in project.yaml"} if project.connection_id else {}
    ringing = [flow.name for flow in version.flows.values() if _rings(flow)]
    for flow in version.flows.values():
        for role in flow.roles.values():
            for number in role.starts_when.numbers:
                numbers.setdefault(number, f"calls_to of {flow.name}")
            if role.starts_when.connection:
                connections.setdefault(role.starts_when.connection, f"connection of {flow.name}")
    for flow in version.flows.values():
        if flow.settings.call_from:
            numbers.setdefault(flow.settings.call_from, f"call_from of {flow.name}")
    if project.caller_id and ringing:
        numbers.setdefault(project.caller_id, "telnyx.caller_id in project.yaml")
    return Wants(numbers=numbers, connections=connections, ringing=tuple(ringing))


def _rings(flow: Flow) -> bool:
    blocks = [block for role in flow.roles.values() for block in (role.anywhere, *role.states.values())]
    verbs = {action.verb for block in blocks for action in block.actions}
    return flow.roles[CALLER].starts_when.outgoing or not verbs.isdisjoint(_RINGS)
