"""R016: a flow is named that does not exist."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.suggest import did_you_mean
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.nodes import Scalar
from engine.language.project import PATH

CODE = Code("R016", "unknown-flow", "A flow named in another flow or in project.yaml that does not exist.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield a problem for each flow that ``unrouted``, an exit, run or call_later names and no file bears."""
    names = [flow.name.text for flow in folder.trees]
    places: list[tuple[str, Scalar]] = []
    if (unrouted := folder.project.places.get("unrouted")) is not None:
        places.append((PATH, unrouted))
    places += [(compiled.tree.path, gift.flow) for compiled in folder.flows for gift in compiled.gifts]
    for path, place in places:
        if folder.is_complete and place.text not in names:
            meant = did_you_mean(place.text, names)
            hint = "" if meant else f"It would be a file {place.text}.flow.yaml in this folder."
            yield CODE.at(path, place.span, f"there is no flow '{place.text}'{meant}", hint=hint)
