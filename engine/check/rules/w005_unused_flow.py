"""W005: a flow that is there for other flows, and that none of them uses."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.reuse import uses
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("W005", "unused-flow", "A flow for other flows that nobody uses.", "warning")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one warning for each flow that only other flows could begin, and none does."""
    used = {use.of.path for use in uses(folder)}
    for flow in folder.trees:
        starts = flow.caller.starts
        is_only_for_flows = starts.by_flows is not None and starts.is_empty and starts.outgoing is None
        is_unrouted = flow.name.text == folder.project.project.unrouted.flow
        if is_only_for_flows and folder.is_complete and flow.path not in used and not is_unrouted:
            assert starts.by_flows is not None
            message = (
                f"no flow hands calls to '{flow.name.text}', runs it or calls anybody with it; use it or remove it"
            )
            yield CODE.at(flow.path, starts.by_flows.span, message)
