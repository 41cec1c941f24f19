"""T013: Telnyx is asked to look for an answering machine, and the flow does the same whatever it finds."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.machines import dials, is_heard
from engine.check.reuse import uses
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.nodes import Map, Node
from engine.language.tree import FlowTree

CODE = Code("T013", "machine-not-heard", "A detection of answering machines whose result nothing handles.", "warning")
_MESSAGE = "Telnyx will say whether a machine answers, and nothing here listens"
_HINT = "Write under on: call.machine.detection.ended: ..., with event.result."


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one warning for each ``detect_machine`` without a handler of ``call.machine.*``."""
    for flow in folder.trees:
        if not flow.is_sound:
            continue
        unheard = (role.name for role in flow.roles[1:] if not is_heard(flow, role.name, folder))
        for step in (step for name in unheard for step in dials(flow, name)):
            yield CODE.at(flow.path, step.given["detect_machine"].span, _MESSAGE, hint=_HINT)
        yield from _of_settings(flow, folder)


def _of_settings(flow: FlowTree, folder: Folder) -> Iterator[Problem]:
    attempts, caller = flow.settings.call_attempts, flow.caller.name
    hands_on = any(use.by is flow and use.gift.verb != "call_later" for use in uses(folder))
    if attempts.detect_machine in ("", "disabled") or hands_on or is_heard(flow, caller, folder):
        return
    node: Node | None = folder.documents[flow.path].root
    for word in ("settings", "call_attempts", "detect_machine"):
        node = node.get(word) if isinstance(node, Map) else None
    if node is not None:
        yield CODE.at(flow.path, node.span, _MESSAGE, hint=_HINT)
