"""R027: a flow needs values, and calls reach it that nobody gives any."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("R027", "nobody-gives", "A flow that needs values and also answers calls from outside.")


def check(folder: Folder) -> Iterator[Problem]:
    """
    Yield one problem for each flow with ``needs`` that a call can begin with and nobody gives it anything.

    Another flow gives, and so does whoever orders a call (``outgoing_call``).
    """
    unrouted = folder.project.project.unrouted.flow
    for flow in folder.trees:
        starts = flow.caller.starts
        is_outside = not starts.is_empty or flow.name.text == unrouted
        if flow.needs and is_outside:
            name = flow.needs[0]
            message = f"calls from outside come here too, and nobody would give them '{name}'"
            hint = "Keep the value under remember instead, or make two flows, of which one hands over to the other."
            yield CODE.at(flow.path, flow.variable_keys[name].span, message, hint=hint)
