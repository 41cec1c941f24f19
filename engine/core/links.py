"""
Links between two legs of one interaction: how legs introduce themselves, what each lets the other know, how it ends.

Legs talk by messages only (runtime.md, "What is serial"). What a leg makes of a message stands in ``leg_messages``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core import levels
from engine.core.event import Event
from engine.core.leg import Link, Via
from engine.core.secrecy import holds_secret
from engine.core.turn import Turn

# Messages from leg to leg.
RUNG = "leg.rung"  # a leg is being rung, and begins to exist
PLACED = "leg.placed"  # Telnyx has taken the call: its ids
DROP = "leg.drop"  # nobody waits for it any more; `never`: Telnyx has refused to ring it
ANSWERED = "leg.answered"
GONE = "leg.gone"  # it has ended before it was answered
LINKED = "leg.linked"
UNLINKED = "leg.unlinked"
VIA = "leg.via"  # the link is a bridge now, or the room that it was before
EVENT = "leg.event"
SAYS = "leg.says"
VARIABLES = "leg.variables"
PARTNER = "bridge.partner"  # a queue says who is taking its first caller
GO = "bridge.go"  # a queue says that it is this leg's turn

_LINK_WORDS = ("joined", "left")


def introduction(turn: Turn) -> dict[str, Any]:
    """Return what another leg needs to know of this one to be linked with it."""
    return levels.within(turn, levels.known_as(turn), lambda: _introduction(turn))


def _introduction(turn: Turn) -> dict[str, Any]:
    leg = turn.leg
    return {
        "run": leg.run,
        "role": leg.role,
        "number": leg.number,
        "call_control_id": leg.call_control_id,
        "flow": leg.flow,
        "listens": _listens(turn),
        "variables": _readable(turn),
    }


def may_link(turn: Turn, person: Mapping[str, Any]) -> bool:
    """Tell whether the leg that introduced itself has another role of the same file: only such legs are linked."""
    known = turn.level(levels.known_as(turn))
    return bool(person["flow"] == known.flow and person["role"] != known.role)


def link_to(turn: Turn, person: Mapping[str, Any], via: Via) -> Link:
    """Return a link to the leg that introduced itself as *person*."""
    prefix = f"{turn.level(levels.known_as(turn)).role}."
    return Link(
        run=str(person["run"]),
        number=str(person.get("number") or ""),
        via=via,
        call_control_id=str(person.get("call_control_id") or ""),
        flow=str(person.get("flow") or ""),
        listens=[name.removeprefix(prefix) for name in person.get("listens", ()) if name.startswith(prefix)],
        variables=dict(person.get("variables") or {}),
    )


def tell(turn: Turn, receiver: str, event_type: str, **payload: Any) -> None:
    """Send a message to another leg, with this one's run and role."""
    role = turn.level(levels.known_as(turn)).role
    turn.out.tell(receiver, event_type, run=turn.leg.run, role=role, **payload)


def let_go(turn: Turn) -> None:
    """
    The run ends: those it is linked with, and the one that rang it, hear of it.

    Of links that a room made the room tells, which knows when the other may be spoken to.
    """
    leg = turn.leg
    for link in leg.links.values():
        if link.via != "room":
            tell(turn, link.run, UNLINKED, hangup=turn.hangup)
    if leg.origin is not None and not leg.origin.is_told:
        leg.origin.is_told = True
        tell(turn, leg.origin.run, GONE, payload=dict(turn.hangup or {}))
    leg.early = []


def forward(turn: Turn, event: Event) -> None:
    """Tell an event of this leg to those it is linked with that listen; what may be a secret stays here."""
    leg = turn.leg
    if event.type == "call.hangup":
        return  # it comes with the link's end
    for link in leg.links.values():
        if event.type in link.listens and not holds_secret(turn, event):
            tell(turn, link.run, EVENT, type=event.type, payload=dict(event.payload))


def share(turn: Turn) -> None:
    """Tell the legs of the same flow what they may read of this one, where that has changed."""
    if turn.leg.links and turn.leg.status == "live":
        levels.within(turn, levels.known_as(turn), lambda: _share(turn))


def _share(turn: Turn) -> None:
    links = [link for link in turn.leg.links.values() if link.flow == turn.leg.flow]
    values = _readable(turn) if links else {}
    for link in links:
        if link.told != values:
            link.told = values
            tell(turn, link.run, VARIABLES, values=values)


def _readable(turn: Turn) -> dict[str, Any]:
    flow, held = turn.program.flow, turn.leg.variables
    return {name: held.get(name) for name in flow.shared if not flow.variables[name].is_secret}


def _listens(turn: Turn) -> list[str]:
    """Return the events of other legs that some handler of this leg's role takes."""
    blocks = (turn.role.anywhere, *turn.role.states.values())
    names = {name for block in blocks for name in block.on}
    return sorted(name for name in names if _is_of_role(turn, name))


def _is_of_role(turn: Turn, name: str) -> bool:
    role, _, event = name.partition(".")
    return role in turn.program.flow.roles and event not in _LINK_WORDS and not event.startswith("says.")
