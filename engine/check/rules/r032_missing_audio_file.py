"""R032: project.yaml plays a file that is not there."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.nearest import did_you_mean
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.project import PATH

CODE = Code("R032", "missing-audio-file", "An audio file that is not in the folder of the flows.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each ``file`` of audio that is not beside project.yaml or below it."""
    for name, file in folder.project.places.items():
        if name.startswith("audio.") and file.text not in folder.sounds:
            meant = did_you_mean(file.text, folder.sounds) or "; put it there, or write its right name"
            message = f"there is no file '{file.text}' beside project.yaml{meant}"
            yield CODE.at(PATH, file.span, message)
