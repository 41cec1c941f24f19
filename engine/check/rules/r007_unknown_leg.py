"""R007: an event of a leg that no role or transfer creates."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.rules.r006_unknown_event import known_events
from engine.core.nearest import did_you_mean, nearest
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.events import LINK_EVENTS, split_event
from engine.language.loader import Folder

CODE = Code("R007", "unknown-leg", "An event of a leg that no role and no transfer creates.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each prefix before a known event that names no leg."""
    for flow in folder.trees:
        if not flow.is_sound:
            continue  # the step that names the leg may be among what could not be read
        for role, block in flow.blocks():
            legs = [*role.legs, *(other.name for other in flow.roles if other.name != role.name)]
            for branch in block.on:
                prefix, _, rest = branch.name.partition(".")
                is_known = split_event(branch.name, flow, role, folder.catalogue).kind != "unknown"
                if (
                    is_known
                    or not names_a_leg(branch.name, folder)
                    or nearest(branch.name, known_events(folder, flow, role))
                ):
                    continue
                if prefix == role.name:
                    message = f"'{prefix}' is this leg itself; write {rest} without '{prefix}.'"
                else:
                    message = f"no role and no transfer here is called '{prefix}'{did_you_mean(prefix, legs)}"
                hint = "A leg is named by roles: or by transfer: {..., as: NAME}."
                yield CODE.at(flow.path, branch.key.span, message, hint=hint)


def names_a_leg(event: str, folder: Folder) -> bool:
    """Return whether *event* is a known event behind some prefix."""
    _, _, rest = event.partition(".")
    return rest in folder.catalogue.events or rest in LINK_EVENTS
