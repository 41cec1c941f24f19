"""R003: a step writes a variable that is not declared."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.suggest import did_you_mean
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.nodes import Scalar
from engine.language.tree import StepTree
from engine.language.words import PSEUDO_VARIABLE

CODE = Code("R003", "unknown-variable", "A step writes a variable that is not among remember.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each variable that is written and not declared, or of the wrong type."""
    for flow in folder.trees:
        for _, _, step in flow.steps():
            known = {*flow.variables, *flow.doubtful, *([PSEUDO_VARIABLE] if step.name == "set" else [])}
            for name in written_by(step):
                if name.text not in known:
                    hint = f"Declare it: remember: {{{name.text}: {{type: ...}}}}."
                    message = f"there is no variable '{name.text}'{did_you_mean(name.text, known)}"
                    yield CODE.at(flow.path, name.span, message, hint=hint)


def written_by(step: StepTree) -> Iterator[Scalar]:
    """Yield the name of each variable that *step* writes."""
    for option in ("into", "variable"):
        if option in step.given:
            yield step.given[option]
    if step.name == "set":
        yield from (key for key, _ in step.rest)
