"""Suggestions that stay cheap in a file of thousands of names."""

from __future__ import annotations

from collections.abc import Collection

from engine.core.nearest import did_you_mean as suggest

_MOST = 300  # names; comparing one with 3,000 others takes 25 ms, and such a file may hold 3,000 slips


def did_you_mean(word: str, candidates: Collection[str]) -> str:
    """Return ``"; did you mean 'x'?"`` as ``core.nearest`` does, among many names only for a slip of upper case."""
    if len(candidates) <= _MOST:
        return suggest(word, candidates)
    return f"; did you mean '{word.lower()}'?" if word.lower() in candidates else ""
