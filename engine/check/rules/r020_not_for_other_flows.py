"""R020: a flow is used that no other flow may use."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.reuse import uses
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("R020", "not-for-other-flows", "A flow used by another one that its starts_when does not allow.")


def check(folder: Folder) -> Iterator[Problem]:
    """
    Yield one problem for each run, call_later and give to a flow without ``another_flow_calls``.

    A flow that answers calls may be handed one without more ado.
    """
    for use in uses(folder):
        caller = use.of.caller
        is_plain = use.gift.verb == "flow" and not use.gift.give
        if caller.is_sound and caller.starts.by_flows is None and not is_plain:
            name = use.of.name.text
            message = f"other flows may not use '{name}' yet; add another_flow_calls: true to its starts_when"
            yield CODE.at(use.by.path, use.gift.flow.span, message)
