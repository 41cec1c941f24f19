"""T007: a transfer that does not say what happens when nobody answers."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("T007", "no-answer", "A transfer without the way of an unanswered call.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each transfer whose state does not handle ``<leg>.call.hangup`` with an exit."""
    for flow in folder.trees:
        for role, state in flow.blocks():
            for step in state.all_steps():
                if step.name != "transfer" or not state.is_sound or not role.anywhere.is_sound:
                    continue
                leg = step.values.get("as", "")
                event = f"{leg}.call.hangup"
                branch = state.handler(event) or role.anywhere.handler(event)
                if not leg:
                    message = "a transfer needs a name for its far leg, so that busy and no answer can be handled"
                    yield CODE.at(flow.path, step.key.span, message, hint=_hint("sales"))
                elif branch is None or not branch.always_leaves:
                    message = f"nothing says what happens when '{leg}' is busy or does not answer"
                    yield CODE.at(flow.path, step.key.span, message, hint=_hint(leg))


def _hint(leg: str) -> str:
    return f"Write as: {leg} and, under on, {leg}.call.hangup: STATE."
