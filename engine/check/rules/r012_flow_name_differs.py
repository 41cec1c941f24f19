"""R012: a flow is not called like its file."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("R012", "flow-name-differs", "A flow whose name is not that of its file.", "warning")
_ENDING = ".flow.yaml"


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one warning for each flow that is hard to find."""
    for flow in folder.trees:
        name = flow.name.text
        if name and not (flow.path == f"{name}{_ENDING}" or flow.path.endswith(f"/{name}{_ENDING}")):
            file = flow.path.rpartition("/")[2]
            message = f"this flow is called '{name}', but its file is {file}; rename one of them"
            yield CODE.at(flow.path, flow.name.span, message)
