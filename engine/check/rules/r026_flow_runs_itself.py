"""R026: flows that run each other in a circle, or too many one inside the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.check.reuse import RUN, Use, uses
from engine.core.flow import DEEPEST
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("R026", "flow-runs-itself", "A flow that runs itself, directly or through other flows.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each circle of flows, and for each ``run`` with which they go too deep."""
    runs: dict[str, list[Use]] = {}
    for use in uses(folder):
        if use.gift.verb == RUN:
            runs.setdefault(use.by.name.text, []).append(use)
    circles = [(use, way) for use in _all(runs) if (way := _way(runs, use.of.name.text, use.by.name.text))]
    told: set[frozenset[str]] = set()
    for use, way in circles:
        if frozenset(way) in told:
            continue
        told.add(frozenset(way))
        through = "" if len(way) == 1 else f" (through {', '.join(way[:-1])})"
        message = f"the flow '{use.by.name.text}' would run itself here{through}, without end"
        hint = "A flow that is to begin again can be handed the call: then: {flow: NAME}."
        yield CODE.at(use.by.path, use.gift.flow.span, message, hint=hint)
    for use in () if circles else _too_deep(runs):
        message = f"from here on more than {DEEPEST} flows would run one inside the other"
        yield CODE.at(use.by.path, use.gift.flow.span, message)


def _all(runs: Mapping[str, list[Use]]) -> Iterator[Use]:
    for found in runs.values():
        yield from found


def _way(runs: Mapping[str, list[Use]], begin: str, end: str) -> list[str]:
    """Return the flows from *begin* to *end* by which one runs the other, [] where there is no way."""
    ways, seen = [[begin]], {begin}
    for way in ways:
        if way[-1] == end:
            return way
        for use in runs.get(way[-1], ()):
            if use.of.name.text not in seen:
                seen.add(use.of.name.text)
                ways.append([*way, use.of.name.text])
    return []


def _too_deep(runs: Mapping[str, list[Use]]) -> list[Use]:
    """Return the runs with which a chain of too many begins."""
    deep = {use.of.name.text for use in _all(runs)} | {*runs}
    for _ in range(DEEPEST + 1):
        below, deep = deep, {use.by.name.text for use in _all(runs) if use.of.name.text in deep}
    begun = {use.of.name.text for use in _all(runs) if use.by.name.text in deep}
    return [use for use in _all(runs) if use.by.name.text in deep - begun and use.of.name.text in below]
