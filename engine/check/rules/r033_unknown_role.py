"""R033: dial rings a role that the file does not have."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.nearest import did_you_mean
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("R033", "unknown-role", "A dial whose far leg is no role of the file.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each ``dial: {as: ...}`` that names no other role."""
    for flow in folder.trees:
        names = flow.role_names
        for role, _, step in flow.steps():
            place = step.given.get("as") if step.name == "dial" else None
            if place is None or (place.text in names and place.text != role.name):
                continue
            if place.text == role.name:
                message = f"'{place.text}' is this leg itself; the person who is rung needs a role of their own"
                yield CODE.at(flow.path, place.span, message)
            elif flow.is_sound:  # the role may be what could not be read
                guess = did_you_mean(place.text, names - {role.name})
                message = f"there is no role '{place.text}'{guess}"
                hint = "" if guess else f"Write what {place.text} hears and does under roles: {{{place.text}: ...}}."
                yield CODE.at(flow.path, place.span, message, hint=hint)
