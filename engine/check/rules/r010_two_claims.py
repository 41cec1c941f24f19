"""R010: one number starts two flows."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.nodes import Scalar

CODE = Code("R010", "two-claims", "A number, connection or any that starts two flows or roles.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each claim on calls that another flow or role has claimed before."""
    taken: dict[str, str] = {}
    for path, owner, what, place in _claims(folder):
        if what in taken:
            yield CODE.at(path, place.span, f"calls to {what} already start {taken[what]}; only one may take them")
        else:
            taken[what] = owner


def _claims(folder: Folder) -> Iterator[tuple[str, str, str, Scalar]]:
    numbers = folder.project.project.numbers
    for flow, role in folder.roles():
        owner = f"'{flow.name.text}'" + ("" if role is flow.caller else f", role '{role.name}'")
        owner += f" ({flow.path})"
        for number in role.starts.numbers:
            yield flow.path, owner, numbers.get(number.text, number.text), number
        if role.starts.any_number is not None:
            yield flow.path, owner, "any number", role.starts.any_number
        if role.starts.connection is not None:
            yield flow.path, owner, f"connection {role.starts.connection.text}", role.starts.connection
