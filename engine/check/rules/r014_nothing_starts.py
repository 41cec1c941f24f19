"""R014: a flow or role that no call can begin."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("R014", "nothing-starts", "A flow or role without starts_when, which no call can begin.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each flow or role that no call starts."""
    unrouted = folder.project.project.unrouted.flow
    for flow, role in folder.roles():
        is_main = role is flow.caller
        if not role.is_sound or not role.starts.is_empty or (is_main and flow.name.text == unrouted):
            continue
        if is_main and (role.starts.by_flows is not None or role.starts.outgoing is not None):
            continue
        if flow.dials(role.name):
            continue  # it is rung
        if not is_main and not flow.is_sound:
            continue  # the dial may be among what could not be read
        owner = "this flow" if is_main else f"role '{role.name}'"
        message = f'no call can start {owner}; add starts_when: {{calls_to: ["+15551230000"]}}'
        hint = "" if is_main else f"Or ring it from another leg: dial: {{to: ..., as: {role.name}}}."
        yield CODE.at(flow.path, role.key.span, message, hint=hint)
