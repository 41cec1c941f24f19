"""R006: an event that is a slip of a known one, or not in this version."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.nearest import nearest
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.events import ANYONE, LINK_EVENTS, OWN_EVENTS, split_event
from engine.language.loader import Folder
from engine.language.nodes import Scalar
from engine.language.tree import FlowTree, RoleTree

CODE = Code("R006", "unknown-event", "An event under on that is written almost like a known one.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each near miss of an event's name, and for those of later versions."""
    for flow in folder.trees:
        for role, block in flow.blocks():
            for branch in block.on:
                if split_event(branch.name, flow, role, folder.catalogue).kind == "unknown":
                    yield from _slip(folder, flow, role, branch.key)


def _slip(folder: Folder, flow: FlowTree, role: RoleTree, key: Scalar) -> Iterator[Problem]:
    known = known_events(folder, flow, role)
    meant = nearest(key.text, known) or next((event for event in known if key.text in event.split(".")), None)
    prefix, _, rest = key.text.partition(".")
    if meant is not None:
        message = f"there is no event '{key.text}'; did you mean '{meant}'?"
        yield CODE.at(flow.path, key.span, message)
    elif not rest or (_is_leg(prefix, flow, role) and rest not in (*folder.catalogue.events, *LINK_EVENTS)):
        hint = "An event is named like call.answered, agent.left or sales.call.hangup."
        message = f"'{prefix}' has no event '{rest}'" if rest else f"there is no event '{key.text}'"
        yield CODE.at(flow.path, key.span, message, hint=hint)


def _is_leg(prefix: str, flow: FlowTree, role: RoleTree) -> bool:
    return prefix in role.legs or prefix in {other.name for other in flow.roles}


def known_events(folder: Folder, flow: FlowTree, role: RoleTree) -> list[str]:
    """Return every event that this role could handle."""
    events = [*folder.catalogue.events, *OWN_EVENTS]
    events += [f"{ANYONE}.{event}" for event in folder.catalogue.events if event.startswith("conference.participant.")]
    events += [f"{leg}.{event}" for leg in role.legs for event in folder.catalogue.events]
    others = [other.name for other in flow.roles if other.name != role.name]
    return events + [f"{name}.{event}" for name in others for event in (*LINK_EVENTS, *folder.catalogue.events)]
