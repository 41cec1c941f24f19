"""R016: project.yaml gives unrouted calls to a flow that does not exist."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.suggest import did_you_mean
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.project import PATH

CODE = Code("R016", "unknown-flow", "A flow named in project.yaml that does not exist.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield a problem when ``unrouted`` names no flow of the folder."""
    place = folder.project.places.get("unrouted")
    names = [flow.name.text for flow in folder.trees]
    if place is not None and folder.is_complete and place.text not in names:
        yield CODE.at(PATH, place.span, f"there is no flow '{place.text}'{did_you_mean(place.text, names)}")
