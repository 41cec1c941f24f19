"""The names of events as authors write them: Telnyx's, with or without a leg, and the engine's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.core.catalogue import Catalogue
from engine.language.tree import FlowTree, RoleTree

LINK_EVENTS = ("joined", "left", "call.hangup")
OWN_EVENTS = ("action.in_doubt",)


@dataclass(frozen=True, slots=True)
class EventName:
    """
    An event name, taken apart.

    *kind*: "telnyx" (of this call), "leg" (of the leg *prefix*), "engine" (without fields: the link to the role
    *prefix* began or ended, its call ended, or a command is in doubt), "later" (not in this version), "unknown".
    *name* is the event without its prefix.
    """

    kind: Literal["telnyx", "leg", "engine", "later", "unknown"]
    name: str
    prefix: str = ""


def split_event(event: str, flow: FlowTree, role: RoleTree, catalogue: Catalogue) -> EventName:
    """Return what *event* means in *role*."""
    if event in catalogue.events:
        return EventName("telnyx", event)
    prefix, _, rest = event.partition(".")
    others = [other.name for other in flow.roles if other.name != role.name]
    if event in OWN_EVENTS:
        return EventName("engine", event)
    if prefix in ("anyone", "action") or (prefix in others and rest.startswith("says.")):
        return EventName("later", rest, prefix)
    if prefix in others and rest in LINK_EVENTS:
        return EventName("engine", rest, prefix)
    if prefix in role.legs:
        return EventName("leg" if rest in catalogue.events else "unknown", rest, prefix)
    if prefix in others and rest in catalogue.events:
        return EventName("later", rest, prefix)
    return EventName("unknown", event)
