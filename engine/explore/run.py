"""One flow from its compiled folder to what the explorer has to say about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from engine.core.flow import Flow, Version
from engine.core.program import Library
from engine.explore.beginnings import Given, beginnings, scenario_file
from engine.explore.example import as_scenario, shortest
from engine.explore.material import Material
from engine.explore.walk import DEPTH, Walk
from engine.scenario.run import INSTALL
from engine.tables import catalogue


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """
    What came of one flow.

    *depth*: all ways with so many deeds were walked; *is_tried*: every deed was tried in every situation. *problem*
    and *scenario* are "" unless the result is failed.
    """

    flow: str
    path: str
    result: Literal["proved", "bounded", "failed"]
    depth: int
    is_tried: bool
    states: int
    edges: int
    problem: str = ""
    scenario: str = ""


def explore(
    flow: Flow,
    version: Version,
    *,
    depth: int = DEPTH,
    refusals: int = 1,
    may_go_on: Callable[[Walk], bool] = lambda walk: True,
) -> Finding:
    """
    Return what comes of walking every call of *flow*, up to *depth* deeds with up to *refusals* by Telnyx.

    *may_go_on* is asked before each way, and ends the walk early. No I/O; without it, the same arguments give the same
    finding.
    """
    walk, given = begun(Material(flow=flow, version=version), depth=depth, refusals=refusals)
    while may_go_on(walk) and walk.step():
        pass
    problem = scenario = ""
    if walk.trouble is not None and walk.way is not None:
        beginning = walk.way.beginning
        example = shortest(walk.way, walk.trouble, lambda: walk.play(beginning))
        problem = str(example.trouble)
        scenario = as_scenario(example, given[beginning], flow_file=flow.path)
    return Finding(
        flow=flow.name,
        path=flow.path,
        result="failed" if problem else "proved" if walk.is_closed else "bounded",
        depth=walk.done,
        is_tried=walk.is_tried,
        states=len(walk.states),
        edges=walk.edges,
        problem=problem,
        scenario=scenario,
    )


def begun(material: Material, *, depth: int = DEPTH, refusals: int = 1) -> tuple[Walk, tuple[Given, ...]]:
    """Return the walk of a flow before its first step, and what is given at each of its beginnings."""
    version = material.version
    secrets = {name: f"the secret {name}" for name in version.project.secrets} | dict(material.secrets)
    library = Library(install=INSTALL, catalogue=catalogue(), current=version, secrets=secrets)
    given = tuple(beginnings(material))
    files = [scenario_file(one, material, library.catalogue) for one in given]
    return Walk(material=material, library=library, beginnings=files, depth=depth, refusals=refusals), given
