"""R007: an event of a leg that no role or transfer creates."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.rules.r006_unknown_event import known_events, unknown_events
from engine.core.nearest import did_you_mean, nearest
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.events import ANYONE, LINK_EVENTS
from engine.language.loader import Folder
from engine.language.tree import FlowTree, RoleTree

CODE = Code("R007", "unknown-leg", "An event of a leg that no role and no transfer creates.")
_ROOM = frozenset({"participant", "conference", "room"})


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each prefix before a known event that names no leg."""
    for flow, role, branch in unknown_events(folder):
        if not flow.is_sound:
            continue  # the step that names the leg may be among what could not be read
        if names_a_leg(branch.name, folder) and not nearest(branch.name, known_events(folder, flow, role)):
            message, hint = _wrong_prefix(branch.name, flow, role)
            yield CODE.at(flow.path, branch.key.span, message, hint=hint)


def _wrong_prefix(event: str, flow: FlowTree, role: RoleTree) -> tuple[str, str]:
    """Return what is wrong with the leg that *event* begins with, and a hint."""
    prefix, _, rest = event.partition(".")
    if prefix == ANYONE or prefix in _ROOM:
        shown = f"conference.participant.{rest}"
        message = f"there is no event '{event}'; write {shown} for this call, or {ANYONE}.{shown}"
        return message, "The second is for others in the room."
    if prefix == role.name:
        message = f"'{prefix}' is this leg itself; write {rest} without '{prefix}.'"
    else:
        legs = {*role.legs, *flow.role_names} - {role.name}
        message = f"no role and no transfer here is called '{prefix}'{did_you_mean(prefix, legs)}"
    return message, "A leg is named by roles: or by transfer: {..., as: NAME}."


def names_a_leg(event: str, folder: Folder) -> bool:
    """Return whether *event* is a known event behind some prefix."""
    _, _, rest = event.partition(".")
    return rest in folder.catalogue.events or rest in LINK_EVENTS
