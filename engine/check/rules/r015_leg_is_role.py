"""R015: transfer names its far leg like a role."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("R015", "leg-is-role", "A transfer that names its far leg like a role.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each ``transfer: {as: ...}`` that takes the name of a role."""
    for flow, role in folder.roles():
        for name, place in role.legs.items():
            if name in flow.role_names:
                message = f"'{name}' is a role; the far leg of a transfer needs a name of its own"
                yield CODE.at(flow.path, place.span, message)
