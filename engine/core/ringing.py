"""Ringing somebody: the leg that is rung gets a run of its own, which exists before Telnyx hears of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.core.acts.calls import retry_policies
from engine.core.command import Command, command_id, run_id
from engine.core.event import ClientState
from engine.core.links import RUNG
from engine.core.turn import Outgoing

_OFF = "disabled"  # Telnyx's word for no detection of answering machines


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """
    Whom to ring, and as what: a *role* of a *flow* of a *version*. Times are in seconds.

    *detect_machine* is Telnyx's word, "" for none. *beside* is the call_control_id of the leg that rings, "" for none.
    *origin*: who rings, as the leg that is rung keeps it (see leg.Origin). *give*: values of its variables.
    """

    version: str
    flow: str
    role: str
    to: str
    from_: str
    connection_id: str
    ring_for_s: float
    longest_s: float
    detect_machine: str = ""
    beside: str = ""
    origin: Mapping[str, Any] = field(default_factory=dict)
    give: Mapping[str, Any] = field(default_factory=dict)


def ring(out: Outgoing, install: str, wish: Ring) -> tuple[str, str]:
    """
    Make the leg's run by a message, then have Telnyx ring it; both are in one commit.

    Returns its run, and the command_id of the dial. The leg's token is its own, so that late events of an earlier
    attempt never reach it.
    """
    run = run_id(command_id(out.run, out.ver, len(out.rows) + 1))
    out.tell(
        run,
        RUNG,
        version=wish.version,
        flow=wish.flow,
        role=wish.role,
        to=wish.to,
        connection_id=wish.connection_id,
        ring_for_s=wish.ring_for_s,
        origin=dict(wish.origin),
        give=dict(wish.give),
        **{"from": wish.from_},
    )
    detect = "" if wish.detect_machine == _OFF else wish.detect_machine
    parameters = {
        "to": wish.to,
        "from": wish.from_,
        "connection_id": wish.connection_id,
        "timeout_secs": int(wish.ring_for_s),
        "time_limit_secs": int(wish.longest_s),
        "answering_machine_detection": detect,
        "link_to": wish.beside,
        "client_state": ClientState(install, run, 0).encode(),
        "webhook_retries_policies": retry_policies(),
    }
    command = Command(operation="dial", parameters={name: value for name, value in parameters.items() if value != ""})
    return run, out.put(command)
