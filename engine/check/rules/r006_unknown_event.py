"""R006: an event that is a slip of a known one, or not in this version."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.nearest import nearest
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.events import ANYONE, LINK_EVENTS, OWN_EVENTS, split_event
from engine.language.loader import Folder
from engine.language.nodes import Scalar
from engine.language.tree import BranchTree, FlowTree, RoleTree

CODE = Code("R006", "unknown-event", "An event under on that is written almost like a known one.")


_NO_ANSWER = frozenset({"hangup", "hung_up", "busy", "no_answer", "not_answered", "timeout", "failed", "refused"})


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each near miss of an event's name, and for those of later versions."""
    for flow, role, branch in unknown_events(folder):
        yield from _slip(folder, flow, role, branch.key)


def unknown_events(folder: Folder) -> Iterator[tuple[FlowTree, RoleTree, BranchTree]]:
    """Yield every entry of ``on`` whose event is none that is known, with its flow and role."""
    for flow, role, block in folder.blocks():
        for branch in block.on:
            if split_event(branch.name, flow, role, folder.catalogue).kind == "unknown":
                yield flow, role, branch


def _slip(folder: Folder, flow: FlowTree, role: RoleTree, key: Scalar) -> Iterator[Problem]:
    known = known_events(folder, flow, role)
    meant = _instead(key.text, flow, role) or nearest(key.text, known)
    meant = meant or next((event for event in known if key.text in event.split(".")), None)
    prefix, _, rest = key.text.partition(".")
    if meant is not None:
        message = f"there is no event '{key.text}'; did you mean '{meant}'?"
        yield CODE.at(flow.path, key.span, message)
    elif not rest or (_is_leg(prefix, flow, role) and rest not in (*folder.catalogue.events, *LINK_EVENTS)):
        hint = "An event is named like call.answered, agent.left, agent.says.ready or sales.call.hangup."
        message = f"'{prefix}' has no event '{rest}'" if rest else f"there is no event '{key.text}'"
        yield CODE.at(flow.path, key.span, message, hint=hint)


def _instead(event: str, flow: FlowTree, role: RoleTree) -> str | None:
    """Return the event that a person means who writes *event* as people say it; None where nothing is clear."""
    prefix, _, rest = event.partition(".")
    others = [other.name for other in flow.roles if other.name != role.name]
    if event in _NO_ANSWER and len(role.legs) == 1:
        return f"{min(role.legs)}.call.hangup"
    if rest in _NO_ANSWER and prefix in (*role.legs, *others):
        return f"{prefix}.call.hangup"
    return None


def _is_leg(prefix: str, flow: FlowTree, role: RoleTree) -> bool:
    return prefix in role.legs or prefix in flow.role_names


def known_events(folder: Folder, flow: FlowTree, role: RoleTree) -> list[str]:
    """Return every event that this role could handle."""
    events = [*folder.catalogue.events, *OWN_EVENTS]
    events += [f"{ANYONE}.{event}" for event in folder.catalogue.events if event.startswith("conference.participant.")]
    events += [f"{leg}.{event}" for leg in role.legs for event in folder.catalogue.events]
    others = [other.name for other in flow.roles if other.name != role.name]
    return events + [f"{name}.{event}" for name in others for event in (*LINK_EVENTS, *folder.catalogue.events)]
