"""G001: a state that nothing leads out of."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.paths import ends_the_call
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("G001", "no-way-out", "A state that nothing leads out of, so the caller stays there until they hang up.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each state that no rule, step or anywhere leads out of."""
    for flow in folder.trees:
        for role in flow.roles:
            if not role.anywhere.is_sound or any(branch.can_leave for branch in role.anywhere.on):
                continue
            for state in role.states:
                can_leave = any(exit_.kind != "stay" for section, exit_ in state.exits() if section != "on_error")
                asks_for_keys = state.gather is not None and not state.keys  # G006 tells of those
                if state.is_sound and not can_leave and not ends_the_call(state) and not asks_for_keys:
                    message = f"nothing leads out of '{state.name}'; add then, keys, on or after"
                    yield CODE.at(flow.path, state.key.span, message)
