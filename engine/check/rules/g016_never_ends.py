"""G016: a role that never comes to an end by itself."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.limits import can_leave
from engine.check.paths import ends_the_call
from engine.check.rules.g012_loop_without_pause import loops
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.tree import RoleTree

CODE = Code("G016", "never-ends", "A flow in which no way leads to hangup, end or another flow.", "warning")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one warning for each role whose every way goes round for ever."""
    for flow, role in folder.roles():
        if role.is_sound and role.start is not None and not _ends(role) and _goes_on(role):
            whose = "this flow" if role.key is flow.name else f"the role '{role.name}'"
            message = f"{whose} never ends: no state leads to hangup, end or another flow"
            yield CODE.at(flow.path, role.start.span, message, hint="Let some key or time lead to a goodbye.")


def _goes_on(role: RoleTree) -> bool:
    """Tell whether it goes round at all: a state without a way out, or a loop without a pause, is the cause itself."""
    return len(role.states) > 1 and all(can_leave(role, state) for state in role.states) and not list(loops(role))


def _ends(role: RoleTree) -> bool:
    blocks = list(role.blocks())
    is_ended = any(ends_the_call(block) for block in blocks)
    exits = (target for block in blocks for _, target in block.ways_on())
    return is_ended or any(target.kind in ("hangup", "end", "flow") for target in exits)
