"""What a person probably meant to write."""

from __future__ import annotations

from collections.abc import Iterable


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the nearest of *candidates*, or an empty text when none is near."""
    found = nearest(word, candidates)
    return f"; did you mean '{found}'?" if found is not None else ""


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """
    Return the candidate that *word* is a slip of, or None.

    A slip is one wrong, missing, extra or swapped letter in a word of up to five letters, two in a longer one;
    upper and lower case and ``-``, ``_`` and space count as the same.
    """
    folded = _fold(word)
    allowed = 0 if len(folded) < 3 else 1 if len(folded) < 6 else 2
    best: tuple[int, str] | None = None
    for candidate in candidates:
        distance = _distance(folded, _fold(candidate), allowed)
        if distance <= allowed and (best is None or (distance, candidate) < best):
            best = (distance, candidate)
    return None if best is None else best[1]


def _fold(word: str) -> str:
    return word.casefold().replace("-", "_").replace(" ", "_")


def _distance(left: str, right: str, allowed: int) -> int:
    """Return how many letters to change, add, drop or swap with their neighbour; more than *allowed* is inexact."""
    if abs(len(left) - len(right)) > allowed:
        return allowed + 1
    before, last = [0] * (len(right) + 1), list(range(len(right) + 1))
    for i, letter in enumerate(left, 1):
        row = [i]
        for j, other in enumerate(right, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == right[j - 2] and left[i - 2] == other:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > allowed:
            return allowed + 1
        before, last = last, row
    return last[-1]
