"""How the states of runs are written: what a newer ringflow writes, an older one beside it must leave alone."""

from __future__ import annotations

from typing import Any

from engine.errors import RunTooNew

# One more with every change that this code could not read back whole: a new field counts.
STATE_FORMAT = 1


def readable(raw: dict[str, Any]) -> dict[str, Any]:
    """
    Return the fields *raw* of a stored state; what is written from them is of this format again.

    Raises:
        RunTooNew: a newer ringflow has written them.
    """
    if raw.get("format", STATE_FORMAT) > STATE_FORMAT:
        raise RunTooNew("a newer version of ringflow has written this call, and goes on with it")
    raw["format"] = STATE_FORMAT
    return raw
