"""Which flow answers a new call (interfaces.md, "How a call finds its flow")."""

from __future__ import annotations

from dataclasses import dataclass

from engine.core.flow import CALLER, Flow, Role, Version


@dataclass(frozen=True, slots=True)
class Answering:
    """The flow and role that answer a call, and why, in words for `ringflow route`."""

    flow: Flow
    role: Role
    why: str


def answering(version: Version, *, to: str, connection_id: str = "") -> Answering | None:
    """Return who answers a call to *to*: the exact number, then the connection, then ``any``, then ``unrouted``."""
    roles = [(flow, role) for flow in version.flows.values() for role in flow.roles.values()]
    for flow, role in roles:
        if to in role.starts_when.numbers:
            return Answering(flow, role, f"its starts_when has calls_to {to}")
    for flow, role in roles:
        if connection_id and role.starts_when.connection == connection_id:
            return Answering(flow, role, f"its starts_when has connection {connection_id}")
    for flow, role in roles:
        if role.starts_when.any_number:
            return Answering(flow, role, "its starts_when has calls_to: any")
    unrouted = version.project.unrouted
    if unrouted.kind == "flow":
        flow = version.flows[unrouted.flow]
        return Answering(flow, flow.roles[CALLER], "project.yaml gives it all calls that no flow claims (unrouted)")
    return None


def is_claimed(version: Version, *, to: str, connection_id: str) -> bool:
    """
    Tell whether a call to *to* is certainly for these flows: they name its number, or its connection.

    Telnyx's lists hold the calls of all applications of an account, those of other programs too.
    """
    starts = [role.starts_when for flow in version.flows.values() for role in flow.roles.values()]
    if connection_id in {version.project.connection_id, *(found.connection for found in starts)} - {""}:
        return True
    return any(to in found.numbers for found in starts)
