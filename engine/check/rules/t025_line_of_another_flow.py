"""T025: people are taken out of a queue in which only calls of other flows ever wait."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.reuse import uses
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.nodes import Scalar
from engine.language.tree import FlowTree, StepTree

CODE = Code(
    "T025",
    "line-of-another-flow",
    "A connect or bridge with a queue in which only calls of other flows wait.",
    severity="warning",
)
_NEW_CALL = "call_later"


def check(folder: Folder) -> Iterator[Problem]:
    """
    Yield one problem for each connect and bridge with a queue that only calls of other flows are put into.

    Only legs of one file are linked (language.md, section 2). Nothing is said about a flow that hands calls over to
    one that fills the queue, runs it, or is used by it: the call may belong to either when it is taken.
    """
    if not all(tree.is_sound for tree in folder.trees):
        return
    filled = {flow.name.text: {name.text for name in _queues(flow, "enqueue")} for flow in folder.trees}
    everywhere = set().union(*filled.values()) if filled else set()
    for flow in folder.trees:
        near = set().union(*(filled[name] for name in _related(folder, flow)))
        if any("{{" in name for name in near):
            continue
        for queue in (*_queues(flow, "connect"), *_queues(flow, "bridge")):
            if queue.text in everywhere - near:
                others = ", ".join(f"'{name}'" for name in sorted(filled) if queue.text in filled[name])
                message = f"only calls of the flow {others} wait in '{queue.text}', and this flow cannot take them"
                hint = f"Put these states under roles in {others}, or name a queue that callers of this flow wait in."
                yield CODE.at(flow.path, queue.span, message, hint=hint)


def _queues(flow: FlowTree, verb: str) -> Iterator[Scalar]:
    """Yield the names of queues behind *verb*, as written."""
    for _, _, step in flow.steps():
        if step.name == verb and (name := _queue(step)) is not None:
            yield name


def _queue(step: StepTree) -> Scalar | None:
    return step.given.get("queue")


def _related(folder: Folder, flow: FlowTree) -> set[str]:
    """Return the names of the flows that a call of *flow* may have been in, or may come to."""
    links = [(use.by.name.text, use.of.name.text) for use in uses(folder) if use.gift.verb != _NEW_CALL]
    found = {flow.name.text}
    while more := {name for pair in links if found & set(pair) for name in pair} - found:
        found |= more
    return found
