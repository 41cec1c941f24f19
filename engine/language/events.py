"""The names of events as authors write them: Telnyx's, with or without a leg, and the engine's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.core.catalogue import Catalogue
from engine.language.tree import FlowTree, RoleTree

LINK_EVENTS = ("joined", "left")
OWN_EVENTS = ("action.in_doubt", "action.refused")
ANYONE = "anyone"
_OTHERS = "conference.participant."  # what others in my room do: anyone.conference.participant.joined


@dataclass(frozen=True, slots=True)
class EventName:
    """
    An event name, taken apart.

    *kind*: "telnyx" (of this call), "leg" (of the leg *prefix*: one that a transfer rings, or the linked one of a
    role), "anyone" (of others in my room), "says" (the linked leg *prefix* tells a word), "engine" (the link to the
    role *prefix* began or ended, or a command is in doubt or refused), "unknown". *name* is the event without its
    prefix.
    """

    kind: Literal["telnyx", "leg", "anyone", "says", "engine", "unknown"]
    name: str
    prefix: str = ""


def split_event(event: str, flow: FlowTree, role: RoleTree, catalogue: Catalogue) -> EventName:
    """Return what *event* means in *role*."""
    if event in catalogue.events:
        return EventName("telnyx", event)
    prefix, _, rest = event.partition(".")
    others = [other.name for other in flow.roles if other.name != role.name]
    if event in OWN_EVENTS:
        return EventName("engine", rest, prefix)
    if prefix == ANYONE and rest.startswith(_OTHERS) and rest in catalogue.events:
        return EventName("anyone", rest, prefix)
    if prefix in others and rest in LINK_EVENTS:
        return EventName("engine", rest, prefix)
    if prefix in others and rest.startswith("says.") and rest.count(".") == 1 and rest != "says.":
        return EventName("says", rest, prefix)
    if prefix in others or prefix in role.legs:
        return EventName("leg" if rest in catalogue.events else "unknown", rest, prefix)
    return EventName("unknown", event)
