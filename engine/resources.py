"""Finds the files that ship with ringflow. The only module that knows where they are."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).resolve().parent


def schema_path(name: str) -> Path:
    """
    Return the path of a file below ``schemas/``, e.g. ``"telnyx/operations.json"``.

    In a wheel the folder lies inside the package, in a checkout beside it.

    Raises:
        FileNotFoundError: neither place has it; the installation is damaged.
    """
    for folder in (_PACKAGE / "schemas", _PACKAGE.parent / "schemas"):
        path = folder / name
        if path.is_file():
            return path
    raise FileNotFoundError(f"the installation of ringflow is damaged: schemas/{name} is missing; install it again")


@functools.cache
def load_schema(name: str) -> Any:
    """Return the parsed JSON of a file below ``schemas/``; read once, treat as read-only."""
    return json.loads(schema_path(name).read_text(encoding="utf-8"))


def template(name: str) -> str:
    """
    Return the text of a file of ``templates/``, which ``ringflow init`` and ``new`` write: ``"project.yaml"``.

    Raises:
        FileNotFoundError: it is not there; the installation is damaged.
    """
    return (_PACKAGE / "templates" / name).read_text(encoding="utf-8")
