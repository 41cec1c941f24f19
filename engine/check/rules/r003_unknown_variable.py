"""R003: a step writes a variable that is not declared."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.suggest import did_you_mean
from engine.core.problem import Problem
from engine.core.verbs import GATHERS
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.nodes import Map, Scalar
from engine.language.tree import StepTree
from engine.language.words import PSEUDO_VARIABLE

CODE = Code("R003", "unknown-variable", "A step writes a variable that is not among remember.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each variable that is written and not declared, or of the wrong type."""
    for flow, _, _, step in folder.steps():
        known = {*flow.variables, *flow.doubtful, *([PSEUDO_VARIABLE] if step.name == "set" else [])}
        for name in written_by(step):
            if name.text not in known:
                meant = did_you_mean(name.text, known)
                hint = "" if meant else f"Declare it: remember: {{{name.text}: {{type: {_type_for(step)}}}}}."
                message = f"there is no variable '{name.text}'{meant}"
                yield CODE.at(flow.path, name.span, message, hint=hint)


def _type_for(step: StepTree) -> str:
    """Return the type that a variable which *step* writes has, "..." where only the author knows."""
    return "number" if step.name == "count" else "digits" if step.name in GATHERS else "..."


def written_by(step: StepTree) -> Iterator[Scalar]:
    """Yield the name of each variable that *step* writes."""
    for option in ("into", "variable"):
        if option in step.given:
            yield step.given[option]
    into = step.nested.get("into")
    if isinstance(into, Map) and "flow" not in step.given:
        yield from (entry.key for entry in into)
    if step.name == "set":
        yield from (key for key, _ in step.rest)
