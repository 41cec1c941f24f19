"""A defect of ours, told without what it met: an error's message may hold a PIN, a number or what somebody said."""

from __future__ import annotations

import traceback
from pathlib import PurePath

from engine.errors import RingflowError


def named(error: BaseException) -> str:
    """Return which error it was and where: "KeyError in core/step.py:120"; our own errors say themselves what is so."""
    if isinstance(error, RingflowError):
        return f"{type(error).__name__}: {error}"
    frames = traceback.extract_tb(error.__traceback__)
    where = f" in {'/'.join(PurePath(frames[-1].filename).parts[-2:])}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"


def traced(error: BaseException) -> str:
    """Return the calls that led to *error*, with their lines in our files, and its name."""
    return "".join(traceback.format_tb(error.__traceback__)) + named(error)
