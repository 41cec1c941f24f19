"""R023: a flow is given a value of another type than it needs."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.reuse import uses
from engine.core.kinds import Kind
from engine.core.problem import Problem
from engine.core.text import Text
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.nodes import Scalar
from engine.language.variables import fits_type, saying_of

CODE = Code("R023", "input-type", "A flow that is given a value of another type than it needs.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each value whose type is not that of the need."""
    for use in uses(folder):
        for key, written, value in use.gift.give:
            need = use.of.variables.get(key.text) if key.text in use.of.needs else None
            if need is not None and not _fits(value, written, need.type):
                message = f"'{key.text}' must be {saying_of(need.type)}, because '{use.of.name.text}' needs it so"
                yield CODE.at(use.by.path, written.span, message)


def _fits(value: object, written: Scalar, kind: str) -> bool:
    if isinstance(value, Text):
        return Kind(kind).fits(value.kind)
    if "{{" in written.text:
        return True  # a formula that cannot be read, and is reported
    return fits_type(written.text if kind in ("digits", "text") else value, kind)
